"""A line over time, with the limit that it may not pass, and the moment at which something happened."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.reports.html.element import Html, el
from costmodel.reports.plot import framed, linear

_NEAR = 2.0
"""A moment later than so many times the last one is named and not drawn: the line would have no room."""


def timeline(
    points: Sequence[tuple[float, float]],
    title: str,
    *,
    y: str,
    limit: float | None = None,
    marked: Sequence[tuple[float, str]] = (),
) -> Html:
    """A value at moments that rise.

    Args:
        points: seconds and value; one at least.
        title: what is shown.
        y: name of the axis upwards, with its unit.
        limit: of the value, a line across.
        marked: seconds, and what happened then, or is bound to: a line upwards, and its text below.
    """
    last = points[-1][0]
    near = [(at, what) for at, what in marked if at <= _NEAR * last]
    across = linear([max([last, *(at for at, _ in near)])], "seconds since its start")
    up = linear([*(value for _, value in points), limit or 0.0], y)
    path = "".join(
        f"{'M' if not i else 'L'}{across.share(at):.2f} {100 - up.share(value):.2f}"
        for i, (at, value) in enumerate(points)
    )
    inside = el("svg", el("path", d=path, class_="line"), viewBox="0 0 100 100", preserveAspectRatio="none",
                width="100%", height="100%")  # fmt: skip
    lines = []
    if limit is not None:
        height = f"{100 - up.share(limit):g}%"
        said = el("title", f"limit: {limit:,.10g}")
        lines.append(el("line", said, x1="0", x2="100%", y1=height, y2=height, class_="limit"))
    for at, what in near:
        place = f"{across.share(at):g}%"
        lines.append(
            el("line", el("title", f"{at:,.2f} s: {what}"), x1=place, x2=place, y1="0", y2="100%", class_="limit")
        )
    hover = [
        el("circle", el("title", f"{at:,.2f} s: {value:,.10g}"), cx=f"{across.share(at):g}%",
           cy=f"{100 - up.share(value):g}%", r="6", class_="clear")
        for at, value in points
    ]  # fmt: skip
    note = "; ".join(f"{at:,.2f} s: {what}" for at, what in marked)
    below = el("div", note, class_="y-name") if note else None
    return el("figure", el("figcaption", title), framed(across, up, inside, *lines, *hover, said=title), below)
