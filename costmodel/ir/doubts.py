"""What leaves a figure open: something assumed, an op without a formula, one without a loop nest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from costmodel.ir.phase import Phase

CONCRETE = "--concrete"
"""Place of the reason why a step is said to vary, where it was recorded on real tensors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """Something that the trace had to assume, with the line that made it necessary."""

    what: str
    where: str


def of_one_batch(varies: Iterable[Assumption]) -> bool:
    """Whether figures are those of one batch, which are no lower bound of another one's."""
    return any(item.where == CONCRETE for item in varies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """An op whose work is not where a figure looks: never zero, always shown.

    ``lacks`` says what it has not: a formula (nothing of its work is known), or a loop nest for arithmetic that is of a
    matrix product's order (it is counted, but a machine's energy and cycles know nothing of it).
    """

    op: str
    scope: str
    phase: Phase
    times: int
    lacks: Literal["formula", "nest"] = "formula"

    def __str__(self) -> str:
        where = self.scope or "the step"
        if self.lacks == "nest":
            return (
                f"{self.op} ×{self.times} in {where} ({self.phase.value}) is counted, but no loop nest describes it: "
                "energy and cycles leave it out; waive it in the rulebook (waive_uncounted) if that may be"
            )
        return (
            f"{self.op} ×{self.times} in {where} ({self.phase.value}) has no formula; add one in "
            "costmodel/ops/ or waive it in the rulebook (waive_uncounted)"
        )
