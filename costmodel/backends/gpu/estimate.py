"""A training, or an inference, on a card: kernels of each phase → seconds and joules, as intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from costmodel.backends.gpu.energy import energy_of, power_model, slowed
from costmodel.backends.gpu.pipeline import kept_waiting
from costmodel.backends.gpu.time.card import Card, card_of
from costmodel.backends.gpu.time.constants import Calibration, load_calibration
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.step import StepSeconds, step_seconds
from costmodel.hardware.gpu.spec import GpuSpec
from costmodel.ir.gpu_estimate import GpuEnergy, GpuTime, LayerTime, OpTime, Unknown
from costmodel.ir.interval import Interval
from costmodel.ir.kernel import Kernel, KernelKind, PhaseKernels
from costmodel.ir.trace import LOSS_SCOPE

_START = Interval(low=2.0, median=8.0, high=30.0)
"""Seconds until the first step runs at full speed: importing torch, making a context, loading kernels, trying
algorithms. An assumption; reading a data set from a disk is not in it."""
_MODEL, _LOSS = "(model)", "(loss)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How and under what the training runs.

    Attributes:
        running: precision and layout.
        workers: processes that load data; None if the data is said to keep up.
        compiled: under ``torch.compile``.
        power_limit: watts; None is the TDP.
        carbon_intensity: grams of CO₂e a kilowatt-hour of the grid; None for no such figure.
        pixels: of a sample, for the loading of data; 0 where samples are no images.
    """

    running: Running
    workers: int | None = None
    compiled: bool = False
    power_limit: float | None = None
    carbon_intensity: float | None = None
    pixels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """What the phases cost on a card."""

    time: GpuTime
    energy: GpuEnergy
    layers: tuple[LayerTime, ...]
    ops: tuple[OpTime, ...]


def estimate(phases: Sequence[PhaseKernels], spec: GpuSpec, conditions: Conditions) -> Estimated:
    """Seconds and joules of a step of the first phase, and of all phases."""
    calibration = load_calibration()
    card = card_of(spec)
    power = power_model(spec, conditions.power_limit)

    def seconds_of(kernels: Sequence[Kernel], batch: int, cycle: int) -> tuple[StepSeconds, Interval]:
        found = step_seconds(kernels, card, conditions.running, calibration)
        slow = slowed(found, power)
        if slow > 1:
            found = replace(found, card=found.card * slow, seconds=found.seconds * slow, step=found.step.times(slow))
        whole = _compiled(found.step) if conditions.compiled else found.step
        return found, kept_waiting(whole.times(1 / cycle), batch, conditions.workers, conditions.pixels)

    first, step = seconds_of(phases[0].kernels, phases[0].batch, phases[0].cycle)
    training: Interval | None = _START
    for phase in phases:
        if phase.steps is None or training is None:
            training = None
            break
        each = step if phase is phases[0] else seconds_of(phase.kernels, phase.batch, phase.cycle)[1]
        training = training + each.times(phase.steps)
        if phase.last_steps:
            training = training + seconds_of(phase.last_kernels, phase.batch, phase.cycle)[1].times(phase.last_steps)
    time = GpuTime(
        step_seconds=step,
        training_seconds=training,
        confidence=calibration.margins.confidence,
        unknowns=_unknowns(first, card, calibration, conditions),
        card_seconds=first.card / phases[0].cycle,
        host_seconds=first.host.median / phases[0].cycle,
        parts=_shared(first, step, lambda kernel: kernel.phase.value),
        kinds=_shared(first, step, lambda kernel: kernel.kind.value),
        limits=_limits(first, step, phases[0].cycle),
    )
    return Estimated(
        time=time,
        energy=energy_of(first, step, training, power, conditions.carbon_intensity, phases[0].cycle),
        layers=_layers(first, phases[0].cycle),
        ops=_ops(first, phases[0].cycle),
    )


_COMPILED = Interval(low=1 / 2.2, median=1 / 1.67, high=1.0)
"""Compiled over eager: the 10th percentile, the median and no gain, over 1,442 networks of timm on an RTX 4090
(results/benchmark-infer-*.csv of huggingface/pytorch-image-models at aa4b585)."""


def _compiled(step: Interval) -> Interval:
    return Interval(
        low=step.low * _COMPILED.low, median=step.median * _COMPILED.median, high=step.high * _COMPILED.high
    )


def _shared(step: StepSeconds, whole: Interval, key: Callable[[Kernel], str]) -> Mapping[str, float]:
    """Median seconds by a property of the kernels; what the host adds is spread as they are."""
    found: dict[str, float] = {}
    scale = whole.median / step.card if step.card else 0.0
    for kernel, seconds in zip(step.kernels, step.seconds, strict=True):
        if seconds:
            name = key(kernel)
            found[name] = found.get(name, 0.0) + float(seconds) * scale
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _limits(step: StepSeconds, whole: Interval, cycle: int) -> Mapping[str, float]:
    """Median seconds by what they go to; where launching takes longer than the card, the rest is the host's."""
    found: dict[str, float] = {}
    for limit, seconds in zip(step.limited, step.seconds, strict=True):
        if seconds:
            found[limit] = found.get(limit, 0.0) + float(seconds) / cycle
    waits = whole.median - step.card / cycle
    if waits > 0:
        found["waiting for the host or the data"] = waits
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _layers(step: StepSeconds, cycle: int) -> tuple[LayerTime, ...]:
    seconds: dict[str, float] = {}
    kernels: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    for kernel, spent in zip(step.kernels, step.seconds, strict=True):
        if kernel.kind is KernelKind.NONE or kernel.kind is KernelKind.OPTIMIZER:
            continue
        name = _LOSS if kernel.scope == LOSS_SCOPE else kernel.scope or _MODEL
        seconds[name] = seconds.get(name, 0.0) + float(spent)
        kernels[name] += 1
        kinds.setdefault(name, Counter())[kernel.kind.value] += spent
    ranked = sorted(seconds, key=lambda name: -seconds[name])
    return tuple(
        LayerTime(
            layer=name,
            seconds=seconds[name] / cycle,
            share=seconds[name] / step.card if step.card else 0.0,
            kernels=kernels[name],
            kind=kinds[name].most_common(1)[0][0],
        )
        for name in ranked
    )


def _ops(step: StepSeconds, cycle: int) -> tuple[OpTime, ...]:
    rows: dict[tuple[str, str], list[float]] = {}
    kinds: dict[tuple[str, str], str] = {}
    for kernel, spent in zip(step.kernels, step.seconds, strict=True):
        if kernel.kind is KernelKind.NONE:
            continue
        key = (kernel.op, kernel.phase.value)
        rows.setdefault(key, []).append(float(spent))
        kinds.setdefault(key, kernel.kind.value)
    return tuple(
        OpTime(op=op, part=part, kind=kinds[op, part], times=len(spent), seconds=sum(spent) / cycle)
        for (op, part), spent in sorted(rows.items(), key=lambda item: -sum(item[1]))
    )


def _unknowns(step: StepSeconds, card: Card, calibration: Calibration, conditions: Conditions) -> tuple[Unknown, ...]:
    """What widens the interval, the most first."""
    margin = calibration.margin(card.measured, card.architecture)
    what = "how fast this network's kernels are on this card"
    if not card.measured:
        what += ", which the calibration has no measurements of"
    found = [Unknown(what=what, factor=round(max(margin.high, 1 / margin.low), 3))]
    host = max(step.host.high, step.card) / max(step.card, step.host.median)
    if host > 1:
        found.append(Unknown(what="how fast the host launches kernels", factor=round(host, 3)))
    if conditions.compiled:
        found.append(Unknown(what="what torch.compile gains", factor=round(_COMPILED.high / _COMPILED.median, 3)))
    if conditions.workers is None and conditions.pixels:
        found.append(Unknown(what="loading data: taken to keep up (say --workers)", factor=1.0))
    return tuple(sorted(found, key=lambda item: -item.factor))
