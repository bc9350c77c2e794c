"""A page with the step as a graph: modules are boxes that fold, and the whole can be moved and zoomed.

It is a picture without its script, which moves, zooms and folds. Parameters, and what an optimizer keeps, are not
drawn: an op says on hover what it makes, and an edge which tensors flow.
"""

from __future__ import annotations

from importlib import resources

from costmodel.ir.tensor import Role
from costmodel.ir.trace import Trace
from costmodel.reports import layered
from costmodel.reports.element import Html, el
from costmodel.reports.export_format import TRACE
from costmodel.reports.layered import Box, Place
from costmodel.reports.sheet import shortened
from costmodel.reports.step_graph import PHASES, GraphEdge, GraphNode, StepGraph, step_graph
from costmodel.version import __version__

TITLE = "the step as a page with a graph that can be zoomed and folded"
OF = TRACE

_SIZE = 11.0
_FAR = 260.0
"""An edge that is longer is drawn faintly until one of its ends is pointed at."""


def text(shown: Trace) -> str:
    """The page, which needs nothing but itself."""
    graph = _flowing(step_graph(shown))
    whole = layered.boxes(graph)
    places = layered.placed(whole)
    corners = layered.corners(whole, places)
    calls = sum(bool(node.phase) for node in graph.nodes)
    title = f"One training step: {calls:,} calls, {len(graph.edges):,} tensors between them"
    size = places[whole.key]
    picture = el(
        "svg",
        el("title", title),
        el("g", *[_edge(edge, corners[edge.source], corners[edge.target]) for edge in graph.edges], class_="edges"),
        _box(whole, places),
        viewBox=f"0 0 {size.width:.0f} {size.height:.0f}",
        width=f"{size.width:.0f}",
        height=f"{size.height:.0f}",
        role="img",
        class_="graph",
    )
    keys = [el("li", el("span", class_=f"key b{i}"), phase) for i, phase in enumerate(PHASES)
            if any(node.phase == phase for node in graph.nodes)]  # fmt: skip
    body = el(
        "main",
        el("h1", title),
        el("ul", *keys, class_="legend"),
        el("p", "Point at an op or an edge for shapes and bytes.", class_="hint"),
        el("div", picture, class_="frame", tabindex="0", role="region", aria_label="the graph"),
        el("footer", f"costmodel {__version__}"),
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", _ours("style.css"), _ours("graph.css")),
    )
    page = el("html", head, el("body", body, el("script", _ours("graph.js")), class_="costmodel"), lang="en")
    return f"<!doctype html>\n{page}\n"


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
    return el(
        "g",
        el("rect", width=f"{place.width:.1f}", height=f"{place.height:.1f}", rx="6"),
        el("text", el("title", box.name), box.name.rpartition(".")[2], x="10", y="17", class_="name"),
        *rows,
        class_="box",
        transform=_at(place),
        data_key=box.key,
        data_least=f"{layered.LETTER * len(box.name):.1f}",
    )


def _node(node: GraphNode, place: Place) -> Html:
    said = "\n".join(filter(None, (node.op, node.path, node.said, node.where)))
    colour = f"c{PHASES.index(node.phase)}" if node.phase in PHASES else "c5"
    room = place.width - 8
    return el(
        "g",
        el("title", said),
        el("rect", width=f"{place.width:.1f}", height=f"{place.height:.1f}", rx="4", class_=colour),
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
              data_b=edge.target)  # fmt: skip


def _at(place: Place) -> str:
    return f"translate({place.x:.1f} {place.y:.1f})"


def _ours(name: str) -> Html:
    """A file of ours as it is; it holds no closing tag."""
    return Html("\n" + resources.files("costmodel.reports").joinpath(name).read_text(encoding="utf-8"))
