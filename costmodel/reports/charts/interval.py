"""Intervals as bars from their lower to their upper end, with a mark at the median: each on a scale of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.reports.element import Html, el
from costmodel.reports.human import prefixed


@dataclass(frozen=True)
class Span:
    """One interval with its unit; ``limit`` is where a line stands, None for none."""

    name: str
    low: float
    median: float
    high: float
    unit: str
    limit: float | None = None


def intervals(rows: Sequence[Span], title: str) -> Html:
    """A row for each interval, on a scale from 0 to a little more than its end or its limit."""
    body = [_row(row) for row in rows]
    return el("figure", el("figcaption", title), el("table", el("tbody", *body), class_="bars"))


def _row(row: Span) -> Html:
    most = 1.08 * max(row.high, row.limit or 0.0) or 1.0
    low, middle, high = (100 * value / most for value in (row.low, row.median, row.high))
    said = f"{row.name}: {row.low:,.6g} to {row.high:,.6g} {row.unit}, median {row.median:,.6g}"
    drawn = [
        el("line", x1="0", x2="100%", y1="9", y2="9", class_="grid"),
        el("rect", x=f"{low:.3f}%", y="3", width=f"{max(high - low, 0.4):.3f}%", height="12", class_="span"),
        el("line", x1=f"{middle:.3f}%", x2=f"{middle:.3f}%", y1="0", y2="18", class_="median"),
    ]
    if row.limit:
        at = f"{100 * row.limit / most:.3f}%"
        drawn.append(el("line", x1=at, x2=at, y1="0", y2="18", class_="limit"))
    text = f"{prefixed(row.low).strip()} – {prefixed(row.median).strip()} – {prefixed(row.high)}{row.unit}"
    return el(
        "tr",
        el("th", row.name, scope="row"),
        el("td", el("svg", el("title", said), *drawn, role="img", class_="bar")),
        el("td", text, class_="n", title=said),
    )
