"""A machine's hierarchy as a picture: a row of boxes for each level, one for each instance up to a few."""

from __future__ import annotations

from costmodel.ir.hierarchy import Hierarchy, MachineLevel
from costmodel.reports.hierarchy_drawing import fan_out, words_of
from costmodel.reports.html.element import Html, el
from costmodel.reports.human import human

_BOXES = 32
"""Of a level with more instances so many boxes are drawn."""


def hierarchy(machine: Hierarchy) -> Html:
    """The levels, outermost first; a box is an instance, and its row says what it is."""
    rows = [_row(level.name, level.instances, *_said(level), level.stores) for level in machine.levels]
    unit = f"{machine.word_bits} bits, {machine.mac_pj:.6g} pJ"
    rows.append(_row("multiply-accumulate", machine.macs, f"{machine.macs:,}", unit, True))
    title = f"{machine.name}: levels, a box for each instance (of more than {_BOXES} the first)"
    return el("figure", el("figcaption", title), el("table", el("tbody", *rows), class_="bars"))


def _said(level: MachineLevel) -> tuple[str, str]:
    """What stands behind the boxes, and all that is to be said."""
    fan = fan_out(level)
    if not level.stores:
        return f"feeds {fan}", f"feeds {fan}"
    size = "unlimited" if level.words is None else f"{level.instances:,} × {human(level.words)}"
    return f"{size}, feeds {fan}" if fan else size, words_of(level)


def _row(name: str, instances: int, said: str, more: str, stores: bool) -> Html:
    drawn = min(instances, _BOXES)
    width = 100 / drawn
    boxes = [
        el("rect", x=f"{i * width + width * 0.05:.3f}%", y="2", width=f"{width * 0.9:.3f}%", height="14",
           class_="c0" if stores else "c5")
        for i in range(drawn)
    ]  # fmt: skip
    picture = el("svg", el("title", f"{instances:,} instances"), *boxes, role="img", class_="bar")
    return el("tr", el("th", name, scope="row"), el("td", picture), el("td", said, class_="n", title=more))
