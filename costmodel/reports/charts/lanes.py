"""A step on its time: what runs after what, in lanes of parts of the step, layers and ops, each as long as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from costmodel.ir.timeline import Slice, Timeline
from costmodel.reports.html.element import Html, el
from costmodel.reports.human import prefixed, round_numbers
from costmodel.reports.plot import COLOURS, legend, linear

_NARROWEST = 0.0004
"""Share of the whole below which ops of one kind that follow each other are drawn as one."""
_NAMED = 2.5
"""Percent of the width from which a piece has its name in it."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a lane: from when to when, its colour's class, its name, and what is said of it."""

    start: float
    end: float
    tone: str
    name: str
    said: str


def lanes(shown: Timeline, title: str) -> Html:
    """The time line of an estimate; ops have a colour by kind of kernel, the kinds with the most time first."""
    total = sum(piece.duration for piece in shown.slices)
    if total <= 0:
        return el("p", f"{title}: nothing takes time")
    kinds = _kinds(shown.slices)
    drawn = [
        ("part", _joined(shown, lambda piece: piece.phase)),
        ("layer", _joined(shown, lambda piece: piece.layer or "(model)")),
        ("op", _ops(shown, kinds, total)),
    ]
    across = linear([total], shown.unit)
    rows = [
        el("div", el("div", name, class_="y-name"), el("div", *[_drawn(p, across.high) for p in pieces]), class_="lane")
        for name, pieces in drawn
    ]
    ticks = [
        el("span", f"{said}{shown.unit}", style=f"left:{across.share(t):g}%")
        for t, said in zip(across.ticks, round_numbers(across.ticks), strict=True)
    ]
    names = list(kinds)
    if len(names) > COLOURS:
        names = [*names[: COLOURS - 1], "others"]
    picture = el("div", *rows, el("div", *ticks, class_="x"), class_="lanes", role="img", aria_label=title)
    notes = el("ul", *[el("li", note) for note in shown.notes], class_="notes")
    return el("figure", el("figcaption", title), legend(names), picture, notes, class_="wide")


def _kinds(slices: Sequence[Slice]) -> list[str]:
    taken: dict[str, float] = {}
    for piece in slices:
        kind = str(piece.facts.get("kind", piece.op))
        taken[kind] = taken.get(kind, 0.0) + piece.duration
    return sorted(taken, key=lambda kind: -taken[kind])


def _joined(shown: Timeline, name: Callable[[Slice], str]) -> Iterator[Piece]:
    """Slices of one name that follow each other as one; colours alternate, so that they can be told apart."""
    now, start, number, last, count = 0.0, 0.0, 0, "", 0
    for piece in (*shown.slices, None):
        here = None if piece is None else name(piece)
        if count and here != last:
            said = f"{last}: {prefixed(now - start)}{shown.unit} in {count:,} kernel{'s' * (count != 1)}"
            yield Piece(start, now, f"s{number % 2}", last, said)
            number, start, count = number + 1, now, 0
        if piece is not None and here is not None:
            last, count = here, count + 1
            now += piece.duration


def _ops(shown: Timeline, kinds: Sequence[str], total: float) -> Iterator[Piece]:
    now, held, since = 0.0, list[Slice](), 0.0
    for piece in (*shown.slices, None):
        kind = None if piece is None else str(piece.facts.get("kind", piece.op))
        narrow = piece is not None and piece.duration < _NARROWEST * total and now - since < _NARROWEST * total
        if held and not (narrow and kind == str(held[0].facts.get("kind", held[0].op))):
            yield _op(held, since, now, kinds, shown.unit)
            held, since = [], now
        if piece is not None:
            held.append(piece)
            now += piece.duration


def _op(held: Sequence[Slice], start: float, end: float, kinds: Sequence[str], unit: str) -> Piece:
    first = held[0]
    kind = str(first.facts.get("kind", first.op))
    facts = [f"{name} {value:,}" if isinstance(value, (int, float)) else f"{name} {value}"
             for name, value in first.facts.items()]  # fmt: skip
    said = [f"{first.op}: {prefixed(end - start)}{unit}", first.layer, first.phase, *facts]
    if len(held) > 1:
        said = [f"{len(held)} kernels of kind {kind}: {prefixed(end - start)}{unit}", first.layer, first.phase]
    tone = f"b{min(kinds.index(kind), COLOURS - 1)}"
    return Piece(start, end, tone, first.op.removeprefix("aten."), "\n".join(filter(None, said)))


def _drawn(piece: Piece, most: float) -> Html:
    left, width = 100 * piece.start / most, 100 * (piece.end - piece.start) / most
    name = el("span", piece.name) if width >= _NAMED else None
    return el("div", name, class_=piece.tone, title=piece.said, style=f"left:{left:.3f}%;width:{width:.3f}%")
