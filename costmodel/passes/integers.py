"""Arithmetic on integers that carry data of the batch (COUNTING row 15).

Index arithmetic is free: it works out positions, from shapes or from tables that a network holds. Integers that derive
from the batch's values are numbers like others, whether ``+``, ``*`` or ``^ & | << >>`` works on them: the formula of
the op counts as for floats. What results in booleans selects, and stays free.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.ir.tensor import TensorMeta, TensorSpec
from costmodel.ir.trace import OpCall, Phase, TensorRef, Trace
from costmodel.ir.work import ZERO, ScalarOps, Work
from costmodel.ops import lookup
from costmodel.ops.formula import UnknownFormError
from costmodel.passes.derivation import derived


def integer_work(trace: Trace) -> Iterator[tuple[int, Work]]:
    """(index of the call, its work) for every call that computes with integers of the batch's data."""
    if not any(_on_integers(call, trace) for call in trace.calls):
        return
    seeds = {trace.tensors[number].storage for number in trace.inputs}
    for index, (call, _, read) in enumerate(derived(trace, seeds)):
        if read and call.phase is not Phase.OPTIMIZER and _on_integers(call, trace):
            work = _as_if_floats(call, trace)
            if work != ZERO:
                yield index, work


def _on_integers(call: OpCall, trace: Trace) -> bool:
    """True if an op has integers or booleans alone, and gives numbers."""
    tensors = _tensors(call, trace)
    results = [trace.tensors[number] for number in call.written]
    return not any(t.meta.is_floating for t in tensors) and any(t.dtype != "bool" for t in results)


def _tensors(call: OpCall, trace: Trace) -> list[TensorSpec]:
    return [trace.tensors[number] for number in (*call.inputs, *call.written)]


def _as_if_floats(call: OpCall, trace: Trace) -> Work:
    """The op's own formula on tensors of the same shapes that are floats."""
    entry = lookup(call.packet)
    if entry is None:
        return ZERO  # it is uncounted, and stays so
    outputs = tuple(None if i is None else _as_float(trace.tensors[i].meta) for i in call.outputs)
    if entry.traits.bitwise:
        made = sum(meta.numel for meta in outputs if meta is not None)
        return Work(scalar_ops=ScalarOps(compare=made))
    arguments = {name: _argument(value, trace) for name, value in call.arguments}
    try:
        return entry(arguments, outputs[0] if len(outputs) == 1 else outputs)
    except UnknownFormError:
        return ZERO


def _argument(value: Any, trace: Trace) -> Any:
    if isinstance(value, TensorRef):
        return _as_float(trace.tensors[value.tensor].meta)
    return tuple([_argument(item, trace) for item in value]) if isinstance(value, tuple) else value


def _as_float(meta: TensorMeta) -> TensorMeta:
    return meta if meta.dtype == "bool" else TensorMeta(meta.shape, "float32")
