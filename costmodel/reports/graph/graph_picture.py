"""A step drawn as a graph: modules are boxes that fold, and the whole can be moved, zoomed and searched.

It is a picture without its script. Parameters, and what an optimizer keeps, are not drawn: an op says on hover what it
makes, an edge which tensors flow, and a folded box how many calls it holds and what comes out of the last.
"""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.tensor import Role
from costmodel.ir.trace import Trace
from costmodel.reports.graph import layered
from costmodel.reports.graph.layered import Box, Place
from costmodel.reports.graph.step_graph import PHASES, GraphEdge, GraphNode, StepGraph, step_graph
from costmodel.reports.html.element import Html, el, join
from costmodel.reports.sheet import shortened

ASSETS = ("graph/graph.css", "graph/graph.js")
"""Files that a page with the picture needs."""

_SIZE = 11.0
_MOST = 330.0
"""Room for what is said of a folded box."""
_FAR = 260.0
"""An edge that is longer is drawn faintly until one of its ends is pointed at."""
_BEFORE = len(PHASES) + 1
"""The colour of what is there before the step."""


def title_of(trace: Trace) -> str:
    """One line with how large the graph is."""
    graph = _flowing(step_graph(trace))
    calls = sum(bool(node.phase) for node in graph.nodes)
    return f"One training step: {calls:,} calls, {len(graph.edges):,} tensors between them"


def picture(trace: Trace) -> Html:
    """Which colour is what, and the graph in a frame."""
    graph = _flowing(step_graph(trace))
    whole = layered.boxes(graph)
    places = layered.placed(whole)
    corners = layered.corners(whole, places)
    size = places[whole.key]
    drawn = el(
        "svg",
        el("title", title_of(trace)),
        el("g", *[_edge(edge, corners[edge.source], corners[edge.target]) for edge in graph.edges], class_="edges"),
        _box(whole, places),
        viewBox=f"0 0 {size.width:.0f} {size.height:.0f}",
        width=f"{size.width:.0f}",
        height=f"{size.height:.0f}",
        role="img",
        class_="graph",
    )
    return join(
        el("ul", *_keys(graph), class_="legend"),
        el("p", "Point at an op or an edge for shapes and bytes.", class_="hint"),
        el("div", drawn, class_="frame", tabindex="0", role="region", aria_label="the graph"),
    )


def _keys(graph: StepGraph) -> Iterator[Html]:
    there = {node.phase for node in graph.nodes}
    colours = {"": (_BEFORE, "input")} | {phase: (i, phase) for i, phase in enumerate(PHASES)}
    for phase, (colour, name) in colours.items():
        if phase in there:
            yield el("li", el("span", class_=f"key b{colour}"), name)


def _flowing(graph: StepGraph) -> StepGraph:
    """The graph without what is there before the step, but for its input."""
    nodes = tuple(node for node in graph.nodes if node.phase or node.op == Role.INPUT.value)
    kept = {node.key for node in nodes}
    return StepGraph(nodes, tuple(e for e in graph.edges if e.source in kept and e.target in kept))


def _box(box: Box, places: dict[str, Place]) -> Html:
    place = places[box.key]
    rows = [
        el("g", *[_box(m, places) if isinstance(m, Box) else _node(m, places[m.key]) for m in row], class_="row")
        for row in box.rows
    ]
    held = [*_held(box)]
    count = f"{len(held):,} calls" if len(held) > 1 else "1 call"
    said = f"{count}; out {held[-1].said}" if held[-1].phase else held[-1].said
    short = shortened(said, _MOST, _SIZE)
    return el(
        "g",
        el("rect", el("title", f"{box.name}\n{said}"), width=f"{place.width:.1f}", height=f"{place.height:.1f}", rx="6",
           class_=_colour(held[0])),
        el("text", box.name.rpartition(".")[2], x="10", y="17", class_="name"),
        el("text", short, x="10", y="33", class_="sum"),
        *rows,
        class_="box",
        transform=_at(place),
        data_key=box.key,
        data_least=f"{layered.LETTER * len(box.name):.1f}",
        data_folded=f"{layered.LETTER * len(short):.1f}",
    )  # fmt: skip


def _held(box: Box) -> Iterator[GraphNode]:
    """What is in a box, at any depth, in order of execution."""

    def every(inner: Box) -> Iterator[GraphNode]:
        for row in inner.rows:
            for member in row:
                yield from every(member) if isinstance(member, Box) else (member,)

    yield from sorted(every(box), key=lambda node: int(node.key[1:]))


def _colour(node: GraphNode) -> str:
    return f"c{PHASES.index(node.phase) if node.phase in PHASES else _BEFORE}"


def _node(node: GraphNode, place: Place) -> Html:
    said = "\n".join(filter(None, (node.op, node.path, node.said, node.where)))
    room = place.width - 14
    return el(
        "g",
        el("title", said),
        el("rect", width=f"{place.width:.1f}", height=f"{place.height:.1f}", rx="4", class_=_colour(node)),
        el("text", shortened(node.op, room, _SIZE), x="6", y="15"),
        el("text", shortened(node.said, room, _SIZE), x="6", y="30"),
        class_="op",
        transform=_at(place),
        data_key=node.key,
    )


def _edge(edge: GraphEdge, source: Place, target: Place) -> Html:
    x1, y1 = source.x + source.width / 2, source.y + source.height
    x2, y2 = target.x + target.width / 2, target.y
    bend = max(abs(y2 - y1) / 2, 12.0)
    far = abs(y2 - y1) + abs(x2 - x1) > _FAR
    path = f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"
    return el("path", el("title", edge.said), d=path, class_="far" if far else "near", data_a=edge.source,
              data_b=edge.target, data_n=edge.nbytes)  # fmt: skip


def _at(place: Place) -> str:
    return f"translate({place.x:.1f} {place.y:.1f})"
