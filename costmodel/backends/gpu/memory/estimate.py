"""The memory of a trace on a card: three replays in the allocator, at the low end, the median and the high end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from costmodel.backends.gpu.memory.constants import ENDS, End, at, constants
from costmodel.backends.gpu.memory.moments import Step, step_on_cuda
from costmodel.backends.gpu.memory.replay import Peaks, replay
from costmodel.backends.gpu.memory.workspaces import Shares, Workspaces
from costmodel.errors import UsageError
from costmodel.hardware.gpu.spec import GpuSpec
from costmodel.hardware.gpu.spec import SourcedRange as Range
from costmodel.ir.gpu_memory import GpuMemory, MemoryPart, MemoryUnknown
from costmodel.ir.interval import Interval
from costmodel.ir.phase import Phase
from costmodel.ir.trace import Trace

_TENSOR_CORES_FOR_TF32 = ("ampere", "ada", "hopper", "blackwell")
_FLASH = _TENSOR_CORES_FOR_TF32
_EAGER_LATEST = ("kepler", "maxwell", "pascal", "volta", "turing", "ampere")
"""Architectures that a torch without lazy loading of kernels knows."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is known of the script that trains; None is unknown, and widens the interval.

    Attributes:
        outputs_held: it holds what the model returned until the step's end (``out = model(x)`` in a loop does).
        data_on_card: the batch stays on the card, and no loader brings the next one meanwhile.
        cudnn_benchmark: cuDNN tries its algorithms first.
        lazy_loading: kernels are loaded as they are used (torch 1.13 with CUDA 11.7, and later).
        tf32: convolutions in TF32 where the card has it (torch's default).
    """

    outputs_held: bool | None = None
    data_on_card: bool | None = None
    cudnn_benchmark: bool | None = None
    lazy_loading: bool | None = None
    tf32: bool = True


def estimate_memory(trace: Trace, card: GpuSpec, script: Script | None = None) -> GpuMemory:
    """Peak memory of a training or an inference on a card.

    Args:
        trace: of one step; one without an optimizer and without backward is an inference.
        card: the GPU.
        script: what is known of the script.

    Raises:
        UsageError: the machine is a processor.
    """
    total = card.memory_bytes
    if total is None:
        raise UsageError(f"{card.name} is a processor, whose memory is the host's: name a GPU")
    known = script or Script()
    step = step_on_cuda(trace, flash=card.architecture in _FLASH)
    peaks = {end: _peaks(trace, step, card, known, end) for end in ENDS}
    context = _context(card, known)
    batch = _next_batch(peaks["median"], known)
    reserved = _widened(_interval({end: peaks[end].reserved for end in ENDS}), constants().residual)
    allocated = _widened(_interval({end: peaks[end].allocated for end in ENDS}), constants().blocks)
    return GpuMemory(
        card=card.name,
        card_total_bytes=total,
        phase="training" if any(call.phase is Phase.BACKWARD for call in trace.calls) else "inference",
        requested_bytes=_widened(_interval({end: peaks[end].requested for end in ENDS}), constants().blocks),
        allocated_bytes=allocated,
        reserved_bytes=reserved,
        card_bytes=reserved + context + batch,
        parts=_parts(peaks, reserved, context, batch),
        unknowns=_unknowns(trace, step, card, known, reserved, context, batch),
    )


def _interval(found: Mapping[End, float]) -> Interval:
    # the allocator may reserve less where more is asked for: an end is never on the wrong side of the median
    median = found["median"]
    return Interval(low=min(found["low"], median), median=median, high=max(found["high"], median))


def _widened(found: Interval, by: Range) -> Interval:
    """The interval, at least as wide around its median as measurements spread around an estimate."""
    low, high = (at(by, end) * found.median for end in ("low", "high"))
    return Interval(low=min(found.low, low), median=found.median, high=max(found.high, high))


def _peaks(trace: Trace, step: Step, card: GpuSpec, script: Script, end: End) -> Peaks:
    held = script.outputs_held if script.outputs_held is not None else end != "low"
    twice = script.data_on_card is not True and end == "high"
    return replay(step, _workspaces(trace, card, script, end), outputs_held=held, inputs_twice=twice)


def _workspaces(trace: Trace, card: GpuSpec, script: Script, end: End) -> Workspaces:
    found = constants()
    tensor_cores = script.tf32 and card.architecture in _TENSOR_CORES_FOR_TF32
    by_kind = found.workspaces.tensor_cores if tensor_cores else found.workspaces.fp32
    halves = found.workspaces.tensor_cores
    shares = {kind: at(each, end) for kind, each in by_kind.items()}
    # with the search every algorithm is tried once, also the hungriest
    searching: End = "high" if script.cudnn_benchmark and end == "median" else end
    searched = {kind: at(each, searching) for kind, each in by_kind.items()}
    room = int(at(found.workspaces.room, searching) * (card.memory_bytes or 0))
    return Workspaces(
        trace=trace,
        cublas=int(found.cublas.get(card.architecture, found.cublas["default"]).value),
        cublas_lt=int(found.cublas_lt.value),
        shares=Shares(searched, shares, {kind: at(each, end) for kind, each in halves.items()}),
        room=room,
    )


def _context(card: GpuSpec, script: Script) -> Interval:
    """CUDA's context: of one way to load kernels if it is known, else both between the ends."""
    found = constants().context
    lazy = _bytes(found.lazy["any"])
    if card.architecture not in _EAGER_LATEST or script.lazy_loading is True:
        return lazy
    eager = _bytes(found.eager[card.architecture])
    if script.lazy_loading is False:
        return eager
    return Interval(low=min(lazy.low, eager.low), median=eager.median, high=max(lazy.high, eager.high))


def _bytes(mebibytes: Range) -> Interval:
    return Interval(**{end: at(mebibytes, end) * 2**20 for end in ENDS})


def _next_batch(peaks: Peaks, script: Script) -> Interval:
    """Copies of the next batch on a loader's own stream: torch's caching allocator keeps segments for each stream."""
    if script.data_on_card is True:
        return Interval.exactly(0)
    found = constants().next_batch
    return Interval(**{end: at(found, end) * peaks.inputs for end in ENDS})


def _parts(
    peaks: Mapping[End, Peaks], reserved: Interval, context: Interval, batch: Interval
) -> tuple[MemoryPart, ...]:
    """What there is at the median: always there, alive at the peak, kept by the allocator, outside of it."""
    middle = peaks["median"]
    fixed = (
        ("parameters and buffers", middle.weights, "the trace, in blocks of 512 bytes"),
        ("state of the optimizer", middle.state, "the trace, in blocks of 512 bytes"),
        ("the batch", middle.inputs, "the trace, in blocks of 512 bytes"),
        ("cuBLAS workspaces", middle.persistent, "one for each thread that multiplies"),
    )
    steady = sum(nbytes for _, nbytes, _ in fixed)
    exact = tuple(MemoryPart(name=name, nbytes=Interval.exactly(n), basis=basis) for name, n, basis in fixed if n)
    alive = _interval({end: max(0, peaks[end].allocated - steady) for end in ENDS})
    rest = Interval(
        low=min(max(0, reserved.low - steady - alive.low), reserved.median - steady - alive.median),
        median=reserved.median - steady - alive.median,
        high=max(reserved.high - steady - alive.high, reserved.median - steady - alive.median),
    )
    return (
        *exact,
        MemoryPart(
            name="activations, gradients, temporaries and workspaces at the peak",
            nbytes=alive,
            basis="lifetimes of the trace, replayed",
        ),
        MemoryPart(
            name="reserved by the allocator and not in use at the peak",
            nbytes=rest,
            basis="torch's caching allocator, simulated",
        ),
        MemoryPart(name="the next batch, of a loader", nbytes=batch, basis="fitted"),
        MemoryPart(name="CUDA context and kernels", nbytes=context, basis="by architecture and age of the software"),
    )


def _unknowns(
    trace: Trace,
    step: Step,
    card: GpuSpec,
    script: Script,
    reserved: Interval,
    context: Interval,
    batch: Interval,
) -> tuple[MemoryUnknown, ...]:
    """How much of the width goes if one thing were known."""
    found = [("how kernels are loaded (age of torch and CUDA), and by which driver", context.high - context.low)]
    if script.data_on_card is None:
        found.append(("whether a loader brings the next batch meanwhile", batch.high - batch.low))
    if script.outputs_held is None and step.outputs:
        dropped = replay(step, _workspaces(trace, card, script, "median"), outputs_held=False, inputs_twice=False)
        found.append(("whether the script holds the model's output", reserved.median - dropped.reserved))
    found.append(
        ("workspaces, by the algorithms that cuDNN takes, and fragments of segments", reserved.high - reserved.low)
    )
    ordered = sorted(found, key=lambda each: -each[1])
    return tuple(MemoryUnknown(what=what, nbytes=nbytes) for what, nbytes in ordered if nbytes > 0)
