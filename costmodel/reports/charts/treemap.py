"""A treemap: a tree of names as nested boxes, each as large as its number.

The boxes are squarified (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from costmodel.reports.html.element import Html, el
from costmodel.reports.plot import COLOURS, legend
from costmodel.reports.sheet import PAPER, WIDTH, box, colour, sheet, text

_LONG, _HIGH = 100.0, 50.0
"""Sides of the whole, in the units of the layout: a page shows it about so."""
_LINE = 2.8
"""Height that a line of text takes on a page."""
_SMALLEST = 4e-4
"""Share of the whole below which boxes of one parent become one."""
_LARGE, _GROUPS = 0.5, COLOURS - 1
"""A branch of more than this share is taken apart, as long as there are colours."""
_OTHERS = "others"


@dataclass(frozen=True)
class Leaf:
    """One box: its dotted path, its number, and the number with its unit for who points at it."""

    path: str
    size: float
    said: str


@dataclass(frozen=True)
class Placed:
    """A box with its place in the layout and the number of its colour."""

    leaf: Leaf
    rect: Rect
    kind: int
    shown: str


@dataclass(frozen=True)
class Rect:
    """A rectangle from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class _Branch:
    path: str
    leaf: Leaf | None = None
    inner: dict[str, _Branch] = field(default_factory=dict)

    @property
    def size(self) -> float:
        """Of its own leaf and of all within."""
        return (self.leaf.size if self.leaf else 0.0) + sum(branch.size for branch in self.inner.values())

    def members(self) -> list[_Branch]:
        """What it is made of; the leaf that has branches too is a box beside them."""
        own = [_Branch(self.path, self.leaf)] if self.leaf is not None and self.inner else []
        return [*own, *self.inner.values()]


@dataclass(frozen=True)
class TreeChart:
    """Boxes in boxes; ``leaves`` in any order, those without a size have no box."""

    leaves: Sequence[Leaf]
    title: str

    def html(self) -> Html:
        """Boxes with their names, as far as these fit."""
        names, placed = self._placed()
        boxes = [
            el(
                "div", el("span", p.shown) if p.rect.height > _LINE else None, class_=f"b{p.kind}", title=_said(p.leaf),
                style=f"left:{p.rect.x:.3f}%;top:{p.rect.y * 100 / _HIGH:.3f}%;"
                f"width:{p.rect.width:.3f}%;height:{p.rect.height * 100 / _HIGH:.3f}%",
            )
            for p in placed
        ]  # fmt: skip
        picture = el("div", *boxes, class_="tree", role="img", aria_label=self.title)
        return el("figure", el("figcaption", self.title), legend(names), picture)

    def svg(self) -> Html:
        """The same on a sheet."""
        names, placed = self._placed()
        scale, drawn = (WIDTH - 32) / _LONG, []
        for p in placed:
            x, y, width, height = (side * scale for side in (p.rect.x, p.rect.y, p.rect.width, p.rect.height))
            drawn.append(box(x + 16, y, width, height, colour(p.kind), _said(p.leaf), PAPER))
            if height > 16:
                drawn.append(text(x + 20, y + 14, p.shown, size=11, fill=PAPER, room=width - 8))
        return sheet(self.title, _HIGH * scale, *drawn, names=names)

    def draw(self, axes: Any) -> None:
        """Bars without axes."""
        for p in self._placed()[1]:
            r = p.rect
            axes.bar(r.x, r.height, r.width, bottom=_HIGH - r.y - r.height, align="edge", color=colour(p.kind),
                     edgecolor=PAPER)  # fmt: skip
            if r.width > _LONG / 10 and r.height > _HIGH / 12:
                place = (r.x + r.width / 2, _HIGH - r.y - r.height / 2)
                axes.annotate(p.shown, place, ha="center", va="center", color=PAPER)
        axes.set_axis_off()
        axes.set_title(self.title, loc="left")

    def _placed(self) -> tuple[list[str], list[Placed]]:
        """Names of the colours, and every box."""
        root = _grown(self.leaves)
        groups = _groups(root)
        kinds = {path: min(i, _GROUPS) for i, path in enumerate(groups)}
        names = [path or "(model)" for path in groups[:_GROUPS]] + [_OTHERS] * (len(groups) > _GROUPS)
        whole = Rect(0, 0, _LONG, _HIGH)
        return names, [*_laid(root, whole, kinds, "", root.size * _SMALLEST)]


def treemap(leaves: Sequence[Leaf], title: str) -> TreeChart:
    """See :class:`TreeChart`."""
    return TreeChart(tuple(leaves), title)


def squarified(sizes: Sequence[float], within: Rect) -> list[Rect]:
    """Rectangles of these sizes, largest first, that fill one: rows along its shorter side, as square as they get.

    >>> [(r.width, r.height) for r in squarified([6, 3, 3], Rect(0, 0, 6, 2))]
    [(3.0, 2.0), (1.5, 2.0), (1.5, 2.0)]
    """
    if not sizes or sum(sizes) <= 0:
        return []
    scale = within.width * within.height / sum(sizes)
    found: list[Rect] = []
    areas, left = [size * scale for size in sizes], within
    while areas:
        side = min(left.width, left.height)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
            count += 1
        row, areas = areas[:count], areas[count:]
        placed, left = _row(row, left)
        found += placed
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """The largest ratio of sides in a row of areas along a side."""
    total = sum(row)
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))


def _row(row: Sequence[float], left: Rect) -> tuple[list[Rect], Rect]:
    """The areas along the shorter side, and what is left beside them."""
    upright = left.width >= left.height
    side = left.height if upright else left.width
    deep = sum(row) / side if side else 0.0
    placed, at = [], 0.0
    for area in row:
        long = area / deep if deep else 0.0
        placed.append(Rect(left.x, left.y + at, deep, long) if upright else Rect(left.x + at, left.y, long, deep))
        at += long
    if upright:
        return placed, Rect(left.x + deep, left.y, max(left.width - deep, 0.0), left.height)
    return placed, Rect(left.x, left.y + deep, left.width, max(left.height - deep, 0.0))


def _grown(leaves: Sequence[Leaf]) -> _Branch:
    """The tree of the paths."""
    root = _Branch("")
    for leaf in leaves:
        if leaf.size <= 0:
            continue
        inner, path = root.inner, ""
        parts = leaf.path.split(".")
        for i, part in enumerate(parts):
            path = f"{path}.{part}" if path else part
            known = inner.get(part, _Branch(path))
            inner[part] = _Branch(path, leaf if i == len(parts) - 1 else known.leaf, known.inner)
            inner = known.inner
    return root


def _groups(root: _Branch) -> list[str]:
    """The branches that have a colour each, the largest first."""
    groups = root.members()
    while groups:
        largest = max(groups, key=lambda branch: branch.size)
        inner = largest.members()
        if not largest.inner or largest.size < _LARGE * root.size or len(groups) + len(inner) - 1 > _GROUPS:
            break
        groups = [branch for branch in groups if branch is not largest] + inner
    return list(dict.fromkeys(branch.path for branch in sorted(groups, key=lambda branch: -branch.size)))


def _laid(branch: _Branch, within: Rect, kinds: Mapping[str, int], group: str, least: float) -> Iterator[Placed]:
    """Every box of a branch; ``group`` is the branch above it that has a colour."""
    group = branch.path if branch.path in kinds else group
    if not branch.inner:
        if branch.leaf is not None:
            shown = branch.leaf.path.removeprefix(f"{group}.")
            yield Placed(branch.leaf, within, kinds.get(group, _GROUPS), shown)
        return
    members = sorted(branch.members(), key=lambda member: -member.size)
    large = [member for member in members if member.size >= least]
    small = [member for member in members if member.size < least]
    if small:
        total = sum(member.size for member in small)
        name = f"{branch.path}.{len(small)} {_OTHERS}" if branch.path else f"{len(small)} {_OTHERS}"
        large.append(_Branch(name, Leaf(name, total, f"{total:,.6g} together")))
    for member, rect in zip(large, squarified([member.size for member in large], within), strict=True):
        yield from _laid(member, rect, kinds, group, least)


def _said(leaf: Leaf) -> str:
    return f"{leaf.path}: {leaf.said}"
