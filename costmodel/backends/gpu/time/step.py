"""Kernels → seconds of a step: what the card is busy with, what the host needs, and the interval around both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.backends.gpu.time.card import Card
from costmodel.backends.gpu.time.constants import Calibration, Margin
from costmodel.backends.gpu.time.host import together
from costmodel.backends.gpu.time.kernel_seconds import kernel_seconds, limits
from costmodel.backends.gpu.time.kernel_table import Floats, tabulate
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.updates import listed
from costmodel.ir.interval import Interval
from costmodel.ir.kernel import Kernel, KernelKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSeconds:
    """A step on a card.

    Attributes:
        kernels: as the card runs them (updates over lists).
        seconds: median of each.
        limited: what most of each one's time goes to.
        card: their sum.
        host: seconds that launching takes.
        step: of the whole.
    """

    kernels: tuple[Kernel, ...]
    seconds: Floats
    limited: tuple[str, ...]
    card: float
    host: Interval
    step: Interval


def step_seconds(kernels: Sequence[Kernel], card: Card, running: Running, calibration: Calibration) -> StepSeconds:
    """Seconds of one step.

    The card's part lies within the calibration's margin for cards that were measured, or for others; the host's between
    a fast and a slow one. What is slower counts, at either end.
    """
    run = listed(kernels)
    table, where = tabulate(run)
    each = kernel_seconds(table, card, running, calibration.constants)[np.array(where, dtype=np.int64)]
    limited = limits(table, card, running, calibration.constants)
    busy = float(each.sum())
    views = sum(kernel.kind is KernelKind.NONE for kernel in run)
    launches = len(run) - views + calibration.constants.view_share * views
    host = Interval(
        low=launches * calibration.host.low,
        median=launches * calibration.host.median,
        high=launches * calibration.host.high,
    )
    margin = calibration.margin(card.measured, card.architecture)
    return StepSeconds(
        kernels=tuple(run),
        seconds=each,
        limited=tuple(limited[row] for row in where),
        card=busy,
        host=host,
        step=_step(busy, host, margin),
    )


def _step(card: float, host: Interval, margin: Margin) -> Interval:
    return Interval(
        low=together(card * margin.low, host.low),
        median=together(card, host.median),
        high=together(card * margin.high, host.high),
    )
