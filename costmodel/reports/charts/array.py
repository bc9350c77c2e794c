"""The array of units of an accelerator: the loops that a mapping spreads along X and Y, and the units kept busy.

The busy units are drawn in the upper left corner; a mapping says how many there are, and not which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from costmodel.reports.html.element import Html, el
from costmodel.reports.sheet import PAPER, RULE, SOFT, WIDTH, box, colour, rule, sheet, text

_MOST_LINES = 64
"""Units along a side that are still drawn apart."""
_ACROSS, _ROOM = 4, 150.0
"""Arrays beside each other in a picture, and the side of each."""


@dataclass(frozen=True)
class Used:
    """A layer on the array.

    Attributes:
        name: the layer's.
        x, y: loops (dimension, bound) that are spread along the axis.
        said: its figures.
    """

    name: str
    x: tuple[tuple[str, int], ...]
    y: tuple[tuple[str, int], ...]
    said: str

    @property
    def busy(self) -> tuple[int, int]:
        """Busy units along X and along Y."""
        return prod(bound for _, bound in self.x), prod(bound for _, bound in self.y)

    def words(self) -> tuple[str, str]:
        """What is spread along each axis."""
        return f"X: {_loops(self.x)}", f"Y: {_loops(self.y)}"


@dataclass(frozen=True)
class ArrayChart:
    """An array of ``columns`` by ``rows`` units for each layer."""

    layers: Sequence[Used]
    title: str
    columns: int
    rows: int

    def html(self) -> Html:
        """Squares in a row, which wrap."""
        return el(
            "figure", el("figcaption", self.title), el("div", *[self._square(u) for u in self.layers], class_="arrays")
        )

    def _square(self, used: Used) -> Html:
        x, y = used.busy
        drawn = [
            el("rect", x="0", y="0", width=f"{100 * x / self.columns:.3f}%", height=f"{100 * y / self.rows:.3f}%",
               class_="c0"),
            *[el("line", x1=f"{100 * i / self.columns:.3f}%", x2=f"{100 * i / self.columns:.3f}%", y1="0", y2="100%",
                 class_="grid") for i in _between(self.columns)],
            *[el("line", y1=f"{100 * i / self.rows:.3f}%", y2=f"{100 * i / self.rows:.3f}%", x1="0", x2="100%",
                 class_="grid") for i in _between(self.rows)],
        ]  # fmt: skip
        return el(
            "div",
            el("p", used.name),
            el("svg", el("title", f"{used.name}: {self._busy(used)}"), *drawn, role="img", class_="array"),
            el("p", self._busy(used)),
            el("p", "; ".join(used.words()), class_="more"),
            el("p", used.said, class_="more"),
        )

    def svg(self) -> Html:
        """The same on a sheet."""
        drawn: list[Html] = []
        step = (WIDTH - 32) / _ACROSS
        for n, used in enumerate(self.layers):
            left, top = 16 + step * (n % _ACROSS), (_ROOM + 88) * (n // _ACROSS)
            x, y = used.busy
            drawn += [
                text(left, top + 12, used.name, room=step - 14),
                box(left, top + 20, _ROOM, _ROOM, PAPER, stroke=SOFT),
                box(left, top + 20, _ROOM * x / self.columns, _ROOM * y / self.rows, colour(0), self._busy(used)),
            ]
            for i in _between(self.columns):
                at = left + _ROOM * i / self.columns
                drawn.append(rule(at, top + 20, at, top + 20 + _ROOM, RULE))
            for i in _between(self.rows):
                at = top + 20 + _ROOM * i / self.rows
                drawn.append(rule(left, at, left + _ROOM, at, RULE))
            for i, line in enumerate((self._busy(used), *used.words())):
                drawn.append(text(left, top + _ROOM + 36 + 16 * i, line, size=11, fill=SOFT, room=step - 14))
        return sheet(self.title, (_ROOM + 88) * -(-len(self.layers) // _ACROSS), *drawn)

    def draw(self, axes: Any) -> None:
        """The arrays beside each other, in units."""
        for n, used in enumerate(self.layers):
            left = n * self.columns * 1.2
            x, y = used.busy
            axes.bar(left, self.rows, self.columns, align="edge", color=PAPER, edgecolor=SOFT)
            axes.bar(left, y, x, bottom=self.rows - y, align="edge", color=colour(0))
            words = "\n".join((used.name, self._busy(used), *used.words()))
            axes.annotate(words, (left, -0.02 * self.rows), va="top", fontsize="small", annotation_clip=False)
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set_title(self.title, loc="left")

    def _busy(self, used: Used) -> str:
        x, y = used.busy
        return f"{x} × {y} = {x * y:,} of {self.columns * self.rows:,} units busy"


def arrays(layers: Sequence[Used], title: str, columns: int, rows: int) -> ArrayChart:
    """See :class:`ArrayChart`."""
    return ArrayChart(tuple(layers), title, columns, rows)


def _between(count: int) -> range:
    """The lines between so many units; none where they would be a grey area."""
    return range(1, count if count <= _MOST_LINES else 1)


def _loops(spread: Sequence[tuple[str, int]]) -> str:
    return " × ".join(f"{dim} {bound}" for dim, bound in spread if bound > 1) or "nothing"
