"""Estimate on a GPU: trace a training once, and say what it costs in seconds, memory and joules on a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from costmodel.backends.gpu.options import GpuOptions, as_computed, refuse
from costmodel.errors import UnknownNameError, UsageError
from costmodel.ir.analysis import INFERENCE, TRAINING, Analysis
from costmodel.ir.gpu_estimate import GpuEstimate
from costmodel.ir.gpu_memory import GpuMemory
from costmodel.ir.timeline import Timeline
from costmodel.ir.trace import Trace

if TYPE_CHECKING:
    from costmodel.hardware.gpu.spec import GpuSpec


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
    from costmodel.backends.gpu.training import estimate_training
    from costmodel.files.fingerprint import source_digest
    from costmodel.hardware.gpu.cards import load_gpu
    from costmodel.passes.kernels import kernels_of_training
    from costmodel.passes.summary import summarise
    from costmodel.passes.work import count
    from costmodel.tracing.description import describe
    from costmodel.tracing.training import planned_and_traced, trace_training

    if phase not in (None, TRAINING, INFERENCE):
        raise UnknownNameError("phase", str(phase), (INFERENCE, TRAINING))
    specs = [load_gpu(name) for name in cards]
    for spec in specs:
        refuse(spec, options)
    words = gpu_words(settings, options, phase)
    plan, training = planned_and_traced(_anew(model, words), words, defaults, trace_training, concrete=concrete)
    counts = count(training.phases[0].trace)
    kernels = kernels_of_training(training, counts)
    options = as_computed(options, kernels, specs)
    digest = source_digest(plan.reference) if plan.reference else ""
    subject = describe(plan, training, random=random, digest=digest)
    analysis = summarise(training, subject, random=random, counts=counts)

    def step_of(batch: int) -> Trace:
        sized = {**words, "batch": batch}
        _, again = planned_and_traced(_anew(model, sized), sized, defaults, trace_training, concrete=concrete)
        return again.phases[0].trace

    found = []
    for spec in specs:
        one = estimate_training(training, kernels, counts, spec, options, phase=phase or TRAINING)
        if options.max_batch or one.memory.fits is False:
            one = replace(one, memory=_with_largest(one.memory, spec, options, step_of))
        found.append(one)
    return analysis, tuple(found)


def _anew(model: Any, words: Mapping[str, Any]) -> Any:
    """A plan that was made for other words is made again for these."""
    from costmodel.tracing.finding.plan import Plan

    return model.again(words) if isinstance(model, Plan) and model.again is not None else model


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
