"""Intervals as bars from their lower to their upper end, with a mark at the median: each on a scale of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.reports.html.element import Html, el
from costmodel.reports.human import prefixed
from costmodel.reports.sheet import INK, LIMIT, SOFT, WIDTH, box, colour, rule, sheet, text

_LEFT, _ROOM, _HEIGHT = 150.0, 390.0, 26.0


@dataclass(frozen=True)
class Span:
    """One interval with its unit; ``limit`` is where a line stands, None for none."""

    name: str
    low: float
    median: float
    high: float
    unit: str
    limit: float | None = None

    @property
    def most(self) -> float:
        """The end of its scale."""
        return 1.08 * max(self.high, self.limit or 0.0) or 1.0

    @property
    def said(self) -> str:
        """The numbers with six digits."""
        return f"{self.name}: {self.low:,.6g} to {self.high:,.6g} {self.unit}, median {self.median:,.6g}"

    @property
    def shown(self) -> str:
        """The numbers as people say them: the median, and from where to where."""
        low, high = (f"{prefixed(end)}{self.unit}" for end in (self.low, self.high))
        return f"{prefixed(self.median)}{self.unit} ({low} to {high})"


@dataclass(frozen=True)
class IntervalChart:
    """A row for each interval, on a scale from 0 to a little more than its end or its limit."""

    rows: Sequence[Span]
    title: str

    def html(self) -> Html:
        """A table of one interval a row."""
        table = el("table", el("tbody", *[_row(row) for row in self.rows]), class_="bars")
        return el("figure", el("figcaption", self.title), table)

    def svg(self) -> Html:
        """Names to the left, numbers to the right."""
        drawn: list[Html] = []
        for i, row in enumerate(self.rows):
            y, scale = _HEIGHT * i, _ROOM / row.most
            low, middle, high = (_LEFT + value * scale for value in (row.low, row.median, row.high))
            drawn += [
                text(_LEFT - 8, y + 15, row.name, anchor="end", room=_LEFT - 24),
                rule(_LEFT, y + 11, _LEFT + _ROOM, y + 11),
                box(low, y + 4, max(high - low, 1.5), 14, colour(0), row.said),
                rule(middle, y + 1, middle, y + 21, INK, 3),
                text(_LEFT + _ROOM + 8, y + 15, row.shown, fill=SOFT, room=WIDTH - _LEFT - _ROOM - 12),
            ]
            if row.limit:
                drawn.append(rule(_LEFT + row.limit * scale, y, _LEFT + row.limit * scale, y + 22, LIMIT, 2, "4 3"))
        return sheet(self.title, _HEIGHT * len(self.rows), *drawn)

    def draw(self, axes: Any) -> None:
        """Each as shares of its own scale, which is named."""
        for i, row in enumerate(self.rows):
            axes.barh(i, (row.high - row.low) / row.most, left=row.low / row.most, color=colour(0))
            axes.plot([row.median / row.most] * 2, [i - 0.4, i + 0.4], color=INK, linewidth=2)
            if row.limit:
                axes.plot([row.limit / row.most] * 2, [i - 0.5, i + 0.5], color=LIMIT, linestyle="--")
        axes.set_yticks(range(len(self.rows)), [f"{row.name}: {row.shown}" for row in self.rows])
        axes.set_xticks([])
        axes.invert_yaxis()
        axes.set_title(self.title, loc="left")


def intervals(rows: Sequence[Span], title: str) -> IntervalChart:
    """See :class:`IntervalChart`."""
    return IntervalChart(tuple(rows), title)


def _row(row: Span) -> Html:
    low, middle, high = (100 * value / row.most for value in (row.low, row.median, row.high))
    drawn = [
        el("line", x1="0", x2="100%", y1="9", y2="9", class_="grid"),
        el("rect", x=f"{low:.3f}%", y="3", width=f"{max(high - low, 0.4):.3f}%", height="12", class_="span"),
        el("line", x1=f"{middle:.3f}%", x2=f"{middle:.3f}%", y1="0", y2="18", class_="median"),
    ]
    if row.limit:
        at = f"{100 * row.limit / row.most:.3f}%"
        drawn.append(el("line", x1=at, x2=at, y1="0", y2="18", class_="limit"))
    return el(
        "tr",
        el("th", row.name, scope="row"),
        el("td", el("svg", el("title", row.said), *drawn, role="img", class_="bar")),
        el("td", row.shown, class_="n", title=row.said),
    )
