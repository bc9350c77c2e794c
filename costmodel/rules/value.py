"""Values of metrics, and what is known of them from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

LENGTH = "(length of the training)"
"""Stands in ``Value.lacks`` for the number of steps, which is not a metric."""


@dataclass(frozen=True)
class Value:
    """A metric's value; ``amount`` (or ``word``, for a name) is None if unknown.

    ``at_least`` marks a lower bound, ``uncertainty`` is a half-width, ``because`` says where it comes from or why it is
    missing, ``words`` are the names of which a word is made, ``origin`` is computed, measured, claimed or derived.
    ``lacks`` says what somebody has to give for it to be known: names of metrics, and :data:`LENGTH` for the
    training's length. ``varies`` marks a figure of a step that
    is not the same each time it runs: it proves nothing, not even that a limit is broken; with ``one_batch`` it is
    that of one batch, and no lower bound either. ``other`` is the value
    by another reading of the rule, where only both together decide; ``by`` says by which reading this one is,
    and ``where`` the user's line that it comes from.
    """

    amount: Decimal | None
    at_least: bool = False
    because: str = ""
    uncertainty: Decimal = Decimal(0)
    origin: str = ""
    word: str | None = None
    words: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    varies: bool = False
    one_batch: bool = False
    other: Value | None = None
    by: str = ""
    where: str = ""

    @property
    def bounded(self) -> str:
        """The value as far as it is one: ``at least 5``, ``5 for this batch``."""
        return f"{self.amount:,} for this batch" if self.one_batch else f"at least {self.amount:,}"

    @property
    def known(self) -> bool:
        """Whether there is a number or a word."""
        return self.amount is not None or self.word is not None


@dataclass(frozen=True)
class Fact:
    """A value from outside: one run or several, in the unit of its metric; or a word."""

    runs: tuple[Decimal, ...] = ()
    uncertainty: Decimal = Decimal(0)
    word: str | None = None
    because: str = "given as a fact"
    at_least: bool = False


@dataclass(frozen=True)
class FactSheet:
    """Facts of one submission by metric: measured ones, what it claims of itself, and what a person has corrected."""

    measured: Mapping[str, Fact] = field(default_factory=dict)
    claimed: Mapping[str, Fact] = field(default_factory=dict)
    corrected: Mapping[str, Fact] = field(default_factory=dict)


def plain(value: Decimal | None) -> int | float | None:
    """A decimal as the JSON number with the same digits."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
