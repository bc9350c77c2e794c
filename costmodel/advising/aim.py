"""The aim of advice: what a network is compared by, under a rulebook or on a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.analysis import Subject
from costmodel.ir.tips import Standing
from costmodel.ir.trace import Trace
from costmodel.ir.verdict import Order, Verdict
from costmodel.tracing.finding.plan import Plan

NOBODY = Subject(
    name="", model_options={}, input="", batch=1, loss="", optimizer="", samples=None, epochs=None, convention="",
    source_digest="",
)  # fmt: skip
"""Of an analysis that nobody is shown."""


@dataclass(frozen=True)
class Judged:
    """One network as an aim sees it.

    Attributes:
        standing: what is compared.
        parameters: trainable ones and frozen ones.
        inference: one forward pass.
        verdict: by the rulebook; None on a machine.
    """

    standing: Standing
    parameters: int
    inference: Trace
    verdict: Verdict | None = None


class Aim(Protocol):
    """A way to compare networks."""

    order: Order
    """Whether the least or the largest metric is best."""
    lanes: int
    """Widest row of the machine's array, which a channel count should fill; 1 without a machine."""
    counts_training: bool
    """Whether the whole training counts, and changes of it may help."""

    def judged(self, plan: Plan) -> Judged:
        """The network of a plan, analysed as a whole.

        Raises:
            SubjectError, TraceError: it does not run.
        """


def lanes_of(machine: HardwareSpec | None) -> int:
    """The widest row of the array."""
    levels = () if machine is None else machine.levels
    return max((int(q.value) for level in levels for q in (level.fanout_x, level.fanout_y) if q), default=1)
