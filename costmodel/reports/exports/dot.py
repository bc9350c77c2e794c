"""Graphviz: the step as a graph, with modules as clusters, a colour for each phase, and tensors as edges.

``dot -Tsvg step.dot -o step.svg`` draws it.
"""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.files.quoting import printable
from costmodel.ir.trace import Trace
from costmodel.reports.export_format import TRACE
from costmodel.reports.graph.step_graph import PHASES, GraphNode, StepGraph, paths_above, step_graph
from costmodel.reports.sheet import PALETTE, SOFT

TITLE = "the step as a graph for Graphviz"
OF = TRACE

_BEFORE = "there before the step"

_GRAPH = (
    'rankdir=TB, fontname="sans-serif", newrank=true, splines=line, nslimit=0.2, nslimit1=0.2, mclimit=0.1, '
    'label="one training step", labelloc=t'
)
"""The limits end dot's search for the best places early: the step of ResNet-18 takes it seconds, and not minutes."""


def text(shown: Trace) -> str:
    """The digraph, with a final newline."""
    graph = step_graph(shown)
    lines = [
        "digraph step {",
        f"  graph [{_GRAPH}];",
        '  node [shape=box, style=filled, fontname="sans-serif", fontsize=11, fontcolor=white];',
        f'  edge [fontname="sans-serif", fontsize=9, color="{SOFT}"];',
        *_phases(graph),
        *_edges(graph),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _phases(graph: StepGraph) -> Iterator[str]:
    number = 0
    for phase in ("", *PHASES):
        nodes = [node for node in graph.nodes if node.phase == phase]
        if not nodes:
            continue
        number += 1
        yield f"  subgraph cluster_p{number} {{"
        yield f'    label="{_quoted(phase or _BEFORE)}"; style=rounded; color="{_colour(phase)}";'
        yield from _modules(nodes, f"p{number}")
        yield "  }"


def _modules(nodes: list[GraphNode], prefix: str) -> Iterator[str]:
    """Clusters within clusters; a module that is called again goes on in its own."""
    numbers: dict[str, int] = {}
    inside: dict[str, list[GraphNode]] = {}
    below: dict[str, list[str]] = {}
    for node in nodes:
        inside.setdefault(node.path, []).append(node)
        above = ""
        for path in paths_above(node.path):
            if path not in numbers:
                numbers[path] = len(numbers)
                below.setdefault(above, []).append(path)
            above = path

    def cluster(path: str, depth: int) -> Iterator[str]:
        space = "  " * (depth + 2)
        yield from (f"{space}{_node(node)}" for node in inside.get(path, ()))
        for inner in below.get(path, ()):
            yield f"{space}subgraph cluster_{prefix}_{numbers[inner]} {{"
            yield f'{space}  label="{_quoted(inner)}"; style="rounded,dashed"; color="{SOFT}";'
            yield from cluster(inner, depth + 1)
            yield f"{space}}}"

    yield from cluster("", 0)


def _node(node: GraphNode) -> str:
    label = "\\n".join(_quoted(line) for line in (node.op, node.said, node.where) if line)
    shape = "" if node.phase else ", shape=ellipse"
    return f'{node.key} [label="{label}", fillcolor="{_colour(node.phase)}"{shape}];'


def _edges(graph: StepGraph) -> Iterator[str]:
    for edge in graph.edges:
        yield f'  {edge.source} -> {edge.target} [tooltip="{_quoted(edge.said)}", penwidth={_pen(edge.nbytes)}];'


def _pen(nbytes: int) -> str:
    """The width of an edge: one more for every tenfold of bytes from a kilobyte on."""
    return f"{1 + max(len(str(nbytes)) - len('1000'), 0) * 0.5:g}"


def _colour(phase: str) -> str:
    return PALETTE[PHASES.index(phase)] if phase in PHASES else PALETTE[-1]


def _quoted(words: str) -> str:
    """Within a quoted string of the language: a backslash would begin an escape there."""
    return printable(words).replace("\\", "\\\\").replace('"', '\\"')
