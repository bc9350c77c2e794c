"""What leaves a figure open: something assumed, and an op without a formula."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.ir.phase import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """Something that the trace had to assume, with the line that made it necessary."""

    what: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """An op without a formula: never zero, always shown."""

    op: str
    scope: str
    phase: Phase
    times: int

    def __str__(self) -> str:
        where = self.scope or "the step"
        return (
            f"{self.op} ×{self.times} in {where} ({self.phase.value}) has no formula; add one in "
            "costmodel/ops/ or waive it in the rulebook (waive_uncounted)"
        )
