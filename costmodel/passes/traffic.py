"""Bytes that each call reads and writes, every tensor from and to memory (no cache, no fusion)."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.ir.trace import OpCall, Trace, tensor_ids
from costmodel.ops import traits_of


def sizes_of(trace: Trace) -> list[int]:
    """Bytes of every tensor of a trace, by its id."""
    known: dict[tuple[tuple[int, ...], str], int] = {}
    sizes = []
    for tensor in trace.tensors:
        kind = (tensor.shape, tensor.dtype)
        if kind not in known:
            known[kind] = tensor.nbytes
        sizes.append(known[kind])
    return sizes


def bytes_moved(call: OpCall, trace: Trace, sizes: Sequence[int] | None = None) -> tuple[int, int]:
    """Bytes read and written by a call: the sums of its :func:`operands`."""
    read, written = operands(call, trace, sizes)
    return sum([nbytes for _, nbytes in read]), sum([nbytes for _, nbytes in written])


Moved = list[tuple[int, int]]
"""Tensors, each with the bytes that move of it."""


def operands(call: OpCall, trace: Trace, sizes: Sequence[int] | None = None) -> tuple[Moved, Moved]:
    """What a call reads and what it writes; ``sizes`` are those of the trace, for who asks about many calls.

    A view moves nothing; a new tensor without content (``empty``) neither; distinct input tensors are read once;
    a look-up reads its indices and as many elements as it returns.
    """
    traits = traits_of(call.packet)
    if traits.allocates:
        return [], []
    tensors = trace.tensors
    sizes = sizes_of(trace) if sizes is None else sizes
    inputs = dict.fromkeys(call.inputs)
    outputs = [i for i in dict.fromkeys(call.outputs) if i is not None]
    shared = {tensors[i].storage for i in inputs}
    in_place = call.packet.endswith("_")
    if not in_place and outputs and all(tensors[i].storage in shared for i in outputs):
        return [], []
    # a list that is updated in place (``_foreach_add_``) is written as a whole
    written = [(i, sizes[i]) for i in (outputs or (dict.fromkeys(call.written) if in_place and inputs else []))]
    if traits.looks_up:
        tables = [i for name, value in call.arguments if name == traits.looks_up for i in tensor_ids(value)]
        taken = sum([nbytes for _, nbytes in written])
        return [*((i, taken) for i in tables[:1]), *((i, sizes[i]) for i in inputs if i not in tables)], written
    return [(i, sizes[i]) for i in inputs], written
