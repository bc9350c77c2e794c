"""What a person has decided about a submission, applied to its verdict: points of a table, and the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from costmodel.ir.verdict import Finding, Outcome, Points, PointsRow, Verdict
from costmodel.rules.judging.points import sum_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Decided by a person: points by table, those taken for lateness, the outcome; what is not stays as it is computed.

    An outcome that is decided stands for every rule: PASS gives the points of the tables and a place, FAIL neither.
    """

    points: Mapping[str, int] = field(default_factory=dict)
    late: int | None = None
    outcome: Outcome | None = None


def decided(verdict: Verdict, decisions: Decisions) -> Verdict:
    """The verdict with a person's decisions in it."""
    points = verdict.points
    if points is not None and decisions.late is not None:
        points = replace(points, late=decisions.late)
    if points is not None and decisions != Decisions():
        points = _with_rows(points, decisions, (*verdict.findings, *verdict.contract))
    outcome = decisions.outcome or verdict.outcome
    return replace(verdict, points=points, outcome=outcome, decided=decisions.outcome)


def _with_rows(points: Points, decisions: Decisions, findings: tuple[Finding, ...]) -> Points:
    rows = tuple(_row(row, decisions.points.get(row.table)) for row in points.tables)
    if decisions.outcome is Outcome.FAIL:
        return replace(points, tables=rows, total=0)
    if decisions.outcome is Outcome.UNDECIDED:
        return replace(points, tables=rows, total=None)
    standing = () if decisions.outcome is Outcome.PASS else findings
    return replace(points, tables=rows, total=sum_of(rows, standing, points.late))


def _row(row: PointsRow, points: int | None) -> PointsRow:
    if points is None:
        return row
    before = "undecided" if row.points is None else row.points
    return replace(row, points=points, because=f"decided by a person; computed: {before}, {row.because}")
