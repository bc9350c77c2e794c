"""Joules of a step: the card's power follows what it is busy with, from its idle power to that of its busiest work."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.backends.gpu.time.step import StepSeconds
from costmodel.hardware.gpu.spec import GpuSpec, SourcedRange, WorkKind
from costmodel.ir.gpu_estimate import GpuEnergy
from costmodel.ir.interval import Interval
from costmodel.ir.kernel import KernelKind

_CONVOLUTIONS = (KernelKind.CONVOLUTION, KernelKind.GROUPED, KernelKind.DEPTHWISE)
_PRODUCTS = (KernelKind.PRODUCT, KernelKind.ATTENTION)
_IDLE_OF_TDP = Interval(low=0.05, median=0.14, high=0.25)
_BUSY_OF_TDP = Interval(low=0.63, median=0.85, high=0.95)
"""Where a card's own was not measured: the range over V100, P100, RTX 6000 and A40 (Zeus, NSDI 23)."""
_SLOWING = 0.5
"""A card under a limit is slower by the ratio of its dynamic power to this power: 0.40 is the median over the epochs of
V100 and A40 under seven and nine limits (Zeus, NSDI 23), 0.56 that of ResNet-50 on a V100 at 100 W."""
_HOST_WATTS = Interval(low=30.0, median=80.0, high=180.0)
"""Processor packages and DRAM of a host that feeds one card: an assumption, as wide as hosts differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerModel:
    """Watts of a card: with a context only, while a network of each kind keeps it busy, and at most."""

    idle: Interval
    convolution: Interval
    product: Interval
    recurrent: Interval
    limit: float


def power_model(spec: GpuSpec, limit: float | None = None) -> PowerModel:
    """The power of a card from its own measurements where there are any, and from its TDP.

    The measured powers are averages over whole training steps of networks of a kind, with their memory-bound kernels.
    """
    tdp = float(spec.tdp.value)

    def busy(kind: WorkKind) -> Interval:
        return (_range(spec.power.get(kind)) or _BUSY_OF_TDP).times(tdp)

    return PowerModel(
        idle=_range(spec.context_power) or _IDLE_OF_TDP.times(tdp),
        convolution=busy("convolution"),
        product=busy("attention"),
        recurrent=busy("recurrent"),
        limit=tdp if limit is None else min(limit, tdp),
    )


def _range(found: SourcedRange | None) -> Interval | None:
    if found is None:
        return None
    low, high = float(found.low), float(found.high)
    return Interval(low=low, median=(low + high) / 2 if found.median is None else float(found.median), high=high)


def busy_watts(step: StepSeconds, power: PowerModel) -> Interval:
    """Watts while the card is busy, by which kinds of networks the step's arithmetic is of; without a limit."""
    seconds = dict.fromkeys(("convolution", "product", "recurrent"), 0.0)
    for kernel, spent in zip(step.kernels, step.seconds, strict=True):
        if kernel.kind in _CONVOLUTIONS:
            seconds["convolution"] += float(spent)
        elif kernel.kind in _PRODUCTS:
            seconds["product"] += float(spent)
        elif kernel.kind is KernelKind.RECURRENT:
            seconds["recurrent"] += float(spent)
    whole = sum(seconds.values())
    if not whole:
        return power.convolution
    of_kind = {"convolution": power.convolution, "product": power.product, "recurrent": power.recurrent}
    parts = [of_kind[kind].times(spent / whole) for kind, spent in seconds.items()]
    return parts[0] + parts[1] + parts[2]


def slowed(step: StepSeconds, power: PowerModel) -> float:
    """How many times slower the card's part runs under its power limit; 1 if the limit is never reached."""
    top = busy_watts(step, power).median
    idle = power.idle.median
    if power.limit >= top or power.limit <= idle:
        return 1.0
    ratio: float = ((top - idle) / (power.limit - idle)) ** _SLOWING
    return ratio


def watts_of(step: StepSeconds, whole: Interval, power: PowerModel, cycle: int = 1) -> Interval:
    """Average watts of a step that takes ``whole``: idle, and as much more as the share that the card is busy."""
    top = busy_watts(step, power)
    busy = min(1.0, step.card / cycle / whole.median) if whole.median else 0.0

    def at(idle: float, most: float) -> float:
        return min(power.limit, idle + busy * max(0.0, most - idle))

    ends = sorted((at(power.idle.low, top.low), at(power.idle.median, top.median), at(power.idle.high, top.high)))
    return Interval(low=ends[0], median=ends[1], high=ends[2])


def energy_of(
    step: StepSeconds,
    step_seconds: Interval,
    training_seconds: Interval | None,
    power: PowerModel,
    carbon_intensity: float | None,
    cycle: int = 1,
) -> GpuEnergy:
    """Joules of a step, which may wait for its data, and of a training.

    Grams of CO₂e are said where the intensity of the grid (g/kWh) is given.
    """
    watts = watts_of(step, step_seconds, power, cycle)
    training = None if training_seconds is None else _joules(watts, training_seconds)
    host = None if training_seconds is None else _joules(_HOST_WATTS, training_seconds)
    grams = None
    if carbon_intensity is not None and training is not None and host is not None:
        grams = (training + host).times(carbon_intensity / 3.6e6)
    return GpuEnergy(
        step_joules=_joules(watts, step_seconds),
        training_joules=training,
        host_step_joules=_joules(_HOST_WATTS, step_seconds),
        host_training_joules=host,
        watts=watts,
        power_limit_watts=power.limit,
        training_grams_co2e=grams,
    )


def _joules(watts: Interval, seconds: Interval) -> Interval:
    return Interval(low=watts.low * seconds.low, median=watts.median * seconds.median, high=watts.high * seconds.high)
