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
    """One rule applied to one measured value.

    Attributes:
        rule: the rule's id in the rulebook.
        measured: the value as a decimal string, None if unknown; prefixed ``>=`` if it is a lower bound.
        limit: the limit as the rule says it (``< 1000000``).
        unit: unit of both.
        outcome: PASS, FAIL or UNDECIDED.
        because: the reason, readable by the person concerned.
    """

    rule: str
    measured: str | None
    limit: str
    unit: str
    outcome: Outcome
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Points of one table; ``points`` is None while the metric is unknown."""

    table: str
    measured: str | None
    points: int | None
    maximum: int
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rulebook says of one submission.

    Attributes:
        rulebook: its id and edition.
        outcome: FAIL if any finding fails, else UNDECIDED if any is, else PASS.
        findings: in the rulebook's order.
        points: one entry per table; their sum is ``total_points`` (None while one is unknown; 0 after a
            failed limit that zeroes).
        metric: the ranking metric as a decimal string, None while unknown.
        metric_because: how it came about, or what is missing.
        notes: readings taken and disagreements that do not decide.
    """

    rulebook: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    points: tuple[Points, ...] = ()
    total_points: int | None = None
    maximum_points: int | None = None
    metric: str | None = None
    metric_because: str = ""
    notes: tuple[str, ...] = ()
