"""A trace as an FX graph, and the graph run on real tensors: the proof that a trace is the step itself."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping

import torch
from torch import fx

from costmodel.ir.trace import OpCall, Trace
from costmodel.tracing.arguments import decode, resolve


def to_fx(trace: Trace) -> fx.Graph:
    """The steady step as a graph of ATen ops.

    Placeholders are the tensors that exist before the step (batch, parameters, buffers, optimizer state …), in the
    order of their first use. The output is a tuple of the tensors that outlive the step. A node's ``meta`` holds
    ``scope``, ``phase`` and ``call`` (index into ``trace.calls``); that of placeholders and the output holds the
    ids of their ``tensors``. In-place ops stay what they are: later readers of a tensor read the node that wrote it
    last, and the order of the nodes is the order of execution, so the graph must not be reordered or pruned.
    """
    graph = fx.Graph()
    values = {number: _placeholder(graph, trace, number) for number in tensors_before(trace)}
    for index, call in enumerate(trace.calls):
        node = _node(graph, call, values)
        node.meta |= {"scope": call.scope, "phase": call.phase.value, "call": index}
        _bind_outputs(graph, node, call, values)
    kept = [number for number in values if trace.storages[trace.tensors[number].storage].died is None]
    graph.output(tuple([values[number] for number in kept])).meta["tensors"] = tuple(kept)
    return graph


def replay(trace: Trace, values: Mapping[int, torch.Tensor]) -> dict[int, torch.Tensor]:
    """Run the steady step on real tensors.

    Args:
        trace: the step.
        values: by tensor id, what :func:`tensors_before` lists. The step's in-place ops write into them.

    Returns:
        By tensor id, every tensor that outlives the step: new parameters, buffers, gradients, optimizer state.

    Raises:
        KeyError: a tensor of :func:`tensors_before` has no value.
    """
    graph = to_fx(trace)
    module = fx.GraphModule(torch.nn.Module(), graph)
    kept = next(node for node in reversed(graph.nodes) if node.op == "output").meta["tensors"]
    with torch.no_grad():  # the graph has its own backward
        results = fx.Interpreter(module).run(*[values[number] for number in tensors_before(trace)])
    return dict(zip(kept, results, strict=True))


def tensors_before(trace: Trace) -> tuple[int, ...]:
    """Ids of the tensors that the step reads before it writes them, in order of first use."""
    made: set[int] = set()
    before: dict[int, None] = {}
    for call in trace.calls:
        before.update(dict.fromkeys(number for number in call.inputs if number not in made))
        made.update(number for number in call.outputs if number is not None)
    return tuple(before)


def _placeholder(graph: fx.Graph, trace: Trace, number: int) -> fx.Node:
    node = graph.placeholder(f"{trace.role(number).value}_{number}")
    node.meta["tensors"] = (number,)
    return node


def _node(graph: fx.Graph, call: OpCall, values: Mapping[int, fx.Node]) -> fx.Node:
    """The call itself: positional arguments as the schema allows, the rest by name."""
    target = resolve(call.op)
    arguments = [(name, decode(value, values.__getitem__)) for name, value in call.arguments]
    positional = [a.name for a in target._schema.arguments if not a.kwarg_only]
    leading = sum(1 for _ in _common_prefix(positional, [name for name, _ in arguments]))
    args = tuple([value for _, value in arguments[:leading]])
    return graph.call_function(target, args, dict(arguments[leading:]))


def _common_prefix(first: list[str], second: list[str]) -> Iterator[str]:
    for one, other in zip(first, second, strict=False):
        if one != other:
            return
        yield one


def _bind_outputs(graph: fx.Graph, node: fx.Node, call: OpCall, values: dict[int, fx.Node]) -> None:
    """From now on the call's outputs are read from its node, one ``getitem`` each if there are several."""
    returns = node.target._schema.returns  # type: ignore[union-attr]  # resolve() gives an OpOverload
    if len(returns) == 1 and str(returns[0].type) == "Tensor":
        values.update((number, node) for number in call.outputs if number is not None)
        return
    for position, number in enumerate(call.outputs):
        if number is not None:
            values[number] = graph.call_function(operator.getitem, (node, position))
            values[number].meta |= node.meta
