"""A comparison: the figures of two analyses side by side, in all and layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun
from costmodel.ir.verdict import Outcome

SCHEMA = "costmodel.comparison/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One figure of both; None where one of them does not say it.

    Attributes:
        layer: module path, "" for the whole.
        figure: ``operations of a step``, ``cycles`` …, in ``unit``.
    """

    layer: str
    figure: str
    unit: str
    before: int | float | None
    after: int | float | None

    @property
    def change(self) -> int | float | None:
        """What the second has more than the first; None where that is not known."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDelta:
    """One rule of a rulebook, applied to both; an outcome is None where a verdict lacks the rule."""

    rule: str
    unit: str
    limit: str
    before: int | float | str | None
    after: int | float | str | None
    outcome_before: Outcome | None
    outcome_after: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Noun):
    """The first is ``before``, the second ``after``.

    Attributes:
        totals: figures of the whole.
        layers: of the layers of both, aligned by module path: those of the first in its order, then the others.
        rules: under ``rulebook``; empty without one.
        warnings: why figures of the two are not of the same kind (another batch, words of another width).
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "layers"

    before: str
    after: str
    totals: tuple[Delta, ...]
    layers: tuple[Delta, ...]
    warnings: tuple[str, ...] = ()
    rules: tuple[RuleDelta, ...] = ()
    rulebook: str = ""

    def summary(self) -> str:
        """The noun in a few words."""
        differ = len({row.layer for row in self.layers if row.before != row.after})
        return f"{self.before} and {self.after}, {differ} layers differ"
