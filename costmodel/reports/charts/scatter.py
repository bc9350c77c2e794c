"""Points in a plane, some of them marked, with lines upon it (a front, a roof)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.reports.element import Html, el, join
from costmodel.reports.plot import Axis, framed, legend


@dataclass(frozen=True)
class Dot:
    """One point; ``kind`` is its place in the legend, ``said`` what stands there for who points at it."""

    x: float
    y: float
    said: str
    kind: int = 0


def scatter(
    dots: Sequence[Dot],
    title: str,
    x: Axis,
    y: Axis,
    *,
    kinds: Sequence[str] = (),
    line: Sequence[tuple[float, float]] = (),
) -> Html:
    """Dots, and a line through ``line`` (numbers of the axes)."""
    drawn = [
        el("circle", el("title", dot.said), cx=f"{x.share(dot.x):g}%", cy=f"{100 - y.share(dot.y):g}%", r="5",
           class_=f"c{dot.kind}")
        for dot in sorted(dots, key=lambda dot: -dot.kind)
    ]  # fmt: skip
    path = "".join(f"{'L' if i else 'M'}{x.share(a):.2f} {100 - y.share(b):.2f}" for i, (a, b) in enumerate(line))
    over = el(
        "svg", el("path", d=path, class_="line"), viewBox="0 0 100 100", preserveAspectRatio="none", width="100%",
        height="100%",
    )  # fmt: skip
    picture = framed(x, y, over if path else join(), *drawn, said=title)
    return el("figure", el("figcaption", title), legend(kinds), picture)
