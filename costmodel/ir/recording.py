"""A recording: what ran for real, counted by the formulas of the static analysis, and both side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun

SCHEMA = "costmodel.recording/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRow:
    """One quantity of all recorded steps.

    Attributes:
        static: by the static analysis, None if it was not made or does not say.
        real: of what ran, None if it cannot be told.
        at_least: an op in the real one has no formula.
        because: why one is missing, or what they differ by.
    """

    quantity: str
    unit: str
    static: int | float | None
    real: int | float | None
    at_least: bool = False
    because: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether both are the same; None where one is missing."""
        return None if self.static is None or self.real is None else self.static == self.real


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Recording(Noun):
    """What ran inside a ``with costmodel.record(model)``; ``steps`` is how many training steps that was, by the user.

    ``uncounted`` are ops without a formula, with how often each ran.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "rows"

    steps: int
    calls: int
    rows: tuple[RecordedRow, ...]
    uncounted: tuple[str, ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        agree = sum(row.agrees is True for row in self.rows)
        return f"{self.calls:,} calls in {self.steps} steps, {agree} of {len(self.rows)} figures as in the analysis"
