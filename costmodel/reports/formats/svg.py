"""A machine's hierarchy as one picture that stands by itself: in a paper, on a slide."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.hierarchy import Hierarchy, MachineLevel
from costmodel.reports.hierarchy_drawing import fan_out, words_of
from costmodel.reports.html.element import Html, el
from costmodel.reports.view import Noun, View

NOUNS = ("Hierarchy",)
FILES: dict[str, str] = {}
ON_REQUEST = True

_WIDE, _HIGH, _GAP, _STEP = 620, 34, 18, 28
_BOX = {"fill": "none", "stroke": "currentColor"}


def render(noun: Noun, view: View) -> str:
    """Boxes for memories, dashed ones for fan-outs, each fan-out further in; all text of others is escaped."""
    assert isinstance(noun, Hierarchy)  # see NOUNS
    drawn = [*_rows(noun)]
    height = 30 + len(drawn) * (_HIGH + _GAP)
    deepest = max(depth for depth, _, _ in drawn)
    shapes = [el("title", f"{noun.name}: {noun.title}"), _text(0, 16, noun.name, weight="bold")]
    for number, (depth, dashed, said) in enumerate(drawn):
        x, y = depth * _STEP, 30 + number * (_HIGH + _GAP)
        dashes = "4 3" if dashed else None
        shapes.append(el("rect", x=x + 1, y=y, width=_WIDE - 2, height=_HIGH, stroke_dasharray=dashes, **_BOX))
        shapes.append(_text(x + 10, y + _HIGH / 2 + 4, said))
        if number:
            shapes.append(el("line", x1=x + 20, x2=x + 20, y1=y - _GAP, y2=y, **_BOX))
    size = f"0 0 {_WIDE + deepest * _STEP} {height}"
    namespace = "http://www.w3.org/2000/svg"
    return el("svg", *shapes, xmlns=namespace, viewBox=size, font_family="sans-serif", font_size="12") + "\n"


def _rows(machine: Hierarchy) -> Iterator[tuple[int, bool, str]]:
    """How far in, whether without storage, and the words."""
    depth = 0
    for level in machine.levels:
        yield depth, not level.stores, _said(level)
        depth += bool(fan_out(level))
    yield depth, False, f"{machine.macs:,} × multiply-accumulate, {machine.word_bits} bits, {machine.mac_pj:.6g} pJ"


def _said(level: MachineLevel) -> str:
    fan = fan_out(level)
    words = words_of(level) if level.stores else level.name
    return f"{words} → {fan}" if fan else words


def _text(x: float, y: float, words: str, weight: str | None = None) -> Html:
    return el("text", words, x=x, y=y, fill="currentColor", font_weight=weight)
