"""Trace → Schedule: the calls of a phase in order, with the words that each moves and the work beside its nests.

A nest of m multiply-accumulates is m multiplies and up to m adds (a dot product of length K has K − 1, a bias makes it
K; the windows of an input gradient are added up). What a call with nests does beyond these (the softmax inside an
attention, the gates of a recurrent cell) is work beside them, on operands that the mapping has moved already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from costmodel.ir.counts import CountRow, Counts
from costmodel.ir.schedule import Held, Operand, Schedule, ScheduledCall
from costmodel.ir.tensor import TensorSpec, item_bytes
from costmodel.ir.trace import OpCall, Trace
from costmodel.ir.work import ZERO, ScalarOps, Work
from costmodel.ops import lookup, traits_of
from costmodel.ops.pointwise import PointwiseFormula
from costmodel.passes.lower import PARTS_OF
from costmodel.passes.summary import layer_name
from costmodel.passes.traffic import Moved, operands, sizes_of


def schedule(trace: Trace, counts: Counts, phase: str = "inference") -> Schedule:
    """The calls of the forward pass (``inference``) or of a whole step (``training``); ``counts`` are the trace's."""
    made = _Made(trace)
    parts = PARTS_OF[phase]
    rows = zip(trace.calls, counts.rows, strict=True)
    calls = [made.call(call, row) for call, row in rows if row.part in parts]
    return Schedule(calls=tuple(c for c in calls if _does_something(c)), held=tuple(made.held()))


def _does_something(call: ScheduledCall) -> bool:
    return bool(call.reads or call.writes)  # work without words is none


class _Made:
    """Memory is numbered in the order in which calls first touch it."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._sizes = sizes_of(trace)
        self._numbers: dict[int, int] = {}
        self._largest: dict[int, TensorSpec] = {}
        for tensor in trace.tensors:
            known = self._largest.get(tensor.storage)
            if known is None or _words(tensor, tensor.nbytes) > _words(known, known.nbytes):
                self._largest[tensor.storage] = tensor

    def call(self, call: OpCall, row: CountRow) -> ScheduledCall:
        read, written = operands(call, self._trace, self._sizes)
        work = ZERO if row.work is None else row.work
        beside = beyond_nests(work)
        return ScheduledCall(
            part=row.part,
            layer=layer_name(row.scope),
            op=row.op,
            mapped=bool(work.nests),
            in_nests=work.scalar_ops.total - beside.total,
            beside=beside,
            elementwise=_is_elementwise(call),
            reads=self._operands(read),
            writes=self._operands(written),
        )

    def held(self) -> Iterator[Held]:
        lives = {storage.id: storage for storage in self._trace.storages}
        for number in self._numbers:
            largest, life = self._largest[number], lives.get(number)
            yield Held(
                words=_words(largest, largest.nbytes),
                nbytes=largest.nbytes,
                before=life is not None and life.born < 0,
                after=life is None or life.died is None,
            )

    def _operands(self, moved: Moved) -> tuple[Operand, ...]:
        found = []
        for number, nbytes in moved:
            tensor = self._trace.tensors[number]
            place = self._numbers.setdefault(tensor.storage, len(self._numbers))
            if nbytes:
                found.append(Operand(held=place, words=_words(tensor, nbytes), nbytes=nbytes))
        return tuple(found)


def _is_elementwise(call: OpCall) -> bool:
    """Whether each element of the result needs one element of each operand (or one of its channel)."""
    unless = traits_of(call.packet).elementwise_unless
    if unless:
        return dict(call.arguments).get(unless) is False
    return isinstance(lookup(call.packet), PointwiseFormula)


def _words(tensor: TensorSpec, nbytes: int) -> int:
    """Elements in so many bytes of a tensor; a complex number is two."""
    return nbytes // item_bytes(tensor.dtype) * (2 if tensor.dtype.startswith("complex") else 1)


def beyond_nests(work: Work) -> ScalarOps:
    """The operations of a call that are not the multiplies and adds of its nests."""
    ops, macs = work.scalar_ops, work.macs
    return replace(ops, multiply=ops.multiply - macs, add=max(0, ops.add - macs))
