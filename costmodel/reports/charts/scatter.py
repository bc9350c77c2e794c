"""Points in a plane, some of them marked, with lines upon it (a front, a roof)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from costmodel.reports import plane
from costmodel.reports.html.element import Html, el, join
from costmodel.reports.plot import Axis, framed, legend
from costmodel.reports.sheet import INK, PAPER, colour


@dataclass(frozen=True)
class Dot:
    """One point; ``kind`` is its place in the legend, ``said`` what stands there for who points at it."""

    x: float
    y: float
    said: str
    kind: int = 0


@dataclass(frozen=True)
class ScatterChart:
    """Dots, and a line through ``line`` (numbers of the axes); ``kinds`` is the legend."""

    dots: Sequence[Dot]
    title: str
    x: Axis
    y: Axis
    kinds: Sequence[str] = ()
    line: Sequence[tuple[float, float]] = ()

    def html(self) -> Html:
        """A frame that is stretched to the page's width."""
        x, y = self.x, self.y
        drawn = [
            el("circle", el("title", dot.said), cx=f"{x.share(dot.x):g}%", cy=f"{100 - y.share(dot.y):g}%", r="5",
               class_=f"c{dot.kind}")
            for dot in self._ordered()
        ]  # fmt: skip
        path = "".join(
            f"{'L' if i else 'M'}{x.share(a):.2f} {100 - y.share(b):.2f}" for i, (a, b) in enumerate(self.line)
        )
        over = el(
            "svg", el("path", d=path, class_="line"), viewBox="0 0 100 100", preserveAspectRatio="none", width="100%",
            height="100%",
        )  # fmt: skip
        picture = framed(x, y, over if path else join(), *drawn, said=self.title)
        return el("figure", el("figcaption", self.title), legend(self.kinds), picture)

    def svg(self) -> Html:
        """The same on a sheet."""
        points = [f"{plane.across(self.x, a):.1f},{plane.down(self.y, b):.1f}" for a, b in self.line]
        over = [el("polyline", points=" ".join(points), fill="none", stroke=INK, stroke_width="2")] if points else []
        dots = [
            el("circle", el("title", dot.said), cx=f"{plane.across(self.x, dot.x):.1f}",
               cy=f"{plane.down(self.y, dot.y):.1f}", r="5", fill=colour(dot.kind), stroke=PAPER)
            for dot in self._ordered()
        ]  # fmt: skip
        return plane.plane(self.title, self.x, self.y, [*over, *dots], self.kinds)

    def draw(self, axes: Any) -> None:
        """Dots by kind, on the scales of the axes."""
        for kind in sorted({dot.kind for dot in self.dots}, reverse=True):
            chosen = [dot for dot in self.dots if dot.kind == kind]
            name = self.kinds[kind] if kind < len(self.kinds) else None
            axes.scatter([dot.x for dot in chosen], [dot.y for dot in chosen], color=colour(kind), label=name)
        if self.line:
            axes.plot([a for a, _ in self.line], [b for _, b in self.line], color=INK)
        axes.set_xscale("log" if self.x.logarithmic else "linear")
        axes.set_yscale("log" if self.y.logarithmic else "linear")
        axes.set_xlabel(self.x.name)
        axes.set_ylabel(self.y.name)
        if self.kinds and self.dots:
            axes.legend()
        axes.set_title(self.title, loc="left")

    def _ordered(self) -> list[Dot]:
        """The first kind last, so that it lies above the others."""
        return sorted(self.dots, key=lambda dot: -dot.kind)


def scatter(
    dots: Sequence[Dot],
    title: str,
    x: Axis,
    y: Axis,
    *,
    kinds: Sequence[str] = (),
    line: Sequence[tuple[float, float]] = (),
) -> ScatterChart:
    """See :class:`ScatterChart`."""
    return ScatterChart(tuple(dots), title, x, y, tuple(kinds), tuple(line))
