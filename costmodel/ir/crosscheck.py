"""Our multiply-accumulates beside other counters', layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun

SCHEMA = "costmodel.crosscheck/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosscheckRow:
    """One layer's forward (or backward) MACs by three counters; None where a counter does not say.

    Attributes:
        reason: why a difference is known and ours is right; "" if all agree, "unexplained" if nobody knows.
    """

    layer: str
    part: str
    ours: int
    fvcore: int | None
    flop_counter: int | None
    reason: str

    @property
    def agrees(self) -> bool:
        """True if every counter that says something says the same."""
        return all(other in (None, self.ours) for other in (self.fvcore, self.flop_counter))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Crosscheck(Noun):
    """All layers, and the totals as the last rows (layer ``total``)."""

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "rows"

    subject: str
    rows: tuple[CrosscheckRow, ...]

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.subject}, {sum(not row.agrees for row in self.rows)} of {len(self.rows)} rows differ"
