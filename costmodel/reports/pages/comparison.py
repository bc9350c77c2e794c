"""The page of a comparison: what has changed at a glance, and the layers of both as pairs of bars."""

from __future__ import annotations

from costmodel.ir.comparison import Comparison, Delta
from costmodel.reports.chart import Chart
from costmodel.reports.charts.bar import Bar, bars
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.human import prefixed
from costmodel.reports.tables import comparison as tables_of
from costmodel.reports.view import View

NOUN = Comparison

_LAYERS = 12
_TILES = ("parameters", "operations of a step", "peak activation", "peak memory", "energy", "cycles",
          "a step on the GPU")  # fmt: skip


def parts(found: Comparison, view: View) -> Parts:
    """Changes at a glance, a chart for each figure in which layers differ, tables."""
    shown = tables_of.tables(found, view)
    glance = tiles(*[_tile(row) for row in found.totals if row.figure in _TILES])
    figures = dict.fromkeys(row.figure for row in found.layers if row.before != row.after)
    return Parts(shown[0].title, glance, [_chart(found, figure) for figure in figures], shown)


def _tile(row: Delta) -> tuple[str, str, str]:
    if row.before is None or row.after is None:
        return row.figure, "–", "known of one alone"
    change = "no change" if row.before == row.after else f"{row.after - row.before:+,.6g}"
    if row.before and row.before != row.after:
        change = f"{100 * (row.after / row.before - 1):+.1f}%"
    return row.figure, change, f"{row.before:,.10g} → {row.after:,.10g} {row.unit}".rstrip()


def _chart(found: Comparison, figure: str) -> Chart:
    rows = [row for row in found.layers if row.figure == figure and row.before != row.after]
    rows.sort(key=lambda row: -abs(float(row.after or 0) - float(row.before or 0)))
    drawn = []
    for row in rows[:_LAYERS]:
        for which, value, tone in (("before", row.before, "c5"), ("after", row.after, "c0")):
            if value is None:  # what only one of them has is one bar
                continue
            alone = " alone" if row.before is None or row.after is None else ""
            said = f"{value:,.10g} {row.unit}".rstrip()
            drawn.append(Bar(f"{row.layer}, {which}{alone}", (float(value),), said, prefixed(value).rstrip(), tone))
    unit = f" ({rows[0].unit})" if rows[0].unit else ""
    return bars(drawn, f"{figure}{unit}: the layers that differ most")
