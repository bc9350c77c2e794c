"""Points: every table's cell, their sum, and what leaves them undecided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from costmodel.ir.verdict import Finding, NextCell, Outcome, Points, PointsRow
from costmodel.rules.judging.limits import both_ways
from costmodel.rules.schema.points import PointTable
from costmodel.rules.value import Value, plain

Measure = Callable[[str], Value]


Price = Callable[[int], "int | None"]
"""Points that are taken for lateness, of the most that there are; None while it is not known."""


def points_of(
    tables: tuple[PointTable, ...],
    value_of: Measure,
    findings: Iterable[Finding],
    units: Mapping[str, str],
    late: Price,
) -> Points:
    """The tables and their sum (:func:`sum_of`); ``units`` are those of the metrics."""
    rows = tuple(replace(_row(table, value_of(table.metric)), unit=units.get(table.metric, "")) for table in tables)
    maximum = sum(table.maximum for table in tables)
    taken = late(maximum)
    return Points(total=sum_of(rows, findings, taken), maximum=maximum, tables=rows, late=taken)


def sum_of(rows: Sequence[PointsRow], findings: Iterable[Finding], late: int | None) -> int | None:
    """The points of all tables, less what lateness takes.

    A failure that zeroes takes everything. A rule that may still turn out to zero leaves the sum undecided, and so does
    a table whose value is unknown or only a lower bound, and a price for lateness that is not known.
    """
    zeroing = {finding.outcome for finding in findings if finding.consequence.zeroes}
    known = [row.points for row in rows if row.points is not None]
    total = sum(known) if len(known) == len(rows) else None
    if Outcome.FAIL in zeroing:
        total = 0
    elif Outcome.UNDECIDED in zeroing and total != 0:
        total = None
    if not total:
        return total
    return None if late is None else max(0, total - late)


def open_tables(tables: tuple[PointTable, ...], value_of: Measure, units: Mapping[str, str]) -> tuple[Finding, ...]:
    """A finding for each table of which only a lower bound is known: the points are a rule, and it is undecided."""
    bounded = [(table, value) for table in tables if (value := value_of(table.metric)).at_least]
    return tuple(
        Finding(
            rule=f"points: {table.table}",
            measured=plain(value.amount),
            at_least=not value.one_batch,
            one_batch=value.one_batch,
            limit="known",
            unit=units[table.metric],
            outcome=Outcome.UNDECIDED,
            because=_at_least(value),
        )
        for table, value in bounded
    )


def _at_least(value: Value) -> str:
    return f"{value.bounded}: {value.because}"


def _row(table: PointTable, value: Value) -> PointsRow:
    if value.other is not None:
        return _both(table, value, value.other)
    points: int | None = None
    because = _at_least(value) if value.at_least and value.amount is not None else value.because
    if value.amount is not None and not value.at_least:
        points, because = table.points_of(value.amount)
        if {table.points_of(value.amount + side * value.uncertainty)[0] for side in (-1, 1)} != {points}:
            because = f"{because}; {value.amount:,} ± {value.uncertainty:,} spans two cells"
            points = None
    return PointsRow(
        table=table.table,
        measured=plain(value.amount),
        points=points,
        maximum=table.maximum,
        because=because,
        at_least=value.at_least,
        better=None if points is None or value.amount is None else _better(table, value.amount, points),
    )


def _better(table: PointTable, amount: Decimal, points: int) -> NextCell | None:
    found = table.next_better(amount, points)
    if found is None:
        return None
    more, text, bound = found
    return NextCell(points=more, text=text, away=plain(abs(amount - bound)) or 0)


def _both(table: PointTable, value: Value, other: Value) -> PointsRow:
    """Points where two readings of the rule give the same."""
    row = _row(table, replace(value, other=None))
    if row.points == _row(table, other).points:
        return row
    return replace(row, points=None, better=None, because=f"{both_ways(value)} give different points")
