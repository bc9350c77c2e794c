"""A class as tables: the rubric, the distribution of points, and one student's feedback."""

from __future__ import annotations

from collections import Counter
from statistics import mean, median

from costmodel.ir.grades import Graded, Grades
from costmodel.ir.verdict import Outcome
from costmodel.reports.ranking_tables import ranking_tables
from costmodel.reports.table import Cell, Table
from costmodel.reports.verdict_tables import verdict_tables
from costmodel.reports.view import View


def grades_tables(grades: Grades, view: View) -> list[Table]:
    """The rubric, the ranking, and the class at a glance."""
    result = [rubric(grades)]
    if grades.ranking is not None:
        result += ranking_tables(grades.ranking, view)
    return [*result, *summary(grades)]


def rubric(grades: Grades) -> Table:
    """One row per student: points of every table, bonus, total, and what to look at."""
    first = next((g.verdict.points for g in grades.submissions if g.verdict.points is not None), None)
    tables = [] if first is None else [(t.table, t.maximum) for t in first.tables]
    points = [f"{name} (of {maximum})" for name, maximum in tables]
    headers = ("name", *points, *(("bonus", "total") if tables else ()), "metric", "rank", "outcome", "to look at")
    rows = [_rubric_row(graded, bool(tables)) for graded in grades.submissions]
    return Table(f"{grades.title}: {len(rows)} submissions", headers, rows, grades.notes)


def _rubric_row(graded: Graded, scored: bool) -> list[Cell]:
    verdict = graded.verdict
    cells: list[Cell] = []
    if scored and verdict.points is not None:
        cells = [_or_undecided(row.points) for row in verdict.points.tables]
        cells += [graded.entry.bonus if graded.entry is not None else None, _or_undecided(graded.total)]
    metric = None if verdict.metric is None else verdict.metric.value
    rank = None if graded.entry is None else graded.entry.rank
    return [graded.name, *cells, metric, rank, verdict.outcome.value, "; ".join(_to_look_at(graded))]


def _or_undecided(value: int | None) -> Cell:
    return "undecided" if value is None else value


def _to_look_at(graded: Graded) -> list[str]:
    """Every reason that is not a plain pass, each once."""
    said = [f"{f.rule}: {f.because}" for f in graded.findings if f.outcome is not Outcome.PASS]
    rules = (*graded.verdict.findings, *graded.verdict.contract)
    said += [f"{f.rule}: {f.because}" for f in rules if f.outcome is not Outcome.PASS and f.consequence != "note"]
    return list(dict.fromkeys(said))


def summary(grades: Grades) -> list[Table]:
    """How many passed, and how points are spread; undecided ones are counted, not guessed."""
    outcomes = Counter(g.verdict.outcome.value for g in grades.submissions)
    rows: list[list[Cell]] = [[outcome.value, outcomes.get(outcome.value, 0)] for outcome in Outcome]
    result = [Table("The class: outcomes", ("outcome", "submissions"), rows)]
    totals = [g.total for g in grades.submissions if g.total is not None]
    if any(g.verdict.points is not None for g in grades.submissions):
        result.append(_distribution(grades, totals))
    if totals:
        result.append(_histogram(totals))
    return result


def _distribution(grades: Grades, totals: list[int]) -> Table:
    columns: dict[str, list[int]] = {}
    for graded in grades.submissions:
        for row in graded.verdict.points.tables if graded.verdict.points is not None else ():
            known = columns.setdefault(row.table, [])
            if row.points is not None:
                known.append(row.points)
    columns["total with bonus"] = totals
    rows = [_spread(name, values, len(grades.submissions)) for name, values in columns.items()]
    return Table("The class: points", ("table", "known", "least", "median", "mean", "most", "undecided"), rows)


def _spread(name: str, values: list[int], of: int) -> list[Cell]:
    if not values:
        return [name, 0, None, None, None, None, of]
    least, most = min(values), max(values)
    return [name, len(values), least, median(values), round(mean(values), 2), most, of - len(values)]


def _histogram(totals: list[int]) -> Table:
    bins = Counter(total // 10 * 10 for total in totals)
    first, last = min(bins), max(bins)
    rows: list[list[Cell]] = [
        [f"{start} to {start + 9}", bins[start], "#" * bins[start]] for start in range(first, last + 10, 10)
    ]
    return Table("The class: totals", ("points", "submissions", ""), rows)


def graded_tables(graded: Graded, view: View) -> list[Table]:
    """One student's feedback: the verdict, the place, and what was remarkable."""
    result = verdict_tables(graded.verdict, view)
    entry = graded.entry
    if entry is not None:
        place: list[Cell] = [
            "not ranked" if entry.rank is None else entry.rank,
            entry.bonus,
            _or_undecided(graded.total),
        ]
        result.append(Table("Place in the class", ("rank", "bonus", "points with bonus"), [place]))
    if graded.findings:
        rows = [(f.rule, f.because) for f in graded.findings]
        result.append(Table("Remarks: a person should look at these", ("what", "because"), rows))
    if graded.output:
        result.append(
            Table("The end of what the program printed", ("line",), [[n] for n in graded.output.splitlines()])
        )
    return result
