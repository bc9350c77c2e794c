"""Estimate on a GPU: trace a training once, and say what it costs in seconds, memory and joules on a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from costmodel.errors import UnknownNameError, UsageError
from costmodel.ir.analysis import INFERENCE, TRAINING, Analysis
from costmodel.ir.counts import Counts
from costmodel.ir.doubts import Assumption
from costmodel.ir.gpu_estimate import GpuEstimate, GpuRun
from costmodel.ir.gpu_memory import GpuMemory
from costmodel.ir.timeline import Timeline
from costmodel.ir.trace import Trace
from costmodel.ir.training import TracedPhase, Training

if TYPE_CHECKING:
    from costmodel.backends.gpu.estimate import Conditions, PhaseKernels
    from costmodel.hardware.gpu.spec import GpuSpec, Precision

_IMAGE_AXES = 4
DEFAULT_PRECISION = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuOptions:
    """What a person may say of a run on a GPU.

    Attributes:
        precision: ``fp32``, ``tf32`` or ``amp``; None is the recipe's, and else torch's default.
        layout: ``nchw`` or ``nhwc`` (``channels_last``).
        compiled: under ``torch.compile``.
        workers: processes that load data; None where data is taken to keep up.
        power_limit: watts.
        carbon_intensity: grams of CO₂e a kilowatt-hour.
        max_batch: also find the largest batch that fits.
    """

    precision: str | None = None
    layout: str = "nchw"
    compiled: bool = False
    workers: int | None = None
    power_limit: float | None = None
    carbon_intensity: float | None = None
    max_batch: bool = False

    def given(self) -> list[str]:
        """The options that say something, as on the command line."""
        plain = GpuOptions()
        other = {"layout": "channels-last", "compiled": "compile"}
        words = {field.name: other.get(field.name, field.name.replace("_", "-")) for field in fields(self)}
        return [f"--{word}" for name, word in words.items() if getattr(self, name) != getattr(plain, name)]


def names_gpu(hardware: str) -> bool:
    """Whether a machine's name or file is a GPU's.

    Raises:
        UsageError: the file cannot be read.
    """
    from costmodel.hardware.gpu.cards import is_gpu

    return is_gpu(hardware)


def refuse_gpu_options(options: GpuOptions) -> None:
    """Options of a GPU have no effect without one.

    Raises:
        UsageError: one of them was given.
    """
    for option in options.given():
        raise UsageError(f"{option} is about a GPU: name one with --hardware (costmodel hardware list)")


def estimate_on_gpu(
    model: Any,
    settings: Mapping[str, Any],
    hardware: str,
    options: GpuOptions,
    *,
    phase: str | None,
    defaults: Mapping[str, Any] | None = None,
    concrete: bool = False,
    random: bool = True,
) -> tuple[Analysis, GpuEstimate]:
    """The analysis of a subject, and what its step costs on a card; traced once.

    Args:
        model: see :func:`costmodel.trace`.
        settings: see :class:`costmodel.Settings`.
        hardware: a GPU by name or YAML.
        options: how it runs.
        phase: ``training`` (None too), or ``inference``: a forward pass of a batch in evaluation mode.
        defaults: settings for a subject that brings no recipe.
        concrete: see :func:`costmodel.trace`.
        random: see :func:`costmodel.analyze`.

    Raises:
        UsageError: the card cannot do what is asked; names what it can.
    """
    analysis, (found,) = estimate_on_gpus(
        model, settings, (hardware,), options, phase=phase, defaults=defaults, concrete=concrete, random=random
    )
    return analysis, found


def estimate_on_gpus(
    model: Any,
    settings: Mapping[str, Any],
    cards: Sequence[str],
    options: GpuOptions,
    *,
    phase: str | None,
    defaults: Mapping[str, Any] | None = None,
    concrete: bool = False,
    random: bool = True,
) -> tuple[Analysis, tuple[GpuEstimate, ...]]:
    """See :func:`estimate_on_gpu`, on several cards; traced once."""
    from costmodel.files.fingerprint import source_digest
    from costmodel.hardware.gpu.cards import load_gpu
    from costmodel.passes.summary import summarise
    from costmodel.tracing.description import describe
    from costmodel.tracing.training import planned_and_traced, trace_training

    if phase not in (None, TRAINING, INFERENCE):
        raise UnknownNameError("phase", str(phase), (INFERENCE, TRAINING))
    specs = [load_gpu(name) for name in cards]
    for spec in specs:
        _refuse(spec, options)
    words = gpu_words(settings, options, phase)
    plan, training = planned_and_traced(model, words, defaults, trace_training, concrete=concrete)
    cast = plan.recipe.autocast
    if cast is not None and options.precision in ("fp32", "tf32"):
        raise UsageError(f"the recipe casts to {cast}; leave out --precision {options.precision}, or the autocast")
    precision = "amp" if cast is not None else options.precision
    digest = source_digest(plan.reference) if plan.reference else ""
    analysis = summarise(training, describe(plan, training, random=random, digest=digest), random=random)
    options = replace(options, precision=precision)
    for spec in specs:
        _refuse(spec, options)
        if cast == "bfloat16" and spec.peaks.bf16_tensor is None:
            raise UsageError(f"{spec.name} has no bfloat16, to which the recipe casts; it would be emulated")

    def step_of(batch: int) -> Trace:
        _, again = planned_and_traced(model, {**words, "batch": batch}, defaults, trace_training, concrete=concrete)
        return again.phases[0].trace

    found = []
    for spec in specs:
        one = estimate_training(training, spec, options, phase=phase or TRAINING)
        if options.max_batch or one.memory.fits is False:
            one = replace(one, memory=_with_largest(one.memory, spec, options, step_of))
        found.append(one)
    return analysis, tuple(found)


def gpu_words(settings: Mapping[str, Any], options: GpuOptions, phase: str | None) -> dict[str, Any]:
    """The settings of the step that is traced for a GPU."""
    words = dict(settings)
    if phase == INFERENCE:
        words["step"] = "evaluate"
    if options.precision == "amp":
        words.setdefault("autocast", "float16")
    return words


def timeline_of(step: Trace, hardware: str, options: GpuOptions) -> Timeline:
    """A recorded step on a GPU, kernel by kernel.

    Raises:
        UsageError: the machine is a processor.
    """
    from costmodel.backends.gpu.time.options import Running
    from costmodel.backends.gpu.timeline import gpu_timeline
    from costmodel.hardware.gpu.cards import load_gpu
    from costmodel.passes.kernels import kernels
    from costmodel.passes.work import count

    card = load_gpu(hardware)
    if card.kind != "gpu":
        raise UsageError(f"{card.name} is a processor: a time line is estimated for GPUs and accelerators")
    running = Running(precision=options.precision, layout=options.layout)
    return gpu_timeline(kernels(step, count(step)), card, running)


def _with_largest(memory: GpuMemory, spec: GpuSpec, options: GpuOptions, step_of: Callable[[int], Trace]) -> GpuMemory:
    from costmodel.backends.gpu.memory.estimate import Script
    from costmodel.backends.gpu.memory.largest import largest_batch

    found = largest_batch(step_of, spec, Script(tf32=options.precision != "fp32"))
    return replace(memory, largest_batch=found)


def _refuse(spec: GpuSpec, options: GpuOptions) -> None:
    """What the card cannot do."""
    from costmodel.backends.gpu.time.options import LAYOUTS, PRECISIONS

    if options.precision is not None and options.precision not in PRECISIONS:
        raise UnknownNameError("precision", options.precision, PRECISIONS)
    if options.layout not in LAYOUTS:
        raise UnknownNameError("layout", options.layout, LAYOUTS)
    if spec.kind != "gpu":
        raise UsageError(f"{spec.name} is a processor: seconds and memory are estimated for GPUs")
    can = [name for name, peaks in _NEEDS.items() if set(peaks) & set(spec.precisions)]
    if options.precision is not None and options.precision not in can:
        raise UsageError(f"{spec.name} has no {options.precision.upper()}; it has {', '.join(can)}")
    tdp = float(spec.tdp.value)
    if options.power_limit is not None and not 0 < options.power_limit <= tdp:
        raise UsageError(f"--power-limit {options.power_limit:g}: {spec.name} takes up to {tdp:g} W")
    if options.workers is not None and options.workers < 0:
        raise UsageError(f"--workers {options.workers}: a number of processes, 0 or more")


_NEEDS = {"fp32": ("fp32",), "tf32": ("tf32",), "amp": ("fp16_tensor", "fp16_vector")}
"""The peaks of which a card must have one, by precision."""


def estimate_training(training: Training, spec: GpuSpec, options: GpuOptions, *, phase: str) -> GpuEstimate:
    """A traced training on a card."""
    from costmodel.backends.gpu.estimate import Conditions, estimate
    from costmodel.backends.gpu.memory.estimate import Script, estimate_memory
    from costmodel.backends.gpu.time.options import Running
    from costmodel.passes.work import count

    first = training.phases[0]
    conditions = Conditions(
        running=Running(precision=options.precision, layout=options.layout),
        workers=options.workers,
        compiled=options.compiled,
        power_limit=options.power_limit,
        carbon_intensity=options.carbon_intensity,
        pixels=_pixels(first.trace),
    )
    counts = count(first.trace)
    found = estimate([_kernels_of(part, counts if part is first else None) for part in training.phases], spec,
                     conditions)  # fmt: skip
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


def _kernels_of(phase: TracedPhase, counts: Counts | None) -> PhaseKernels:
    from costmodel.backends.gpu.estimate import PhaseKernels
    from costmodel.passes.kernels import kernels
    from costmodel.passes.work import count

    last = phase.last_trace
    return PhaseKernels(
        kernels=kernels(phase.trace, counts or count(phase.trace)),
        steps=phase.steps,
        batch=phase.batch,
        last_kernels=() if last is None else kernels(last, count(last)),
        last_steps=phase.last_steps,
        cycle=len(phase.trace.step_starts) or 1,
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


_UNITS: dict[str, tuple[Precision, ...]] = {
    "amp": ("fp16_tensor", "fp32"),
    "tf32": ("tf32", "fp32"),
    DEFAULT_PRECISION: ("tf32", "fp32"),
}
"""Units that a precision uses, the fastest first, as a card's file names them."""


def fastest(spec: GpuSpec, precision: str) -> float | None:
    """Peak of the fastest units that a precision uses and the card has."""
    peaks = (spec.flops_per_second(units) for units in _UNITS.get(precision, ("fp32",)))
    return next((peak for peak in peaks if peak), None)
