"""The paper of a picture that stands alone: a ground, a title, and text that is shortened to its place.

A program that takes an SVG in (a slide, a drawing) often knows no style sheet: colours are written onto every shape;
and text lengths are estimated, since there is no font to measure.
"""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.reports.html.element import Child, Html, el
from costmodel.reports.layout import display_width, wrapped

WIDTH = 760
INK, SOFT, PAPER, RULE, LIMIT = "#1b1f24", "#57606a", "#ffffff", "#d0d7de", "#c11b2b"
PALETTE = ("#2563a8", "#b4530a", "#1a7f4b", "#8b3fa8", "#9a6700", "#57606a", "#b3264a", "#0f7c86")
TONES = {"good": "#1a7f37", "bad": "#c11b2b", "open": "#8a5a00"}
"""The light colours of the style sheet."""

SIZE = 12.0
_WIDE = 0.56
"""Width of a letter over the size of its font, on average and on the safe side."""
_BOLD = 0.64
_MARGIN = 16.0
_TITLE = 14.0
_LEADING = 19.0


def colour(number: int, tone: str = "") -> str:
    """A colour by its place in a legend, or by what it says."""
    return TONES.get(tone) or PALETTE[(int(tone[1:]) if tone[:1] == "c" else number) % len(PALETTE)]


def sheet(title: str, height: float, *body: Child, names: Sequence[str] = ()) -> Html:
    """The picture: title and legend, and ``body`` below them, drawn as if they were not there."""
    lines = wrapped(title, int((WIDTH - 2 * _MARGIN) / (_TITLE * _BOLD))).split("\n")
    top = _MARGIN + _LEADING * len(lines)
    said = [
        text(_MARGIN, _MARGIN + _TITLE + _LEADING * i - 3, line, size=_TITLE, weight="600")
        for i, line in enumerate(lines)
    ]
    keys, rows = _legend(names, top + 8)
    top += 10 + 20 * rows
    whole = top + height + _MARGIN
    return el(
        "svg",
        el("title", title),
        el("rect", width=f"{WIDTH}", height=f"{whole:g}", fill=PAPER),
        *said,
        *keys,
        el("g", *body, transform=f"translate(0 {top:g})"),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {whole:g}",
        width=f"{WIDTH}",
        height=f"{whole:g}",
        role="img",
        font_family="system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif",
    )


def text(
    x: float,
    y: float,
    said: str,
    *,
    anchor: str = "start",
    size: float = SIZE,
    fill: str = INK,
    weight: str | None = None,
    room: float | None = None,
    turned: bool = False,
) -> Html:
    """A line of text with its baseline at ``y``; what is longer than ``room`` loses its middle, and has a title."""
    shown = said if room is None else shortened(said, room, size)
    return el(
        "text", el("title", said) if shown != said else None, shown, x=f"{x:g}", y=f"{y:g}", font_size=f"{size:g}",
        fill=fill, text_anchor=None if anchor == "start" else anchor, font_weight=weight,
        transform=f"rotate(-90 {x:g} {y:g})" if turned else None,
    )  # fmt: skip


def shortened(said: str, room: float, size: float = SIZE) -> str:
    """A text that fits, estimated; "" where not even three letters do.

    >>> shortened("features.denseblock1.denselayer1.conv1", 120)
    'features…r1.conv1'
    """
    most = int(room / (size * _WIDE))
    if display_width(said) <= most:
        return said
    if most < len("abc"):
        return ""
    head = (most - 1) // 2
    return f"{said[:head]}…{said[len(said) - (most - 1 - head) :]}"


def box(
    x: float, y: float, width: float, height: float, fill: str, said: str | None = None, stroke: str | None = None
) -> Html:
    """A rectangle."""
    return el(
        "rect", el("title", said) if said else None, x=f"{x:.2f}", y=f"{y:.2f}", width=f"{max(width, 0):.2f}",
        height=f"{max(height, 0):.2f}", fill=fill, stroke=stroke,
    )  # fmt: skip


def rule(x1: float, y1: float, x2: float, y2: float, stroke: str = RULE, width: float = 1, dash: str = "") -> Html:
    """A straight line."""
    return el(
        "line", x1=f"{x1:.2f}", y1=f"{y1:.2f}", x2=f"{x2:.2f}", y2=f"{y2:.2f}", stroke=stroke,
        stroke_width=f"{width:g}", stroke_dasharray=dash or None,
    )  # fmt: skip


def _legend(names: Sequence[str], top: float) -> tuple[list[Html], int]:
    drawn: list[Html] = []
    x, row = _MARGIN, 0
    for i, name in enumerate(names):
        width = 34 + SIZE * _WIDE * display_width(name)
        if x > _MARGIN and x + width > WIDTH - _MARGIN:
            x, row = _MARGIN, row + 1
        drawn.append(box(x, top + 20 * row, 11, 11, colour(i)))
        drawn.append(text(x + 17, top + 20 * row + 10, name, fill=SOFT))
        x += width
    return drawn, row + 1 if names else 0
