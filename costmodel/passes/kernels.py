"""Trace → kernels: what a GPU does for each call, with the shapes of its matrix products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod

from costmodel.ir.counts import CountRow, Counts
from costmodel.ir.kernel import Kernel, KernelKind, PhaseKernels, Product
from costmodel.ir.loopnest import LoopNest, Rank
from costmodel.ir.phase import Phase
from costmodel.ir.trace import OpCall, Trace, tensor_ids
from costmodel.ir.training import TracedPhase, Training
from costmodel.ops import lookup
from costmodel.passes.work import count

_KIND = {
    "attention": KernelKind.ATTENTION,
    "attention_backward": KernelKind.ATTENTION,
    "native_attention": KernelKind.ATTENTION,
    "recurrent": KernelKind.RECURRENT,
    "normalization": KernelKind.NORM,
    "normalization_backward": KernelKind.NORM,
    "softmax": KernelKind.SOFTMAX,
    "pooling": KernelKind.POOLING,
    "pooling_backward": KernelKind.POOLING,
    "fractional_pooling": KernelKind.POOLING,
    "upsampling": KernelKind.POOLING,
    "reduction": KernelKind.REDUCTION,
    "extremum": KernelKind.REDUCTION,
    "norm": KernelKind.REDUCTION,
    "cumulative": KernelKind.REDUCTION,
    "loss": KernelKind.REDUCTION,
    "loss_backward": KernelKind.ELEMENTWISE,
    "pointwise": KernelKind.ELEMENTWISE,
    "activation": KernelKind.ELEMENTWISE,
    "activation_backward": KernelKind.ELEMENTWISE,
    "elementwise": KernelKind.ELEMENTWISE,
    "foreach": KernelKind.ELEMENTWISE,
    "random": KernelKind.ELEMENTWISE,
    "free": KernelKind.COPY,
    "padding": KernelKind.COPY,
    "embedding": KernelKind.INDEXING,
    "indexing": KernelKind.INDEXING,
    "sampling": KernelKind.INDEXING,
    "sampling_backward": KernelKind.INDEXING,
    "searching": KernelKind.INDEXING,
    "optimizer": KernelKind.OPTIMIZER,
}
"""The kind of a formula's family (the file it stands in); where a call has loop nests, these say more."""

_POSITIONS = ("D", "P", "Q")
_TAPS = ("T", "R", "S")
_LEAST_DEPTHWISE_GROUPS = 2


def kernels_of_training(training: Training, counts: Counts) -> tuple[PhaseKernels, ...]:
    """The kernels of each phase, and of its last partial step; ``counts`` are of the first phase's step."""
    first = training.phases[0]
    return tuple(_of_phase(phase, counts if phase is first else count(phase.trace)) for phase in training.phases)


def _of_phase(phase: TracedPhase, counts: Counts) -> PhaseKernels:
    last = phase.last_trace
    return PhaseKernels(
        kernels=kernels(phase.trace, counts),
        steps=phase.steps,
        batch=phase.batch,
        last_kernels=() if last is None else kernels(last, count(last)),
        last_steps=phase.last_steps,
        cycle=len(phase.trace.step_starts) or 1,
    )


def kernels(trace: Trace, counts: Counts) -> tuple[Kernel, ...]:
    """What the steady step asks a GPU to do, in its order.

    A call is one kernel; the backward of a convolution is one per gradient. A view is a kernel of the kind ``none``:
    the host's time for it is real, the card has nothing to do. A recurrent layer of torch's, which a CPU takes apart
    into its positions, is one kernel in each direction, as cuDNN runs it.
    """
    found = [kernel for call, row in zip(trace.calls, counts.rows, strict=True) for kernel in _of(call, row, trace)]
    layers = {module.path for module in trace.modules if module.type.startswith(_RECURRENT)}
    return tuple(_folded(found, layers)) if layers else tuple(found)


_RECURRENT = tuple(f"torch.nn.modules.rnn.{name}" for name in ("RNN", "LSTM", "GRU"))
_ITEM = {"float16": 2, "bfloat16": 2, "float64": 8}


def _folded(found: Sequence[Kernel], layers: set[str]) -> Iterator[Kernel]:
    """The kernels with those of each recurrent layer and phase as one, in the place of the first."""
    parts: dict[tuple[str, Phase], list[Kernel]] = {}
    for kernel in found:
        if kernel.scope in layers and kernel.phase in (Phase.FORWARD, Phase.BACKWARD):
            parts.setdefault((kernel.scope, kernel.phase), []).append(kernel)
    apart = {
        key: part
        for key, part in parts.items()
        if not any(kernel.kind is KernelKind.RECURRENT for kernel in part) and sum(k.macs > 0 for k in part) > 1
    }
    done: set[tuple[str, Phase]] = set()
    for kernel in found:
        key = (kernel.scope, kernel.phase)
        if key not in apart:
            yield kernel
        elif key not in done:
            done.add(key)
            yield _one_of(apart[key])


def _one_of(part: Sequence[Kernel]) -> Kernel:
    """One recurrent kernel that does the products of many; each position has a product of the commonest shape."""
    products = [kernel for kernel in part if kernel.product is not None and kernel.macs]
    shapes = Counter(kernel.product for kernel in products)
    shape, steps = shapes.most_common(1)[0]
    assert shape is not None  # only kernels with products were taken
    macs = sum(kernel.macs for kernel in products)
    rows = max(1, macs // (shape.columns * shape.depth))
    item = _ITEM.get(products[0].dtype, 4)
    return Kernel(
        kind=KernelKind.RECURRENT, op=products[0].op, scope=products[0].scope, phase=products[0].phase,
        dtype=products[0].dtype, macs=macs, scalar_ops=sum(kernel.scalar_ops for kernel in part),
        nbytes=item * (rows * (shape.columns + shape.depth) + shape.columns * shape.depth),
        product=Product(times=1, rows=rows, columns=shape.columns, depth=shape.depth), steps=steps,
    )  # fmt: skip


def _of(call: OpCall, row: CountRow, trace: Trace) -> Iterator[Kernel]:
    entry = lookup(call.packet)
    family = entry.work.__module__.rpartition(".")[2] if entry is not None else ""
    kind = _KIND.get(family, KernelKind.OTHER)
    nbytes = row.bytes_read + row.bytes_written + _read_again(call, trace)
    tensors = 1
    if call.phase is Phase.OPTIMIZER:
        kind = KernelKind.OPTIMIZER
        tensors = _listed(call)
    work = row.work
    nests = work.nests if work is not None else ()
    if not nbytes and not nests:
        kind = KernelKind.NONE
    scalar_ops = work.scalar_ops.total if work is not None else 0
    dtype = _dtype(call, trace)
    if not nests or kind in (KernelKind.ATTENTION, KernelKind.RECURRENT):
        macs = work.macs if work is not None else 0
        yield Kernel(
            kind=kind, op=call.packet, scope=call.scope, phase=call.phase, dtype=dtype, macs=macs,
            scalar_ops=scalar_ops, nbytes=nbytes, tensors=tensors,
            steps=_positions(call, trace) if kind is KernelKind.RECURRENT else 1,
            product=_product(nests[0][0], nests[0][1]) if nests else None,
        )  # fmt: skip
        return
    several = len(nests) > 1
    for nest, times in nests:
        product = _product(nest, times)
        yield Kernel(
            kind=_product_kind(nest), op=call.packet, scope=call.scope, phase=call.phase, dtype=dtype,
            macs=nest.macs * times, scalar_ops=0, nbytes=row.bytes_read if several else nbytes,
            product=product,
        )  # fmt: skip


def _read_again(call: OpCall, trace: Trace) -> int:
    """Bytes of what a normalization over the batch reads twice: no result can be formed before the last sample is seen.

    In training alone: in evaluation the statistics are known.
    """
    words = dict(call.arguments)
    if "batch_norm" not in call.packet or not (words.get("training", words.get("train")) or False):
        return 0
    images = [words[name] for name in ("grad_out", "grad_output", "input") if name in words]
    return sum(trace.tensors[i].nbytes for image in images for i in tensor_ids(image))


def _positions(call: OpCall, trace: Trace) -> int:
    """Length of the sequence that a recurrent op takes: its first input is [positions, batch, features]."""
    shape = trace.tensors[call.inputs[0]].shape
    return shape[0] if len(shape) > 2 else 1


def _listed(call: OpCall) -> int:
    first = call.arguments[0][1] if call.arguments else None
    return max(1, len(first)) if isinstance(first, tuple) else 1


def _dtype(call: OpCall, trace: Trace) -> str:
    for tensor in call.inputs or call.written:
        return trace.tensors[tensor].dtype
    return "float32"


def _product_kind(nest: LoopNest) -> KernelKind:
    bounds = nest.bounds
    if not any(tap in bounds for tap in _TAPS) and not any(axis in bounds for axis in _POSITIONS):
        return KernelKind.PRODUCT
    groups = bounds.get("G", 1)
    if groups < _LEAST_DEPTHWISE_GROUPS:
        return KernelKind.CONVOLUTION
    return KernelKind.DEPTHWISE if bounds["C"] == 1 else KernelKind.GROUPED


def _product(nest: LoopNest, times: int) -> Product:
    """The implicit matrix product of a nest: rows, columns and depth by which dims the updated tensor has."""
    bounds = nest.bounds
    groups = bounds.get("G", 1)
    if _product_kind(nest) is KernelKind.PRODUCT:
        depth = bounds.get("K", 1)
        updated = _dims(nest.updated.projection)
        columns = bounds.get("M", 1) if "M" in updated else 1
        shared = _shared(nest)
        rows = nest.macs // (depth * columns * shared)
        return Product(times=times * shared, rows=rows, columns=columns, depth=depth)
    pixels = bounds.get("N", 1) * prod(bounds.get(axis, 1) for axis in _POSITIONS)
    taps = prod(bounds.get(tap, 1) for tap in _TAPS)
    inside, outside = bounds.get("C", 1), bounds.get("M", 1)
    stride = max((c for rank in _inputs(nest) for c, dim in rank if dim in _POSITIONS), default=1)
    name = nest.updated.name
    if name == "Outputs":
        shape = (pixels, outside, inside * taps, "forward")
    elif name == "Weights":
        shape = (outside, inside * taps, pixels, "weight")
    else:
        # per input pixel, taps / stride² of the products are not zero
        shape = (pixels * stride**2, inside, max(1, outside * taps // stride**2), "input")
    rows, columns, depth, role = shape
    return Product(
        times=times * groups, rows=rows, columns=columns, depth=depth, role=role, taps=taps, stride=stride,
        image=(bounds.get("P", 1), bounds.get("Q", 1)),
    )  # fmt: skip


def _shared(nest: LoopNest) -> int:
    """How many separate products a nest is: the bounds of dims that all its tensors have."""
    dims = [set(_dims(space.projection)) for space in nest.dataspaces]
    common = set.intersection(*dims)
    return prod(bound for name, bound in nest.dims if name in common)


def _dims(projection: Sequence[Rank]) -> list[str]:
    return [dim for rank in projection for _, dim in rank.terms]


def _inputs(nest: LoopNest) -> list[tuple[tuple[int, str], ...]]:
    return [rank.terms for space in nest.dataspaces if space.name == "Inputs" for rank in space.projection]
