"""A verdict as tables: findings, points, values side by side, other readings."""

from __future__ import annotations

from costmodel.ir.verdict import Claim, Consequence, Finding, Outcome, Verdict
from costmodel.reports.assumptions import assumptions_table
from costmodel.reports.judged import judged_table
from costmodel.reports.table import Cell, Table
from costmodel.reports.verdict_records import verdict_records
from costmodel.reports.view import View

NOUN = Verdict

_FINDING = ("rule", "measured", "limit", "unit", "outcome", "because")


def tables(verdict: Verdict, view: View) -> list[Table]:
    """Findings, the model that they are of, and claims where something was claimed or measured beside it."""
    title = title_of(verdict)
    result = [Table(title, _FINDING, [_finding(f) for f in verdict.findings], verdict.notes)]
    result += [*judged_table(verdict.judged), *contract(verdict), *corrections(verdict)]
    return [*result, *_points(verdict), *beside(verdict, view)]


def title_of(verdict: Verdict, outcome: str = "") -> str:
    """The rulebook, the reading if it is not as written, the subject and the outcome."""
    reading = "" if not verdict.readings or verdict.reading == "as-written" else f", reading {verdict.reading}"
    return f"{verdict.title}{reading}: {verdict.subject}: {outcome or verdict.outcome.value}"


def contract(verdict: Verdict) -> list[Table]:
    """The rules on files; none where there are none."""
    # what of a rule on files is no number is said in words
    rows = [["" if n == 1 and f.measured is None else c for n, c in enumerate(_finding(f))] for f in verdict.contract]
    return [Table("Contract: the submission's files", _FINDING, rows)] if rows else []


def beside(verdict: Verdict, view: View) -> list[Table]:
    """All that stands beside rules and points: estimates, the ranking metric, claims, assumptions, other readings."""
    result = [*_estimates(verdict), *_metric(verdict), *_claims(verdict), *assumptions_table(verdict.assumptions)]
    if view.sensitivity and verdict.readings:
        result.append(_readings(verdict))
    return result


def records(verdict: Verdict, view: View) -> Table:
    """One row per finding, then one per point table, value, and whatever else is known; columns say what is what."""
    return verdict_records(verdict, why_nothing(verdict), readings=view.sensitivity)


def _finding(f: Finding) -> list[Cell]:
    return [f.rule, measured_cell(f.measured, f.at_least, f.one_batch), f.limit, f.unit, f.outcome.value, f.because]


def measured_cell(value: int | float | str | None, at_least: bool, one_batch: bool = False) -> Cell:
    """A value as people read it: unknown, ≥ where it is only the least that it can be, or that of one batch."""
    if value is None:
        return "unknown"
    if one_batch:
        return f"{value if isinstance(value, str) else format(value, ',')} (this batch)"
    return f"≥ {value:,}" if at_least and not isinstance(value, str) else value


def _points(verdict: Verdict) -> list[Table]:
    if verdict.points is None:
        return []
    rows: list[list[Cell]] = [
        [p.table, p.measured, _or_undecided(p.points), p.maximum, p.because] for p in verdict.points.tables
    ]
    rows += [[name, None, points, None, because] for name, points, because in lateness(verdict)]
    total: Cell = _or_undecided(verdict.points.total)
    rows.append(["total", None, total, verdict.points.maximum, why_nothing(verdict)])
    return [Table("Points", ("table", "measured", "points", "of", "because"), rows)]


def lateness(verdict: Verdict) -> list[tuple[str, Cell, str]]:
    """What was taken for lateness, as a row of the points; none where nothing was."""
    late = 0 if verdict.points is None else verdict.points.late
    return [] if late == 0 else [("late", _or_undecided(None if late is None else -late), "see the contract")]


def corrections(verdict: Verdict) -> list[Table]:
    """What a person has decided, beside what was computed."""
    rows = [
        (c.what, "unknown" if c.computed is None else c.computed, c.value, c.reason, c.by) for c in verdict.corrections
    ]
    return [Table("Decided by a person", ("what", "computed", "decided", "reason", "by"), rows)] if rows else []


_TAKES_ALL = {
    Consequence.ZERO: "a failure gives 0 points",
    Consequence.DISQUALIFY: "a failure disqualifies",
}
"""Consequences after which no point is left."""


def why_nothing(verdict: Verdict) -> str:
    """The rules whose failure took all points, as one line; "" where none did."""
    if verdict.points is None:
        return ""
    if verdict.decided is not None:
        reason = next((c.reason for c in reversed(verdict.corrections) if c.what == "outcome"), "")
        why = f"decided by a person: {reason}" if reason else "decided by a person"
        return f"0 points: {why}" if verdict.decided is Outcome.FAIL else ""
    failed = [f for f in (*verdict.findings, *verdict.contract) if f.outcome is Outcome.FAIL]
    said = [f"{f.rule} fails, and {_TAKES_ALL[f.consequence]}" for f in failed if f.consequence in _TAKES_ALL]
    return f"0 points: {'; '.join(said)}" if said else ""


def _or_undecided(value: int | float | None) -> Cell:
    return "undecided" if value is None else value


def _estimates(verdict: Verdict) -> list[Table]:
    rows = [
        (e.machine, e.search, e.energy_mj, e.cycles, "yes" if e.decides else "", "yes" if e.complete else "NO")
        for e in verdict.estimates
    ]
    headers = ("machine", "search", "energy [mJ]", "cycles", "official", "complete")
    return [Table("On the rulebook's machine", headers, rows)] if rows else []


def _metric(verdict: Verdict) -> list[Table]:
    if verdict.metric is None:
        return []
    metric = verdict.metric
    row = (metric.name, _or_undecided(metric.value), metric.unit, metric.because)
    return [Table("Ranking metric", ("metric", "value", "unit", "because"), [row])]


def _claims(verdict: Verdict) -> list[Table]:
    rows = [_claim(c) for c in verdict.claims if _several(c)]
    headers = ("metric", "unit", "computed", "measured", "claimed", "decides", "claim agrees")
    return [Table("Side by side", headers, rows)] if rows else []


def _several(claim: Claim) -> bool:
    return sum(v is not None for v in (claim.computed, claim.measured, claim.claimed)) > 1


def _claim(c: Claim) -> list[Cell]:
    agrees = {None: "", True: "yes", False: "NO"}[c.agrees]
    return [c.metric, c.unit, c.computed, c.measured, c.claimed, c.origin or "nothing", agrees]


def _readings(verdict: Verdict) -> Table:
    rows = [
        (r.reading, r.title, r.outcome.value, r.points, r.metric, "yes" if r.differs else "no")
        for r in verdict.readings
    ]
    headers = ("reading", "what it says", "outcome", "points", "metric", "changes the verdict")
    return Table("Under other readings", headers, rows)
