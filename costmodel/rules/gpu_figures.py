"""Figures that a GPU estimate gives a rulebook, each as an interval: measured facts stand before them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from costmodel.errors import joined
from costmodel.ir.gpu_estimate import GpuEstimate
from costmodel.ir.interval import Interval
from costmodel.rules.schema.gpu_rule import GpuRule
from costmodel.rules.value import LENGTH, Value

ESTIMATED = "estimated"
"""Origin of a value that is an interval: it decides a rule only if it lies on one side as a whole."""

_GIGABYTE = 1e9
_PROCESS = Interval(low=1.5 * _GIGABYTE, median=3.0 * _GIGABYTE, high=6.0 * _GIGABYTE)
"""Resident memory of a process that has imported torch and made a CUDA context. An assumption."""
_WORKER = Interval(low=0.2 * _GIGABYTE, median=0.4 * _GIGABYTE, high=1.0 * _GIGABYTE)
"""Resident memory of a process that loads data. An assumption."""
_COPIES = Interval(low=1.0, median=2.0, high=8.0)
"""The data set in memory, over its bytes on disk: once as it is, and perhaps as 32-bit floats too."""

Of = Callable[[GpuEstimate, GpuRule], "Interval | None"]


def _training_seconds(found: GpuEstimate, rule: GpuRule) -> Interval | None:  # noqa: ARG001  # one form for all
    return found.time.training_seconds


def _batches(found: GpuEstimate, rule: GpuRule) -> float:
    return (rule.samples or found.run.batch) / found.run.batch


def _inference_seconds(found: GpuEstimate, rule: GpuRule) -> Interval | None:
    return found.time.step_seconds.times(_batches(found, rule))


def _gpu_memory(found: GpuEstimate, rule: GpuRule) -> Interval | None:  # noqa: ARG001
    return found.memory.card_bytes


def _host_memory(found: GpuEstimate, rule: GpuRule) -> Interval | None:  # noqa: ARG001
    return _PROCESS + _WORKER.times(rule.workers) + _COPIES.times(rule.data_bytes)


def _training_joules(found: GpuEstimate, rule: GpuRule) -> Interval | None:  # noqa: ARG001
    energy = found.energy
    if energy.training_joules is None or energy.host_training_joules is None:
        return None
    return energy.training_joules + energy.host_training_joules


def _inference_joules(found: GpuEstimate, rule: GpuRule) -> Interval | None:
    return (found.energy.step_joules + found.energy.host_step_joules).times(_batches(found, rule))


_FIGURES: dict[str, Of] = {
    "training_seconds": _training_seconds,
    "inference_seconds": _inference_seconds,
    "gpu_memory": _gpu_memory,
    "host_memory": _host_memory,
    "training_joules": _training_joules,
    "inference_joules": _inference_joules,
}

GPU_FIGURES = frozenset(_FIGURES)
"""Names that a rulebook may use."""


def estimated_value(figure: str, estimates: Iterable[GpuEstimate], rule: GpuRule) -> Value:
    """A figure as an interval over all cards that the rules may mean."""
    found = list(estimates)
    intervals = [_FIGURES[figure](one, rule) for one in found]
    known = [interval for interval in intervals if interval is not None]
    if not found or len(known) < len(found):
        because = "the length of the training is unknown: the numbers of samples and of epochs have to be given"
        return Value(None, because=because, lacks=(LENGTH,) if found else ())
    low, high = min(one.low for one in known), max(one.high for one in known)
    cards = " or ".join(one.run.hardware for one in found)
    because = f"estimated on {cards}: {_said(low)} to {_said(high)}"
    widest = max((u for one in found for u in one.time.unknowns), key=lambda u: u.factor, default=None)
    if widest is not None and figure not in ("gpu_memory", "host_memory"):
        because = joined(because, f"the most of its width is {widest.what} (a factor of {widest.factor:.3g})")
    partial = [one for one in found if not one.complete]
    if partial:
        names = ", ".join(sorted({item.op for one in partial for item in one.uncounted}))
        why = f"no formula for {names}" if names else "the step is not the same each time it runs"
        return Value(_decimal(low), at_least=True, because=joined(because, why), origin=ESTIMATED)
    return Value(_decimal((low + high) / 2), because=because, uncertainty=_decimal((high - low) / 2), origin=ESTIMATED)


def _said(value: float) -> str:
    return f"{float(f'{value:.3g}'):,.12g}"


def _decimal(value: float) -> Decimal:
    """Four digits: an estimate says no more."""
    rounded = Decimal(f"{value:.4g}")
    return Decimal(int(rounded)) if rounded == rounded.to_integral_value() else rounded
