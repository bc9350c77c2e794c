"""One student's result as tables: each rule with its room, points and what more needs, and where figures come from.

Everything in them is the student's own; the rank is there only where the rulebook publishes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from costmodel.ir.grades import Graded, Origin
from costmodel.ir.verdict import Finding, PointsRow, Verdict
from costmodel.reports.graded.student_view import own
from costmodel.reports.headroom import room_in_words
from costmodel.reports.judged import judged_table
from costmodel.reports.table import Cell, Percent, Table
from costmodel.reports.tables import verdict as verdicts
from costmodel.reports.verdict_records import with_more_rows
from costmodel.reports.view import View

NOUN = Graded


def tables(graded: Graded, view: View) -> list[Table]:
    """One student's feedback: rules, points, where they come from, the place, and what was remarkable."""
    graded = own(graded)
    verdict = graded.verdict
    changes = any(row.differs for row in verdict.readings)
    result = [_rules(verdict, graded.outcome), *_points(verdict), *_origins(graded), *_place(graded)]
    result += [*judged_table(verdict.judged), *verdicts.contract(verdict), *verdicts.corrections(verdict)]
    result += verdicts.beside(verdict, replace(view, sensitivity=view.sensitivity and changes))
    if graded.findings:
        rows = [(f.rule, f.because) for f in graded.findings]
        result.append(Table("Remarks: a person should look at these", ("what", "because"), rows))
    if graded.output:
        lines = [[line] for line in graded.output.splitlines()]
        result.append(Table("The end of what the program printed", ("line",), lines))
    return result


def records(graded: Graded, view: View) -> Table:
    """The verdict's rows, then where figures come from (``origin``), the place and the remarks."""
    graded = own(graded)
    entry = graded.entry
    rows: list[dict[str, Cell]] = [
        {"kind": "origin", "rule": o.figure, "word": o.layer, "measured": o.amount, "unit": o.unit,
         "because": ", ".join(filter(None, (o.where, o.problem, o.by)))}
        for o in graded.origins
    ]  # fmt: skip
    if entry is not None:
        rows.append({"kind": "bonus", "points": entry.bonus, "because": _provisional(graded)})
        if graded.rank_published:
            rows.append({"kind": "rank", "measured": entry.rank, "because": _provisional(graded)})
    rows.append({"kind": "points with bonus", "points": graded.total, "points_of": graded.maximum})
    rows += [{"kind": "remark", "rule": f.rule, "outcome": f.outcome.value, "because": f.because}
             for f in graded.findings]  # fmt: skip
    rows += [{"kind": "printed", "because": line} for line in graded.output.splitlines()]
    return with_more_rows(verdicts.records(graded.verdict, view), graded.name, rows)


def _rules(verdict: Verdict, outcome: str) -> Table:
    headers = ("rule", "measured", "limit", "unit", "outcome", "room", "because")
    rows = [_rule(finding) for finding in verdict.findings]
    return Table(verdicts.title_of(verdict, outcome), headers, rows, verdict.notes)


def _rule(f: Finding) -> list[Cell]:
    measured = verdicts.measured_cell(f.measured, f.at_least, f.one_batch)
    return [f.rule, measured, f.limit, f.unit, f.outcome.value, room_in_words(f), f.because]


def _points(verdict: Verdict) -> list[Table]:
    if verdict.points is None:
        return []
    rows: list[list[Cell]] = [
        [p.table, p.measured, p.unit, _or_undecided(p.points), p.maximum, p.because, _more(p)]
        for p in verdict.points.tables
    ]
    rows += [[name, None, "", points, None, because, ""] for name, points, because in verdicts.lateness(verdict)]
    total, most = _or_undecided(verdict.points.total), verdict.points.maximum
    rows.append(["total", None, "", total, most, verdicts.why_nothing(verdict), ""])
    headers = ("table", "measured", "unit", "points", "of", "because", "for more")
    return [Table("Points", headers, rows)]


def _more(row: PointsRow) -> str:
    """``60 points below 20: 1.7 % away``."""
    if row.better is None:
        return "" if row.points is None else "these are the most"
    away = f"{row.better.away:,} {row.unit}".strip() + " away" if row.better.away else "the value lies on it"
    return f"{row.better.points} points {row.better.text}: {away}"


def _origins(graded: Graded) -> Iterator[Table]:
    headers = ("layer", "shape", "line", "amount", "unit", "share")
    for figure, origins in groupby(graded.origins, key=lambda origin: origin.figure):
        found = list(origins)
        counted = any(origin.by for origin in found)
        shown = (*headers[:-1], "counted") if counted else headers
        yield Table(f"Where it comes from: {figure}", shown, [_origin(origin, counted) for origin in found])


def _origin(o: Origin, counted: bool) -> list[Cell]:
    share = None if o.share is None else Percent(100 * o.share)
    return [o.layer, o.problem, o.where, o.amount, o.unit, o.by if counted else share]


def _place(graded: Graded) -> Iterator[Table]:
    """The bonus and what it makes of the points; the rank where it is published."""
    entry = graded.entry
    if entry is None:
        return
    headers: list[str] = []
    cells: list[Cell] = []
    if graded.rank_published:
        headers.append("rank")
        cells.append("not ranked" if entry.rank is None else entry.rank)
    if graded.verdict.points is not None:
        headers += ["bonus", "points with bonus"]
        cells += [entry.bonus, _or_undecided(graded.total)]
    if headers:
        title = "Place in the class" if graded.rank_published else "Points with the bonus"
        yield Table(f"{title}{_provisional(graded)}", headers, [cells])


def _provisional(graded: Graded) -> str:
    entry = graded.entry
    return f" (provisional: {entry.undecided} undecided)" if entry is not None and entry.undecided else ""


def _or_undecided(value: int | None) -> Cell:
    return "undecided" if value is None else value
