"""Bytes that each call reads and writes, every tensor from and to memory (no cache, no fusion)."""

from __future__ import annotations

from costmodel.ir.trace import OpCall, Trace

_READS_WHAT_IT_WRITES = frozenset(
    {"aten.embedding", "aten.gather", "aten.index", "aten.index_select", "aten.slice_copy"}
)
"""Look-ups read one element per element of their result, not the whole table."""


def bytes_moved(call: OpCall, trace: Trace) -> tuple[int, int]:
    """Bytes read and written by a call.

    A view moves nothing; a new tensor without content (``empty``) neither; distinct input tensors are read once;
    a look-up reads its indices and as many elements as it returns.
    """
    tensors = trace.tensors
    inputs = dict.fromkeys(call.inputs)
    outputs = [i for i in dict.fromkeys(call.outputs) if i is not None]
    if call.packet.startswith("aten.empty") or call.packet.startswith("aten.new_empty"):
        return 0, 0
    shared = {tensors[i].storage for i in inputs}
    in_place = call.packet.endswith("_")
    if not in_place and outputs and all(tensors[i].storage in shared for i in outputs):
        return 0, 0
    written = sum(tensors[i].nbytes for i in (outputs or ([call.inputs[0]] if in_place and inputs else [])))
    if call.packet in _READS_WHAT_IT_WRITES:
        table = call.inputs[0]
        return written + sum(tensors[i].nbytes for i in inputs if i != table), written
    return sum(tensors[i].nbytes for i in inputs), written
