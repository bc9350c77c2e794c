"""Selections: what an op picks by data instead of computing it. No operations, but a network can be made of them.

Two kinds: logic on booleans and bits, an element each; and look-ups by an index that was computed from numbers of the
batch, in a table that the batch did not make, as many as elements are taken. An embedding of given tokens is neither.
"""

from __future__ import annotations

from costmodel.ir.trace import OpCall, Trace
from costmodel.ops import traits_of
from costmodel.passes.derivation import derived, made_by, table_of


def selections(trace: Trace) -> int:
    """Elements that the step selects by data of the batch."""
    batch = {trace.tensors[number].storage for number in trace.inputs}
    from_numbers: set[int] = set()
    total = 0
    for call, from_batch, read in derived(trace, batch):
        if read & from_numbers or any(_is_floating(number, read, trace) for number in call.inputs):
            from_numbers |= made_by(call, trace)
        if read:
            total += _selected(call, trace, from_batch, from_numbers)
    return total


def _is_floating(number: int, read: set[int], trace: Trace) -> bool:
    tensor = trace.tensors[number]
    return tensor.storage in read and tensor.meta.is_floating


def _selected(call: OpCall, trace: Trace, from_batch: set[int], from_numbers: set[int]) -> int:
    made = [trace.tensors[number] for number in call.written]
    if traits_of(call.packet).bitwise and all(tensor.dtype == "bool" for tensor in made):
        return sum(tensor.meta.numel for tensor in made)  # on integers it is arithmetic
    table, indices = ({trace.tensors[i].storage for i in ids} for ids in table_of(call))
    if table and indices & from_numbers and not table & from_batch:
        return sum(tensor.meta.numel for tensor in made)
    return 0
