"""Stacked areas over a sequence of moments, with one moment marked and named."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.reports.element import Html, el
from costmodel.reports.plot import COLOURS, Axis, framed, legend, linear


def stacked(
    series: Sequence[tuple[str, Sequence[float]]],
    title: str,
    *,
    x: str,
    y: str,
    names: Sequence[str],
    marked: int | None = None,
) -> Html:
    """Series of equal length upon each other, the first at the bottom.

    Args:
        series: names and values.
        title: what is shown.
        x: name of the axis across, with its unit.
        y: name of the axis upwards.
        names: what each moment is, for who points at it.
        marked: the moment that has a line.
    """
    count = len(names)
    totals = [sum(values[i] for _, values in series) for i in range(count)]
    across, up = Axis(0, max(count, 1), (), x), linear(totals, y)
    below = [0.0] * count
    areas = []
    for number, (_, values) in enumerate(series):
        above = [b + v for b, v in zip(below, values, strict=True)]
        areas.append(el("path", d=_outline(below, above, up), class_=f"c{number % COLOURS}"))
        below = above
    inside = el("svg", *areas, viewBox="0 0 100 100", preserveAspectRatio="none", width="100%", height="100%")
    hover = [
        el("rect", el("title", f"{names[i]}: {totals[i]:,.10g}"), x=f"{across.share(i):g}%", y="0",
           width=f"{100 / count:.3f}%", height="100%", class_="clear")
        for i in range(count)
    ]  # fmt: skip
    line = []
    if marked is not None:
        at = f"{across.share(marked + 0.5):g}%"
        line = [el("line", x1=at, x2=at, y1="0", y2="100%", class_="limit")]
    picture = framed(across, up, inside, *line, *hover, said=title)
    return el("figure", el("figcaption", title), legend([name for name, _ in series]), picture)


def _outline(below: Sequence[float], above: Sequence[float], up: Axis) -> str:
    """A path of steps along the upper ends, and back along the lower ones."""
    width = 100 / max(len(above), 1)
    forth = [f"{'M' if not i else 'L'}{i * width:.2f} {100 - up.share(v):.2f}H{(i + 1) * width:.2f}"
             for i, v in enumerate(above)]  # fmt: skip
    back = [
        f"L{(i + 1) * width:.2f} {100 - up.share(below[i]):.2f}H{i * width:.2f}" for i in reversed(range(len(below)))
    ]
    return "".join((*forth, *back)) + "Z"
