"""Horizontal bars: a name, a bar, the number; with a line for a limit where there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from costmodel.reports.element import Html, el
from costmodel.reports.human import human, prefixed
from costmodel.reports.plot import COLOURS, legend
from costmodel.reports.table import Cell


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


def bars(rows: Sequence[Bar], title: str, *, parts: Sequence[str] = (), limit: float | None = None) -> Html:
    """Bars on a common scale from 0.

    Args:
        rows: in the order shown.
        title: what the lengths are, with their unit.
        parts: names of a bar's parts, for the legend.
        limit: where the line stands.
    """
    most = max([row.length for row in rows] + ([limit] if limit else []), default=0.0) or 1.0
    body = [_row(row, most, limit) for row in rows]
    return el("figure", el("figcaption", title), legend(parts), el("table", el("tbody", *body), class_="bars"))


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
        el("th", row.name, scope="row"),
        el("td", picture),
        el("td", row.shown or _number(row.length), class_="n", title=row.said),
    )


def _number(value: Cell) -> str:
    return human(value) or prefixed(0)
