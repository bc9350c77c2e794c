"""Parts of a chart: round numbers for an axis, shares of its length, and the frame with its labels in HTML.

Lengths in an SVG are percentages and its labels are HTML beside it, so that text keeps its size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.reports.html.element import Child, Html, el, join
from costmodel.reports.human import round_numbers

COLOURS = 8
"""Colours of the style sheet, ``c0`` to ``c7``."""


@dataclass(frozen=True)
class Axis:
    """A length on which numbers have a place, with its name and round numbers on it."""

    low: float
    high: float
    ticks: tuple[float, ...]
    name: str = ""
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where a number is, in percent of the length; outside of it at the nearer end."""
        low, high, at = self.low, self.high, value
        if self.logarithmic:
            low, high, at = math.log10(low), math.log10(high), math.log10(max(value, self.low))
        return round(min(max(100 * (at - low) / (high - low), 0.0), 100.0), 3)

    def labels(self) -> list[tuple[float, str]]:
        """The round numbers, and what is written at each."""
        return [(tick, said.strip()) for tick, said in zip(self.ticks, round_numbers(self.ticks), strict=True)]


def linear(values: Sequence[float], name: str = "", *, zero: bool = True) -> Axis:
    """An axis with about four round numbers.

    >>> linear([3, 17]).ticks
    (0.0, 5.0, 10.0, 15.0, 20.0)
    """
    most, least = max(values, default=0.0), 0.0 if zero else min(values, default=0.0)
    if most <= least:
        most = least + 1.0
    raw = (most - least) / 4
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * size >= raw * 0.999)
    first, last = math.floor(least / step), math.ceil(most / step - 1e-9)
    ticks = tuple(float(f"{n * step:.12g}") for n in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, name)


def decades(values: Sequence[float], name: str = "") -> Axis:
    """A logarithmic axis from a power of ten to another; numbers that are not positive have no place.

    >>> decades([0.5, 30]).ticks
    (0.1, 1.0, 10.0, 100.0)
    """
    seen = [value for value in values if value > 0] or [1.0]
    first, last = math.floor(math.log10(min(seen))), math.ceil(math.log10(max(seen)))
    last = max(last, first + 1)
    step = max(1, math.ceil((last - first) / 6))
    ticks = tuple(float(f"1e{n}") for n in range(first, last + 1, step))
    return Axis(10.0**first, 10.0**last, ticks, name, logarithmic=True)


def framed(x: Axis, y: Axis, *inside: Child, said: str) -> Html:
    """A plot: a name and numbers on both axes, grid lines, and what is drawn inside."""
    grid = [
        el("line", x1="0", x2="100%", y1=f"{100 - y.share(t):g}%", y2=f"{100 - y.share(t):g}%", class_="grid")
        for t in y.ticks
    ]
    picture = el("svg", el("title", said), *grid, *inside, role="img", class_="area")
    return el(
        "div",
        el("div", y.name, class_="y-name"),
        el("div", *[el("span", said, style=f"bottom:{y.share(t):g}%") for t, said in y.labels()], class_="y"),
        picture,
        el("div", *[el("span", said, style=f"left:{x.share(t):g}%") for t, said in x.labels()], class_="x"),
        el("div", x.name, class_="x-name"),
        class_="plot",
    )


def legend(names: Sequence[str]) -> Html:
    """Which colour is what."""
    items = [el("li", el("span", class_=f"key b{i % COLOURS}"), name) for i, name in enumerate(names)]
    return el("ul", *items, class_="legend") if items else join()
