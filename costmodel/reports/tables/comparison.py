"""A comparison as tables: what differs in all, which layers differ, and the rules."""

from __future__ import annotations

from itertools import groupby

from costmodel.ir.comparison import Comparison, Delta
from costmodel.reports.table import Cell, Percent, Table
from costmodel.reports.view import View

NOUN = Comparison

HEADERS = ("figure", "before", "after", "change", "change in %", "unit")


def tables(found: Comparison, view: View) -> list[Table]:
    """The whole, the layers that differ, the rules."""
    notes = [f"NOT ALIKE: {warning}" for warning in found.warnings]
    title = f"{found.before} → {found.after}"
    result = [Table(title, HEADERS, [row(delta) for delta in found.totals], notes)]
    if found.rules:
        rows: list[list[Cell]] = [
            [r.rule, _known(r.before), _known(r.after), r.limit, r.unit, _outcome(r.outcome_before),
             _outcome(r.outcome_after)]
            for r in found.rules
        ]  # fmt: skip
        headers = ("rule", "before", "after", "limit", "unit", "outcome before", "outcome")
        result.append(Table(f"Rules: {found.rulebook}", headers, rows))
    return [*result, _layers(found, view.top)]


def records(found: Comparison, view: View) -> Table:  # noqa: ARG001  # every row is in the list
    """One row per figure of the whole (layer is empty) and of every layer."""
    headers = ("layer", "figure", "unit", "before", "after", "change")
    rows = [(d.layer, d.figure, d.unit, d.before, d.after, d.change) for d in (*found.totals, *found.layers)]
    return Table("", headers, rows)


def _layers(found: Comparison, top: int | None) -> Table:
    """Rows that differ, the largest change of each figure first, and only so many of each."""
    changed = [row for row in found.layers if row.before != row.after]
    order = {row.figure: number for number, row in reversed(list(enumerate(found.layers)))}
    changed.sort(key=lambda row: (order[row.figure], -abs(_size(row))))
    layers, differing = ({row.layer for row in rows} for rows in (found.layers, changed))
    title = f"Layers: {len(differing)} of {len(layers)} differ"
    shown = [row for _, rows in groupby(changed, key=lambda row: row.figure) for row in list(rows)[:top]]
    rows: list[list[Cell]] = [[delta.layer, *row(delta)] for delta in shown]
    return Table(title, ("layer", *HEADERS), rows)


def _size(row: Delta) -> float:
    return float(row.after or 0) - float(row.before or 0)


def row(delta: Delta) -> list[Cell]:
    """A figure of both, under ``HEADERS``."""
    share = None
    if delta.change is not None and delta.before:
        share = Percent(100 * delta.change / delta.before)
    return [delta.figure, _known(delta.before), _known(delta.after), delta.change, share, delta.unit]


def _known(value: int | float | str | None) -> Cell:
    return "–" if value is None else value


def _outcome(outcome: object) -> Cell:
    return "–" if outcome is None else str(getattr(outcome, "value", outcome))
