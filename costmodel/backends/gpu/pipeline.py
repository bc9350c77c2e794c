"""The input pipeline: a step cannot be faster than its batch is made."""

from __future__ import annotations

from costmodel.ir.interval import Interval

_SMALL = 64 * 64
_SMALL_SECONDS = Interval(low=80e-6, median=200e-6, high=500e-6)
"""A small image in memory, augmented by torchvision on the CPU. An assumption."""
_LARGE_SECONDS = Interval(low=4e-3, median=8e-3, high=15e-3)
"""A photograph read, decoded as JPEG, cropped and resized: 70 to 250 images a second and core. An assumption."""


def kept_waiting(step: Interval, batch: int, workers: int | None, pixels: int) -> Interval:
    """The step, or the making of its batch where that takes longer.

    Args:
        step: seconds of the step alone.
        batch: samples.
        workers: processes that make batches, each on a core of its own; None where data is taken to keep up; 0 makes
            them in the training process itself, one after the other.
        pixels: of a sample; 0 where samples are no images.
    """
    if workers is None or not pixels:
        return step
    each = _SMALL_SECONDS if pixels <= _SMALL else _LARGE_SECONDS
    making = each.times(batch / max(1, workers))
    if workers == 0:
        return step + making
    return Interval(
        low=max(step.low, making.low), median=max(step.median, making.median), high=max(step.high, making.high)
    )
