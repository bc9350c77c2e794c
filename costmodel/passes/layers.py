"""Layers of the forward pass, and the activations that each reads and writes.

A layer is the call of a leaf module, or an op outside any. A leaf of the program's own that executes more than one loop
nest is no layer: it holds a network, and each op in it counts by itself. An activation is what derives from the batch,
wherever it is kept: handed on as an argument, in an object or an attribute, or written into a buffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from costmodel.ir.tensor import Role
from costmodel.ir.trace import ModuleCall, OpCall, Phase, Trace
from costmodel.passes.derivation import carried, derived, is_view
from costmodel.passes.work import works_of

_KEPT = (Role.PARAMETER, Role.BUFFER)
_TORCHS_OWN = "torch."
_BEFORE_BACKWARD = (Phase.FORWARD, Phase.LOSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCall:
    """One layer at work: its name and line, and the tensors that it reads and writes, each once.

    ``is_aside``: a view that no op before backward names, as autograd's own ``detach`` of a result that it
    keeps for backward.
    """

    name: str
    where: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    is_aside: bool = False


def layer_calls(trace: Trace) -> Iterator[LayerCall]:
    """Every layer of the forward pass: first the modules, as they return, then the ops outside them."""
    flow = _Flow(trace)
    inside: set[int] = set()
    for call in _leaf_calls(trace):
        inside.update(range(call.first, call.last))
        yield flow.of_module(call)
    for index, op in enumerate(trace.calls):
        if op.phase is Phase.FORWARD and index not in inside and not looks_at_kept(op, trace):
            yield flow.of_op(index, op)


def _leaf_calls(trace: Trace) -> Iterator[ModuleCall]:
    """Calls of leaf modules that are layers."""
    leaves = {module.path: module for module in trace.modules if module.leaf}
    for call in trace.module_calls:
        if call.path in leaves:
            own = not leaves[call.path].type.startswith(_TORCHS_OWN)
            if not (own and _nests(trace, call) > 1):
                yield call


def _nests(trace: Trace, call: ModuleCall) -> int:
    works = works_of(trace, trace.calls[call.first : call.last])
    return sum(times for work in works if work is not None for _, times in work.nests)


def looks_at_kept(op: OpCall, trace: Trace) -> bool:
    """True for a view of weights or of what a network keeps: who reads what it names is another op."""
    return is_view(op, trace) and all(trace.role(number) in _KEPT for number in op.inputs)


def op_name(op: OpCall) -> str:
    """An op with the module that it runs in."""
    name = op.packet.removeprefix("aten.")
    return f"{op.scope}.{name}" if op.scope else name


class _Flow:
    """The data of the batch in the forward pass: which storages hold it before each call, and who reads them last."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._named = {number for call in trace.calls if call.phase in _BEFORE_BACKWARD for number in call.inputs}
        self._read: list[set[int]] = []
        self._last_reader: dict[int, int] = {}
        batch = {trace.tensors[number].storage for number in trace.inputs}
        for index, (call, _, read) in enumerate(derived(trace, batch, (Phase.PREPROCESS, Phase.FORWARD))):
            self._read.append(read)
            if call.phase is Phase.FORWARD:
                # a view only names what somebody may read
                reading = set() if is_view(call, trace) else carried(call, trace)
                self._last_reader.update(dict.fromkeys(reading, index))

    def of_op(self, index: int, op: OpCall) -> LayerCall:
        read = self._read[index]
        outputs = [number for number in op.outputs if number is not None and (read or not self._is_kept(number))]
        is_aside = is_view(op, self._trace) and not self._named.intersection(outputs)
        taken = self._activations(op.inputs, read)
        return LayerCall(
            name=op_name(op), where=op.where, inputs=taken, outputs=tuple(_once(outputs)), is_aside=is_aside
        )

    def of_module(self, call: ModuleCall) -> LayerCall:
        inside = range(call.first, call.last)
        read = set().union(*(self._read[index] for index in inside))
        handed = {self._trace.tensors[number].storage for number in (*call.inputs, *call.outputs)}
        taken: dict[int, int] = {}
        left: dict[int, int] = {}
        for index in inside:
            op = self._trace.calls[index]
            if is_view(op, self._trace):
                continue
            for number in op.inputs:
                storage = self._trace.tensors[number].storage
                if storage in self._read[index] and storage not in handed and storage not in left:
                    self._keep_larger(taken, number)
            for number in op.written if self._read[index] else ():
                if self._trace.tensors[number].storage not in handed:
                    self._keep_larger(left, number)
        read_later = [n for storage, n in left.items() if self._last_reader.get(storage, -1) >= call.last]
        return LayerCall(
            name=call.path,
            where=call.where,
            inputs=(*self._activations(call.inputs, read), *taken.values()),
            outputs=tuple(_once([*call.outputs, *read_later])),
        )

    def _keep_larger(self, found: dict[int, int], number: int) -> None:
        storage = self._trace.tensors[number].storage
        known = found.get(storage)
        if known is None or self._trace.tensors[known].meta.numel < self._trace.tensors[number].meta.numel:
            found[storage] = number

    def _activations(self, numbers: tuple[int, ...], read: set[int]) -> tuple[int, ...]:
        """Without weights and what a network keeps, unless data of the batch was put there."""
        return tuple(_once([n for n in numbers if not self._is_kept(n) or self._trace.tensors[n].storage in read]))

    def _is_kept(self, number: int) -> bool:
        return self._trace.role(number) in _KEPT


def _once(numbers: list[int]) -> dict[int, None]:
    return dict.fromkeys(numbers)
