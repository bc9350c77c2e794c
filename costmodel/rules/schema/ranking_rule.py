"""A rulebook's ranking: the number, brackets, ties, awards and the bonus for a rank."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from costmodel.files.documents import Strict

TiePolicy = Literal["competition", "dense", "ordinal", "average", "earliest"]
"""Ranks of equal values: 1 2 2 4, 1 2 2 3, by name, 1 2.5 2.5 4, or by time of submission."""


class Term(Strict):
    """One term of a ranking metric: metric / divisor; ``divisors`` are per track."""

    metric: str
    divisor: Decimal = Decimal(1)
    divisors: dict[str, Decimal] = Field(default_factory=dict)

    def divisor_of(self, track: str | None) -> Decimal:
        """The divisor for one track."""
        return self.divisors.get(track or "", self.divisor)


class Award(Strict):
    """What the first ranks of each group bring."""

    first: int = Field(ge=1)
    award: str
    source: str


class BonusRow(Strict):
    """Points for ranks ``first`` … ``last``, both included."""

    first: int = Field(ge=1)
    last: int = Field(ge=1)
    points: int


class BonusSpec(Strict):
    """Points for the rank; ``if_base_points`` gives none to an entry whose base points are zero."""

    ranks: tuple[BonusRow, ...] = Field(min_length=1)
    if_base_points: bool = False
    source: str

    @model_validator(mode="after")
    def _ascending(self) -> BonusSpec:
        last = 0
        for row in self.ranks:
            if row.first <= last or row.last < row.first:
                raise ValueError(f"ranks {row.first}–{row.last} overlap the row before, or end before they begin")
            last = row.last
        return self


class RankingSpec(Strict):
    """The number that ranks: a sum of terms, or a named score function of them (rules/scores.py).

    Attributes:
        per_track: whether each track has a ranking of its own.
        ties: ranks of equal values; ``ties_source`` says where that is from.
        publish_rank: whether each student may see the own rank; ``publish_source`` says where that is from.
    """

    name: str
    unit: str
    order: Literal["ascending", "descending"]
    terms: tuple[Term, ...] = Field(min_length=1)
    score: str | None = None
    per_track: bool = True
    ties: TiePolicy = "competition"
    ties_source: str = "the rules do not speak of ties; equal values share the better rank"
    publish_rank: bool = False
    publish_source: str = "the rules do not say that ranks are published"
    awards: Award | None = None
    bonus: BonusSpec | None = None
    source: str


class Bracket(Strict):
    """Values from ``at_least`` (included) or ``above`` (excluded) to ``below`` (excluded) or ``at_most`` (included)."""

    bracket: str
    at_least: Decimal | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    at_most: Decimal | None = None

    @model_validator(mode="after")
    def _one_lower_bound(self) -> Bracket:
        if (self.at_least is None) == (self.above is None):
            raise ValueError(f"the bracket {self.bracket} begins at at_least or above, one of them")
        return self

    @property
    def begin(self) -> Decimal:
        """The lower bound."""
        return (self.above if self.at_least is None else self.at_least) or Decimal(0)

    def holds(self, amount: Decimal) -> bool:
        """Whether a value lies inside."""
        return (
            (amount >= self.begin if self.above is None else amount > self.begin)
            and (self.below is None or amount < self.below)
            and (self.at_most is None or amount <= self.at_most)
        )


class BracketSpec(Strict):
    """Brackets of one metric, ascending. ``best_only``: an entry is placed in the highest one that it reaches."""

    metric: str
    mode: Literal["best_only", "cumulative"]
    brackets: tuple[Bracket, ...] = Field(min_length=1)
    source: str

    @model_validator(mode="after")
    def _ascending(self) -> BracketSpec:
        for before, after in zip(self.brackets, self.brackets[1:], strict=False):
            if after.begin <= before.begin:
                raise ValueError(f"brackets must ascend: {after.bracket} comes after {before.bracket}")
            end = before.below if before.below is not None else before.at_most
            if end is not None and end < after.begin:
                raise ValueError(f"a gap between the brackets {before.bracket} and {after.bracket}")
            if end is not None and end > after.begin:
                raise ValueError(f"the brackets {before.bracket} and {after.bracket} overlap")
        return self

    def of(self, amount: Decimal) -> tuple[str, ...]:
        """Names of the brackets that hold a value, highest first; empty if it reaches none."""
        inside = [b.bracket for b in reversed(self.brackets) if b.holds(amount)]
        return tuple(inside[:1]) if self.mode == "best_only" else tuple(inside)
