"""What a recorded step allocates on CUDA, call by call: births and deaths of storages, in bytes and in order.

The step was recorded on the CPU. What CUDA does otherwise is changed here, one function each; kernels' workspaces are
added in :mod:`.workspaces`.
"""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.backends.gpu.memory.lockstep import Moment, in_lockstep
from costmodel.backends.gpu.memory.workspaces import on_cuda
from costmodel.ir.tensor import Role, Storage, item_bytes
from costmodel.ir.trace import Trace
from costmodel.ops import traits_of

_EVEN_LENGTHS = 32
"""Attention without flash keeps the row sums of softmax for a multiple of this many queries (kAlignLSE in torch)."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step as the allocator sees it; storages are named by their ids in the trace.

    Attributes:
        nbytes: bytes of each storage on the card.
        weights: parameters and buffers, alive for ever.
        inputs: the batch.
        state: what the optimizer makes in the first step and keeps.
        moments: the calls of the steady step.
        outputs: what the model returned, which most scripts hold until the step's end.
        left: storages made in the step that outlive it (gradients, until they are set to None).
    """

    nbytes: dict[int, int]
    weights: list[int]
    inputs: list[int]
    state: list[int]
    moments: list[Moment]
    outputs: list[int]
    left: list[int]


def step_on_cuda(trace: Trace, *, flash: bool) -> Step:
    """The recorded step as CUDA allocates it.

    Args:
        trace: of a training step or an inference.
        flash: whether attention in half precision runs as flash attention (Ampere and later).
    """
    nbytes = {s.id: s.nbytes for s in trace.storages}
    # what the very first step alone had is numbered too, and never lives in the steady one
    living = [s for s in trace.storages if s.died is None or s.died > s.born]
    deaths = {s.id: s.died for s in living}
    births = {s.id: s.born for s in living}
    _norm_statistics(trace, nbytes)
    _dropout_masks(trace, nbytes)
    _softmax_in_one(trace, nbytes, births)
    _row_sums(trace, nbytes, flash=flash)
    before = [s for s in living if s.born < 0 and s.died is None]
    state = [s.id for s in before if s.role is Role.OPTIMIZER_STATE and not _on_the_host(s)]
    inputs = [s.id for s in living if s.born < 0 and s.role is Role.INPUT]
    weights = [s.id for s in before if s.role in (Role.PARAMETER, Role.BUFFER)]
    told = {*state, *inputs, *weights}
    weights += [s.id for s in living if s.born < 0 and s.id not in told and not _on_the_host(s)]
    return Step(
        nbytes=nbytes,
        weights=weights,
        inputs=inputs,
        state=state,
        moments=in_lockstep(trace, _moments(trace, births, deaths), nbytes),
        outputs=_outputs(trace),
        left=[s.id for s in living if s.born >= 0 and (s.died is None or s.died >= len(trace.calls))],
    )


def _moments(trace: Trace, births: dict[int, int], deaths: dict[int, int | None]) -> list[Moment]:
    moments = [Moment(call) for call in trace.calls]
    for number, born in births.items():
        if 0 <= born < len(moments):
            moments[born].new.append(number)
    for number, died in deaths.items():
        if died is not None and died < len(moments) and births[number] >= 0:
            moments[died].gone.append(number)
    return moments


def _on_the_host(storage: Storage) -> bool:
    """A number from before the step: Adam's counters stay on the host unless it is fused or capturable."""
    return storage.nbytes <= 8


def _outputs(trace: Trace) -> list[int]:
    returned = [o for call in trace.module_calls if call.path == "" for o in call.outputs]
    return sorted({trace.tensors[o].storage for o in returned} - {trace.tensors[i].storage for i in trace.inputs})


def _norm_statistics(trace: Trace, nbytes: dict[int, int]) -> None:
    """A batch norm of halves keeps mean and deviation in float32, of which the CPU keeps halves."""
    for call in trace.calls:
        if on_cuda(call.packet) == "batch statistics":
            for output in call.outputs[1:3]:
                if output is not None and item_bytes(trace.tensors[output].dtype) == 2:
                    nbytes[trace.tensors[output].storage] = 4 * trace.tensors[output].meta.numel


def _dropout_masks(trace: Trace, nbytes: dict[int, int]) -> None:
    """Dropout's mask is of bools; the CPU keeps it as numbers."""
    for call in trace.calls:
        if traits_of(call.packet).draws_mask and call.packet.endswith("_"):
            for written in call.written:
                tensor = trace.tensors[written]
                nbytes[tensor.storage] = min(nbytes[tensor.storage], tensor.meta.numel)


def _softmax_in_one(trace: Trace, nbytes: dict[int, int], births: dict[int, int]) -> None:
    """Under autocast softmax reads halves and writes float32 by itself, and its gradient comes out as halves.

    The CPU copies to float32 before, and back after: neither copy is made.
    """
    widened: set[int] = set()
    gradients: dict[int, int] = {}
    for number, call in enumerate(trace.calls):
        if on_cuda(call.packet) == "softmax":
            source = trace.tensors[call.inputs[0]].storage
            if source in widened:
                nbytes[source] = 0
        elif on_cuda(call.packet) == "gradient of softmax" and call.written:
            gradients[trace.tensors[call.written[0]].storage] = number
        elif len(call.inputs) == len(call.written) == 1:  # a cast has one operand, and its result another type
            read, written = trace.tensors[call.inputs[0]], trace.tensors[call.written[0]]
            if item_bytes(read.dtype) == 2 and written.dtype == "float32":
                widened.add(written.storage)
            elif read.dtype == "float32" and item_bytes(written.dtype) == 2 and read.storage in gradients:
                nbytes[read.storage] = 0
                births[written.storage] = gradients[read.storage]


def _row_sums(trace: Trace, nbytes: dict[int, int], *, flash: bool) -> None:
    """Attention without flash pads the row sums that it keeps for backward."""
    for call in trace.calls:
        if on_cuda(call.packet) == "row sums" and len(call.outputs) > 1:
            output, sums = call.outputs[0], call.outputs[1]
            if output is None or sums is None:
                continue
            half = item_bytes(trace.tensors[output].dtype) == 2
            tensor = trace.tensors[sums]
            if not (half and flash) and len(tensor.shape) == 3:
                batch, heads, length = tensor.shape
                nbytes[tensor.storage] = 4 * batch * heads * -(-length // _EVEN_LENGTHS) * _EVEN_LENGTHS
