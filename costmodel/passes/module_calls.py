"""What each module is called with, and from which line: bytes, shapes, and the user's code."""

from __future__ import annotations

from costmodel.ir.trace import Trace


def module_io(trace: Trace) -> dict[str, tuple[int, int, str]]:
    """Bytes of a module's inputs and outputs in its largest call, the whole batch, and the shapes of the first ones."""
    result: dict[str, tuple[int, int, str]] = {}
    for call in trace.module_calls:
        found = (
            sum(trace.tensors[i].nbytes for i in call.inputs),
            sum(trace.tensors[i].nbytes for i in call.outputs),
            " → ".join(_shape(trace, ids) for ids in (call.inputs, call.outputs) if ids),
        )
        result[call.path] = max(result.get(call.path, found), found, key=lambda io: io[0] + io[1])
    return result


def _shape(trace: Trace, ids: tuple[int, ...]) -> str:
    return "x".join(map(str, trace.tensors[ids[0]].shape)) or "a number"


def first_lines(trace: Trace) -> dict[str, str]:
    """The first line that calls each module, or an op of its own."""
    places: dict[str, str] = {}
    for call in trace.module_calls:
        if call.where:
            places.setdefault(call.path, call.where)
    for op in trace.calls:
        if op.where:
            places.setdefault(op.scope, op.where)
    return places
