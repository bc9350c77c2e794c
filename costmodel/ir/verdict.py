"""The verdict: what each rule says, with three outcomes and never a guess."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SCHEMA = "costmodel.verdict/1"


class Outcome(str, Enum):
    """UNDECIDED is an outcome: a fact is missing, or a total is only "at least"."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule applied to one value.

    Attributes:
        rule: the rule's id in the rulebook.
        measured: the value, None if unknown.
        at_least: True if the value is only a lower bound (an op in it has no formula).
        limit: the limit as the rule says it (``< 1000000``).
        unit: unit of both.
        outcome: PASS, FAIL or UNDECIDED.
        because: the reason, readable by the person concerned.
    """

    rule: str
    measured: int | float | None
    at_least: bool
    limit: str
    unit: str
    outcome: Outcome
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRow:
    """Points of one table; ``points`` is None while the metric is unknown."""

    table: str
    measured: int | float | None
    points: int | None
    maximum: int
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """All tables and their sum (None while one is unknown, 0 after a failed limit that zeroes)."""

    total: int | None
    maximum: int
    tables: tuple[PointsRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The number that ranks; ``value`` is None while one of its parts is unknown."""

    name: str
    value: int | float | None
    unit: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rulebook says of one submission.

    Attributes:
        rulebook: its name.
        title: its title and edition.
        subject: what was judged.
        outcome: FAIL if any finding fails, else UNDECIDED if any is, else PASS.
        findings: in the rulebook's order.
        points: None if the rulebook gives none.
        metric: None if the rulebook does not rank.
        notes: readings taken, and disagreements that do not decide.
    """

    rulebook: str
    title: str
    subject: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    points: Points | None
    metric: Metric | None
    notes: tuple[str, ...]
