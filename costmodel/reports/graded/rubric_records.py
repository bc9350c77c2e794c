"""The rubric as one list for a spreadsheet or a program: a row per student, numbers as numbers.

An empty cell is not known, and never 0: ``undecided`` names the points that are still open (and ``rank`` while other
entries may still change it), ``lower_bounds`` the metrics whose number is only the least that it can be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from costmodel.ir.facts import METRIC_UNITS
from costmodel.ir.grades import Graded, Grades
from costmodel.reports.table import Cell, Table

_WHO = ("name", "sid", "email", "model", "model_at", "model_parameters", "model_because")
_SUMS = ("late", "points", "bonus", "total", "maximum")
_END = ("ranking_metric", "rank", "outcome", "undecided", "lower_bounds", "decided_by_a_person", "remark")


def rubric_records(grades: Grades, remarks: Sequence[str]) -> Table:
    """The list; ``remarks`` are of each student what a person should look at."""
    metrics = _metrics(grades)
    tables = _tables(grades)
    headers = (*_WHO, *(_with_unit(name, unit) for name, unit in metrics.items()), *(f"points: {t}" for t in tables))
    sums = _SUMS if tables else ()
    rows = []
    for graded, remark in zip(grades.submissions, remarks, strict=True):
        cells = _who(graded) | _values(graded) | _points(graded) | _end(graded, remark)
        rows.append([cells.get(key) for key in (*_WHO, *map(_value, metrics), *map(_table, tables), *sums, *_END)])
    return Table("", (*headers, *sums, *_END), rows)


def _value(metric: str) -> str:
    return f"value {metric}"


def _table(name: str) -> str:
    return f"table {name}"


def _metrics(grades: Grades) -> Mapping[str, str]:
    """Names and units; those that anybody has a value of, where an older file does not list them."""
    return grades.metrics or {c.metric: c.unit for graded in grades.submissions for c in graded.verdict.claims}


def _with_unit(name: str, unit: str) -> str:
    """``energy_mj`` says its unit itself."""
    return name if name in METRIC_UNITS or unit in ("", "name") else f"{name} [{unit}]"


def _tables(grades: Grades) -> list[str]:
    scored = (g.verdict.points for g in grades.submissions if g.verdict.points is not None)
    return list(dict.fromkeys(row.table for points in scored for row in points.tables))


def _who(graded: Graded) -> dict[str, Cell]:
    judged, members = graded.verdict.judged, graded.members
    return {
        "name": graded.name,
        "sid": graded.sid or "; ".join(member.sid for member in members if member.sid),
        "email": graded.email or "; ".join(member.email for member in members if member.email),
        "model": None if judged is None else f"{judged.name}({judged.arguments})",
        "model_at": None if judged is None else judged.place,
        "model_parameters": None if judged is None else judged.parameters,
        "model_because": None if judged is None else judged.because,
    }


def _values(graded: Graded) -> dict[str, Cell]:
    claims = graded.verdict.claims
    bounds = [claim.metric for claim in claims if claim.at_least and claim.used is not None]
    return {"lower_bounds": "; ".join(bounds), **{_value(claim.metric): claim.used for claim in claims}}


def _points(graded: Graded) -> dict[str, Cell]:
    points, entry = graded.verdict.points, graded.entry
    open_ones = ["rank"] if entry is not None and entry.rank is not None and entry.undecided else []
    if points is None:
        return {"undecided": "; ".join(open_ones)}
    open_ones = [f"points: {row.table}" for row in points.tables if row.points is None] + open_ones
    if graded.total is None:
        open_ones.append("total")
    cells: dict[str, Cell] = {_table(row.table): row.points for row in points.tables}
    cells |= {
        "late": None if points.late is None else -points.late,
        "points": points.total,
        "bonus": None if entry is None else entry.bonus,
        "total": graded.total,
    }
    return {**cells, "maximum": graded.maximum, "undecided": "; ".join(open_ones)}


def _end(graded: Graded, remark: str) -> dict[str, Cell]:
    metric, entry = graded.verdict.metric, graded.entry
    return {
        "ranking_metric": None if metric is None else metric.value,
        "rank": None if entry is None else entry.rank,
        "outcome": graded.outcome,
        "decided_by_a_person": "; ".join(f"{c.what}: {c.reason}" for c in graded.verdict.corrections),
        "remark": remark,
    }
