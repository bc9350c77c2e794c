"""A layered layout of a step: boxes in boxes for phases and modules, and within each a row for every rank.

A rank is the longest way from what a box begins with. Edges between what lies deeper count for the two members of the
innermost box around both; a member that began later never stands above one that began earlier, so that there is no
circle. Lengths are in the units of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from costmodel.reports.graph.step_graph import GraphNode, StepGraph, paths_above

NODE_HEIGHT, TITLE, PADDING, ROW_GAP, GAP = 38.0, 24.0, 12.0, 30.0, 16.0
LETTER = 6.6
_LEAST, _MOST = 92.0, 220.0
_WIDEST = 1400.0
"""Of the members of one rank beside each other; more go on in a row below."""


@dataclass(frozen=True)
class Box:
    """A phase or a module.

    Attributes:
        key: unique.
        name: its path, or the phase.
        rows: members of each rank.
        width: with all that is in it.
    """

    key: str
    name: str
    rows: tuple[tuple[Box | GraphNode, ...], ...]
    width: float


@dataclass(frozen=True)
class Place:
    """Where a member is within its box, and how large."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class _Open:
    """A box while it is filled; members by key in order of execution, and who has to stand below whom."""

    name: str
    members: dict[str, GraphNode | _Open] = field(default_factory=dict)
    above: dict[str, set[str]] = field(default_factory=dict)


def boxes(graph: StepGraph) -> Box:
    """The step as boxes; phases are the outermost ones."""
    root = _Open("one training step")
    chains: dict[str, list[str]] = {}
    for node in graph.nodes:
        chain, here = [], root
        phase = node.phase or "before the step"
        for key, title in ((phase, phase), *((f"{phase}:{path}", path) for path in paths_above(node.path))):
            inner = here.members.setdefault(key, _Open(title))
            assert isinstance(inner, _Open)  # a node's key has no colon and is no phase
            here = inner
            chain.append(key)
        here.members[node.key] = node
        chains[node.key] = [*chain, node.key]
    for edge in graph.edges:
        if edge.source in chains and edge.target in chains:
            _below(root, chains[edge.source], chains[edge.target])
    return _closed("step", root)


def _below(root: _Open, source: Sequence[str], target: Sequence[str]) -> None:
    """Note it in the innermost box around both ends."""
    here = root
    for one, other in zip(source, target, strict=False):
        if one != other:
            here.above.setdefault(other, set()).add(one)
            return
        inner = here.members[one]
        if not isinstance(inner, _Open):
            return
        here = inner


def _closed(key: str, box: _Open) -> Box:
    order = {name: i for i, name in enumerate(box.members)}
    ranks: dict[str, int] = {}
    for name, place in order.items():
        ranks[name] = 1 + max((ranks[a] for a in box.above.get(name, ()) if order[a] < place), default=-1)
    rows: dict[int, list[Box | GraphNode]] = {}
    for name, member in box.members.items():
        rows.setdefault(ranks[name], []).append(_closed(name, member) if isinstance(member, _Open) else member)
    cut = [part for _, row in sorted(rows.items()) for part in _cut(row)]
    widest = max((sum(map(_width, row)) + GAP * (len(row) - 1) for row in cut), default=0.0)
    return Box(key, box.name, tuple(cut), max(widest, LETTER * len(box.name)) + 2 * PADDING)


def _cut(row: Sequence[Box | GraphNode]) -> Iterator[tuple[Box | GraphNode, ...]]:
    """A rank in rows that are not wider than a picture should be."""
    taken: list[Box | GraphNode] = []
    width = 0.0
    for member in row:
        if taken and width + _width(member) > _WIDEST:
            yield tuple(taken)
            taken, width = [], 0.0
        taken.append(member)
        width += _width(member) + GAP
    yield tuple(taken)


def _width(member: Box | GraphNode) -> float:
    return member.width if isinstance(member, Box) else node_width(member)


def node_width(node: GraphNode) -> float:
    """As wide as its longer line, within bounds."""
    return min(max(LETTER * max(len(node.op), len(node.said)) + 16, _LEAST), _MOST)


def placed(box: Box) -> dict[str, Place]:
    """Where every member is within its own box; the outermost box is at the origin."""
    found: dict[str, Place] = {}
    width, height = _place(box, found)
    found[box.key] = Place(0, 0, width, height)
    return found


def _place(box: Box, found: dict[str, Place]) -> tuple[float, float]:
    inside = box.width - 2 * PADDING
    y = TITLE + PADDING
    for row in box.rows:
        x = PADDING + (inside - sum(map(_width, row)) - GAP * (len(row) - 1)) / 2
        highest = 0.0
        for member in row:
            width, height = _place(member, found) if isinstance(member, Box) else (node_width(member), NODE_HEIGHT)
            found[member.key] = Place(x, y, width, height)
            x += width + GAP
            highest = max(highest, height)
        y += highest + ROW_GAP
    return box.width, y - ROW_GAP + PADDING


def corners(box: Box, places: Mapping[str, Place], x: float = 0.0, y: float = 0.0) -> dict[str, Place]:
    """Where every member is in the whole picture."""
    here = places[box.key]
    x, y = x + here.x, y + here.y
    found = {box.key: Place(x, y, here.width, here.height)}
    for row in box.rows:
        for member in row:
            if isinstance(member, Box):
                found |= corners(member, places, x, y)
            else:
                own = places[member.key]
                found[member.key] = Place(x + own.x, y + own.y, own.width, own.height)
    return found
