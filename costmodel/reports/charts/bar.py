"""Horizontal bars: a name, a bar, the number; with a line for a limit where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.reports.html.element import Html, breakable, el
from costmodel.reports.human import human, prefixed
from costmodel.reports.plot import COLOURS, legend
from costmodel.reports.sheet import LIMIT, SOFT, WIDTH, box, colour, rule, sheet, text
from costmodel.reports.table import Cell

_LEFT, _ROOM, _HEIGHT = 240.0, 400.0, 23.0
"""Of a picture: where bars begin, their longest, and the height of a row."""


@dataclass(frozen=True)
class Bar:
    """One row.

    Attributes:
        name: what it is of.
        parts: its length, in one part or several.
        said: the exact number and its unit, for who points at it.
        shown: what stands behind it; "" is the number with a prefix.
        tone: ``good``, ``bad``, ``open``, or "" for the colour of the part.
    """

    name: str
    parts: tuple[float, ...]
    said: str
    shown: str = ""
    tone: str = ""

    @property
    def length(self) -> float:
        """All parts together."""
        return sum(self.parts)


@dataclass(frozen=True)
class BarChart:
    """Bars on a common scale from 0.

    Attributes:
        rows: in the order shown.
        title: what the lengths are, with their unit.
        parts: names of a bar's parts, for the legend.
        limit: where the line stands; None for none.
    """

    rows: Sequence[Bar]
    title: str
    parts: Sequence[str] = ()
    limit: float | None = None

    @property
    def most(self) -> float:
        """The end of the scale."""
        return max([row.length for row in self.rows] + ([self.limit] if self.limit else []), default=0.0) or 1.0

    def html(self) -> Html:
        """A table of one bar a row."""
        body = [_row(row, self.most, self.limit) for row in self.rows]
        table = el("table", el("tbody", *body), class_="bars")
        return el("figure", el("figcaption", self.title), legend(self.parts), table)

    def svg(self) -> Html:
        """Names to the left, numbers to the right."""
        scale = _ROOM / self.most
        drawn: list[Html] = []
        for i, row in enumerate(self.rows):
            y, x = _HEIGHT * i, _LEFT
            drawn.append(text(_LEFT - 8, y + 15, row.name, anchor="end", room=_LEFT - 24))
            for j, part in enumerate(row.parts):
                drawn.append(box(x, y + 3, part * scale, 16, colour(j, row.tone), f"{row.name}: {row.said}"))
                x += max(part, 0) * scale
            shown = row.shown or _number(row.length)
            drawn.append(text(_LEFT + _ROOM + 8, y + 15, shown, fill=SOFT, room=WIDTH - _LEFT - _ROOM - 12))
        height = _HEIGHT * len(self.rows)
        if self.limit:
            at = _LEFT + self.limit * scale
            drawn.append(rule(at, 0, at, height, LIMIT, 2, "4 3"))
        return sheet(self.title, height, *drawn, names=self.parts)

    def draw(self, axes: Any) -> None:
        """Horizontal bars, the first on top."""
        places = range(len(self.rows))
        left = [0.0] * len(self.rows)
        for i in range(max((len(row.parts) for row in self.rows), default=0)):
            lengths = [row.parts[i] if i < len(row.parts) else 0.0 for row in self.rows]
            name = self.parts[i] if i < len(self.parts) else None
            axes.barh(places, lengths, left=left, color=[colour(i, row.tone) for row in self.rows], label=name)
            left = [a + b for a, b in zip(left, lengths, strict=True)]
        axes.set_yticks(places, [row.name for row in self.rows])
        axes.invert_yaxis()
        if self.limit:
            axes.axvline(self.limit, color=LIMIT, linestyle="--")
        if self.parts and self.rows:
            axes.legend()
        axes.set_title(self.title, loc="left")


def bars(rows: Sequence[Bar], title: str, *, parts: Sequence[str] = (), limit: float | None = None) -> BarChart:
    """See :class:`BarChart`."""
    return BarChart(tuple(rows), title, tuple(parts), limit)


def largest(rows: Sequence[Bar], most: int, shown: Callable[[float], str] | None = None) -> list[Bar]:
    """The largest bars, and one for all the others together, behind which stands what ``shown`` makes of its length."""
    ordered = sorted(rows, key=lambda row: -row.length)
    rest = ordered[most:]
    if not rest:
        return ordered
    parts = tuple(map(sum, zip(*(row.parts for row in rest), strict=True)))
    total = sum(parts)
    return [*ordered[:most], Bar(f"{len(rest)} others", parts, f"{total:,.6g} together", shown(total) if shown else "")]


def _row(row: Bar, most: float, limit: float | None) -> Html:
    start, drawn = 0.0, []
    for i, part in enumerate(row.parts):
        width = 100 * part / most
        colour = row.tone or f"c{i % COLOURS}"
        drawn.append(el("rect", x=f"{start:.3f}%", y="2", width=f"{max(width, 0):.3f}%", height="14", class_=colour))
        start += max(width, 0)
    if limit:
        at = f"{min(100 * limit / most, 99.7):.3f}%"
        drawn.append(el("line", x1=at, x2=at, y1="0", y2="18", class_="limit"))
    picture = el("svg", el("title", f"{row.name}: {row.said}"), *drawn, role="img", class_="bar")
    return el(
        "tr",
        el("th", breakable(row.name), scope="row"),
        el("td", picture),
        el("td", row.shown or _number(row.length), class_="n", title=row.said),
    )


def _number(value: Cell) -> str:
    return human(value) or prefixed(0)
