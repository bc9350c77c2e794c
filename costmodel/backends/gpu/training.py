"""A traced training on a card: its kernels and its storages → seconds, gigabytes and joules."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.backends.gpu.estimate import Conditions, estimate
from costmodel.backends.gpu.memory.estimate import Script, estimate_memory
from costmodel.backends.gpu.options import DEFAULT_PRECISION, GpuOptions, fastest
from costmodel.backends.gpu.time.options import Running
from costmodel.hardware.gpu.spec import GpuSpec
from costmodel.ir.counts import Counts
from costmodel.ir.doubts import Assumption
from costmodel.ir.gpu_estimate import GpuEstimate, GpuRun
from costmodel.ir.kernel import PhaseKernels
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training

_IMAGE_AXES = 4


def estimate_training(
    training: Training,
    kernels: Sequence[PhaseKernels],
    counts: Counts,
    spec: GpuSpec,
    options: GpuOptions,
    *,
    phase: str,
) -> GpuEstimate:
    """A traced training, or an inference, on a card.

    Args:
        training: the traces.
        kernels: of each of its phases (:func:`costmodel.passes.kernels.kernels_of_training`).
        counts: of its first phase's step.
        spec: the card.
        options: how it runs there, asked for before (:func:`costmodel.backends.gpu.options.refuse`).
        phase: ``training`` or ``inference``, as the estimate names it.
    """
    first = training.phases[0]
    conditions = Conditions(
        running=Running(precision=options.precision, layout=options.layout),
        workers=options.workers,
        compiled=options.compiled,
        power_limit=options.power_limit,
        carbon_intensity=options.carbon_intensity,
        pixels=_pixels(first.trace),
    )
    found = estimate(kernels, spec, conditions)
    tf32 = options.precision != "fp32"
    memory = max(
        (estimate_memory(part.trace, spec, Script(tf32=tf32)) for part in training.phases),
        key=lambda one: one.card_bytes.median,
    )
    return GpuEstimate(
        run=GpuRun(
            hardware=spec.name,
            hardware_digest=spec.digest,
            phase=phase,
            precision=options.precision or DEFAULT_PRECISION,
            layout=options.layout,
            batch=first.batch,
            flops_per_second=fastest(spec, options.precision or DEFAULT_PRECISION),
            bytes_per_second=spec.bytes_per_second,
        ),
        time=found.time,
        memory=memory,
        energy=found.energy,
        layers=found.layers,
        ops=found.ops,
        complete=not (counts.uncounted or counts.varies),
        assumptions=_assumptions(spec, conditions),
        uncounted=counts.uncounted,
        varies=counts.varies,
    )


def _pixels(trace: Trace) -> int:
    """Pixels of a sample, 0 where the first input is no batch of images."""
    shape = trace.tensors[trace.inputs[0]].shape if trace.inputs else ()
    return shape[-1] * shape[-2] if len(shape) == _IMAGE_AXES else 0


def _assumptions(spec: GpuSpec, conditions: Conditions) -> tuple[Assumption, ...]:
    running = conditions.running
    said = ["eager torch 2, the optimizer over lists of tensors (foreach), one GPU that nobody else uses"]
    if conditions.compiled:
        said[0] = "torch.compile, one GPU that nobody else uses"
    if running.precision is None and spec.peaks.tf32 is not None:
        said.append("FP32 as torch runs it by default: convolutions in TF32, matrix products not (--precision)")
    if not running.channels_last and conditions.pixels:
        said.append("images in NCHW, torch's default (--channels-last)")
    if conditions.workers is None:
        said.append("batches are ready when the card wants them (--workers)")
    return tuple(Assumption(what=what, where=spec.name) for what in said)
