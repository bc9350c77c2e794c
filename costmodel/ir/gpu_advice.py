"""Advice for a GPU: what the seconds go to, and what other ways of running the same training would do, computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.gpu_estimate import GpuRun, GpuTime
from costmodel.ir.interval import Interval
from costmodel.ir.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuChange:
    """Another way of running the same network.

    Attributes:
        change: what is done otherwise.
        option: the word on the command line, "" where it is a setting.
        batch: samples of the step.
        step_seconds: after the change.
        factor: samples a second after over before (medians).
        card_bytes: memory after the change.
        fits: whether that fits in the card; None if the interval does not decide it.
        note: what else it may change.
    """

    change: str
    option: str
    batch: int
    step_seconds: Interval
    factor: float
    card_bytes: Interval
    fits: bool | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GpuAdvice(Noun):
    """What to do about the seconds of a step.

    Attributes:
        subject: name of the model.
        run, time: the step as it is.
        card_bytes: its memory.
        changes: the most gain first, those without any left out.
        tried: how many were computed.
    """

    SCHEMA: ClassVar[str] = "costmodel.gpu-advice/1"
    ROWS: ClassVar[str] = "changes"

    subject: str
    run: GpuRun
    time: GpuTime
    card_bytes: Interval
    changes: tuple[GpuChange, ...]
    tried: int

    def summary(self) -> str:
        """The noun in a few words."""
        best = f", the best {self.changes[0].factor:.2f}×" if self.changes else ""
        return f"{self.subject} on {self.run.hardware}, {len(self.changes)} of {self.tried} changes help{best}"
