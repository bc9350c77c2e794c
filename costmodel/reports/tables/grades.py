"""A class as tables: the rubric, the ranking, and how outcomes and points are spread."""

from __future__ import annotations

from collections import Counter
from statistics import mean, median

from costmodel.ir.grades import Graded, Grades
from costmodel.ir.verdict import Outcome
from costmodel.reports.graded.needs_me import needs_me, to_look_at
from costmodel.reports.graded.rubric_records import rubric_records
from costmodel.reports.table import Cell, Table
from costmodel.reports.tables import ranking
from costmodel.reports.view import View

NOUN = Grades

_MISSING = "missing"
"""The rule of the finding for a student who handed in nothing."""


def tables(grades: Grades, view: View) -> list[Table]:
    """What needs a person, the rubric, the ranking, and the class at a glance."""
    asked = needs_me(grades)
    result = [*([asked] if asked.rows else []), rubric(grades, noted=not asked.rows)]
    if grades.ranking is not None:
        result += ranking.tables(grades.ranking, view)
    return [*result, *summary(grades).values()]


def rubric(grades: Grades, *, noted: bool = True) -> Table:
    """One row per student: points of every table, bonus, total, the model that was judged, what a person decided.

    Args:
        grades: the class.
        noted: whether what is to be known of the class stands here, since nothing needs a person.
    """
    first = next((g.verdict.points for g in grades.submissions if g.verdict.points is not None), None)
    scored = [] if first is None else [(t.table, t.maximum) for t in first.tables]
    points = [f"{name} (of {maximum})" for name, maximum in scored]
    headers = (
        "name",
        *points,
        *(("bonus", "total") if scored else ()),
        "metric",
        "rank",
        "outcome",
        "judged",
        *(("decided by a person",) if any(g.verdict.corrections for g in grades.submissions) else ()),
    )
    rows = [_rubric_row(graded, bool(scored))[: len(headers)] for graded in grades.submissions]
    handed_in = len(_handed_in(grades))
    missing = f", {len(rows) - handed_in} missing" if len(rows) > handed_in else ""
    title = f"{grades.title}: {handed_in} submission{'' if handed_in == 1 else 's'}{missing}"
    return Table(title, headers, rows, grades.notes if noted else ())


def records(grades: Grades, view: View) -> Table:  # noqa: ARG001  # the rubric has one view
    """One row per student, for a spreadsheet or a program."""
    return rubric_records(grades, ["; ".join(to_look_at(graded)) for graded in grades.submissions])


def _handed_in(grades: Grades) -> list[Graded]:
    return [g for g in grades.submissions if not any(f.rule == _MISSING for f in g.findings)]


def _rubric_row(graded: Graded, scored: bool) -> list[Cell]:
    verdict = graded.verdict
    cells: list[Cell] = []
    if scored and verdict.points is not None:
        cells = [_or_undecided(row.points) for row in verdict.points.tables]
        cells += [graded.entry.bonus if graded.entry is not None else None, _or_undecided(graded.total)]
    metric = None if verdict.metric is None else verdict.metric.value
    rank = None if graded.entry is None else graded.entry.rank
    judged = "" if verdict.judged is None else "; ".join(filter(None, (str(verdict.judged), verdict.judged.because)))
    return [graded.name, *cells, metric, rank, graded.outcome, judged, ", ".join(c.what for c in verdict.corrections)]


def _or_undecided(value: int | None) -> Cell:
    return "undecided" if value is None else value


def summary(grades: Grades) -> dict[str, Table]:
    """By what each is about: outcomes of those that handed in, as in the rubric, and how points are spread.

    Undecided ones are counted, not guessed.
    """
    handed_in = _handed_in(grades)
    outcomes = Counter(g.outcome for g in handed_in)
    names = dict.fromkeys((*(outcome.value for outcome in Outcome), *outcomes))  # LATE, where somebody is
    rows: list[list[Cell]] = [[name, outcomes[name]] for name in names]
    result = {"outcomes": Table("The class: outcomes", ("outcome", "submissions"), rows)}
    totals = [g.total for g in handed_in if g.total is not None]
    if any(g.verdict.points is not None for g in handed_in):
        result["points"] = _distribution(handed_in, totals)
    if totals:
        result["totals"] = _histogram(totals)
    return result


def _distribution(handed_in: list[Graded], totals: list[int]) -> Table:
    columns: dict[str, list[int]] = {}
    for graded in handed_in:
        for row in graded.verdict.points.tables if graded.verdict.points is not None else ():
            known = columns.setdefault(row.table, [])
            if row.points is not None:
                known.append(row.points)
    columns["total with bonus"] = totals
    rows = [_spread(name, values, len(handed_in)) for name, values in columns.items()]
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
