"""A recorded step as a graph to be drawn: calls and what they start from, and the tensors that flow between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from costmodel.ir.tensor import TensorSpec
from costmodel.ir.trace import LOSS_SCOPE, Trace

PHASES = ("preprocess", "forward", "loss", "recompute", "backward", "optimizer")
"""In the order in which they are drawn."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A call, or a tensor that no call of the step makes (``op`` is then its role).

    Attributes:
        key: unique; calls are numbered in order of execution.
        path: module path, "" outside of any.
        phase: part of the step; "" for what is there before it.
        said: the shape and size of what it makes.
        where: the user's line, "" if it is not known.
    """

    key: str
    op: str
    path: str
    phase: str
    said: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """A tensor that flows, with its shape and bytes in words; several between two nodes are one edge."""

    source: str
    target: str
    said: str
    nbytes: int


@dataclass(frozen=True, slots=True)
class StepGraph:
    """Nodes in order of execution, those that are there before it first."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


def step_graph(trace: Trace) -> StepGraph:
    """The graph of a trace; a tensor that is written in place comes from its last writer."""
    before: dict[int, GraphNode] = {}
    nodes: list[GraphNode] = []
    edges: dict[tuple[str, str], list[TensorSpec]] = {}
    producer: dict[int, str] = {}
    for index, call in enumerate(trace.calls):
        key = f"c{index}"
        for number in dict.fromkeys(call.inputs):
            tensor = trace.tensors[number]
            if number not in producer:
                before[number] = GraphNode(f"t{number}", tensor.role.value, "", "", tensor_words(tensor))
                producer[number] = before[number].key
            edges.setdefault((producer[number], key), []).append(tensor)
        written = [trace.tensors[number] for number in call.written]
        path = call.scope.replace(LOSS_SCOPE, "(loss)")
        said = ", ".join(map(tensor_words, written))
        nodes.append(GraphNode(key, call.packet.removeprefix("aten."), path, call.phase.value, said, call.where))
        producer.update((number, key) for number in call.written)
    drawn = tuple(
        GraphEdge(source, target, ", ".join(map(tensor_words, tensors)), sum(t.nbytes for t in tensors))
        for (source, target), tensors in edges.items()
    )
    return StepGraph((*before.values(), *nodes), drawn)


def tensor_words(tensor: TensorSpec) -> str:
    """Shape, element type and bytes.

    >>> from costmodel.ir.tensor import Role
    >>> tensor_words(TensorSpec(id=0, shape=(2, 3), dtype="float32", device="cpu", role=Role.INPUT, storage=0))
    '2×3 float32, 24 B'
    """
    shape = "×".join(map(str, tensor.shape)) or "scalar"
    return f"{shape} {tensor.dtype}, {tensor.nbytes:,} B"


def paths_above(path: str) -> Iterator[str]:
    """The module itself and those around it, outermost first.

    >>> list(paths_above("a.b.c"))
    ['a', 'a.b', 'a.b.c']
    """
    parts = [part for part in path.split(".") if part]
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count])
