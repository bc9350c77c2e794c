"""The layers that are another after a change, the fitted ones around it too: what a person has to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from costmodel.ir.tips import LayerEdit
from costmodel.ir.trace import ModuleCall, Trace

Leaves = Mapping[str, str]
"""Innermost layers by their paths, each as torch writes it."""


def edits(before: Leaves, after: Leaves, trace: Trace, trace_after: Trace) -> Iterator[LayerEdit]:
    """In the order of the network.

    Args:
        before: the layers of the network.
        after: those of the changed one.
        trace: inference of the network, which knows the lines that call the layers, and their shapes.
        trace_after: of the changed one.
    """
    calls, calls_after = _calls(trace), _calls(trace_after)
    for path in dict.fromkeys(_place(path, before, after) for path in (*before, *after)):
        was, becomes = _inside(path, before), _inside(path, after)
        if was != becomes:
            call, call_after = calls.get(path), calls_after.get(path)
            gives = (_gives(call, trace), _gives(call_after, trace_after))
            yield LayerEdit(layer=path, where=_where(path, calls), was=was, becomes=becomes, gives=gives)


def _calls(trace: Trace) -> dict[str, ModuleCall]:
    return {call.path: call for call in trace.module_calls}


def _where(path: str, calls: Mapping[str, ModuleCall]) -> str:
    """The line that calls a layer; of a part, that of the first layer in it."""
    inside = (call.where for layer, call in calls.items() if layer == path or layer.startswith(f"{path}."))
    return next(filter(None, inside), "")


def _place(path: str, before: Leaves, after: Leaves) -> str:
    """A layer, or the smallest part around it that both networks have."""
    while path and not (_has(path, before) and _has(path, after)):
        path = path.rpartition(".")[0]
    return path


def _has(path: str, leaves: Leaves) -> bool:
    return path in leaves or any(leaf.startswith(f"{path}.") for leaf in leaves)


def _inside(path: str, leaves: Leaves) -> str:
    """A layer; those inside a part one after the other."""
    if path in leaves:
        return leaves[path]
    return ", ".join(text for leaf, text in leaves.items() if not path or leaf.startswith(f"{path}."))


def _gives(call: ModuleCall | None, trace: Trace) -> str:
    if call is None or not call.outputs:
        return ""
    return "×".join(map(str, trace.tensors[call.outputs[0]].shape[1:]))
