"""Stacked areas over a sequence of moments, with one moment marked and named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.reports import plane
from costmodel.reports.html.element import Html, el
from costmodel.reports.plot import COLOURS, Axis, framed, legend, linear
from costmodel.reports.sheet import LIMIT, colour, rule


@dataclass(frozen=True)
class StackedChart:
    """Series of equal length upon each other, the first at the bottom.

    Attributes:
        series: names and values.
        title: what is shown.
        x: name of the axis across, with its unit.
        y: name of the axis upwards.
        names: what each moment is, for who points at it.
        marked: the moment that has a line.
    """

    series: Sequence[tuple[str, Sequence[float]]]
    title: str
    x: str
    y: str
    names: Sequence[str]
    marked: int | None = None

    @property
    def totals(self) -> list[float]:
        """All series together, by moment."""
        return [sum(values[i] for _, values in self.series) for i in range(len(self.names))]

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Across and upwards."""
        return Axis(0, max(len(self.names), 1), (), self.x), linear(self.totals, self.y)

    def html(self) -> Html:
        """Areas that are stretched to the page's width, with a clear bar over each moment to point at."""
        (across, up), count = self.axes, len(self.names)
        areas = [
            el("path", d=_outline(below, above, across, up, 100, 100), class_=f"c{number % COLOURS}")
            for number, (below, above) in enumerate(self._levels())
        ]
        inside = el("svg", *areas, viewBox="0 0 100 100", preserveAspectRatio="none", width="100%", height="100%")
        hover = [
            el("rect", el("title", f"{self.names[i]}: {total:,.10g}"), x=f"{across.share(i):g}%", y="0",
               width=f"{100 / count:.3f}%", height="100%", class_="clear")
            for i, total in enumerate(self.totals)
        ]  # fmt: skip
        line = []
        if self.marked is not None:
            at = f"{across.share(self.marked + 0.5):g}%"
            line = [el("line", x1=at, x2=at, y1="0", y2="100%", class_="limit")]
        picture = framed(across, up, inside, *line, *hover, said=self.title)
        return el("figure", el("figcaption", self.title), legend([name for name, _ in self.series]), picture)

    def svg(self) -> Html:
        """The same on a sheet."""
        x, up = self.axes
        width = plane.RIGHT - plane.LEFT
        areas = [
            el("path", el("title", self.series[number][0]), d=_outline(below, above, x, up, width, plane.HEIGHT),
               fill=colour(number), transform=f"translate({plane.LEFT:g} {plane.down(up, up.high):g})")
            for number, (below, above) in enumerate(self._levels())
        ]  # fmt: skip
        if self.marked is not None:
            at = plane.across(x, self.marked + 0.5)
            areas.append(rule(at, plane.down(up, up.high), at, plane.down(up, up.low), LIMIT, 2, "4 3"))
        return plane.plane(self.title, x, up, areas, [name for name, _ in self.series])

    def draw(self, axes: Any) -> None:
        """A stack plot in steps."""
        moments = range(len(self.names))
        values = [list(v) for _, v in self.series]
        colours = [colour(i) for i in range(len(values))]
        if values and moments:  # matplotlib refuses to draw nothing
            axes.stackplot(moments, values, labels=[name for name, _ in self.series], colors=colours, step="mid")
            axes.legend()
        if self.marked is not None:
            axes.axvline(self.marked, color=LIMIT, linestyle="--")
        axes.set_xlabel(self.x)
        axes.set_ylabel(self.y)
        axes.set_title(self.title, loc="left")

    def _levels(self) -> Iterator[tuple[list[float], list[float]]]:
        """The lower and the upper end of each area."""
        below = [0.0] * len(self.names)
        for _, values in self.series:
            above = [b + v for b, v in zip(below, values, strict=True)]
            yield below, above
            below = above


def stacked(
    series: Sequence[tuple[str, Sequence[float]]],
    title: str,
    *,
    x: str,
    y: str,
    names: Sequence[str],
    marked: int | None = None,
) -> StackedChart:
    """See :class:`StackedChart`."""
    return StackedChart(tuple(series), title, x, y, tuple(names), marked)


def _outline(below: Sequence[float], above: Sequence[float], x: Axis, up: Axis, width: float, height: float) -> str:
    """A path of steps along the upper ends, and back along the lower ones."""

    def place(moment: int) -> str:
        return f"{x.share(moment) * width / 100:.2f}"

    def level(value: float) -> str:
        return f"{(100 - up.share(value)) * height / 100:.2f}"

    forth = [f"{'M' if not i else 'L'}{place(i)} {level(v)}H{place(i + 1)}" for i, v in enumerate(above)]
    back = [f"L{place(i + 1)} {level(below[i])}H{place(i)}" for i in reversed(range(len(below)))]
    return "".join((*forth, *back)) + "Z"
