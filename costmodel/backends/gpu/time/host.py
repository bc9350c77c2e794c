"""The host beside the card: it launches ahead, and a step takes as long as the slower of the two."""

from __future__ import annotations

from typing import TypeVar

from costmodel.backends.gpu.time.kernel_table import Floats

_SHARPNESS = 8

Seconds = TypeVar("Seconds", float, Floats)


def together(card: Seconds, host: Seconds) -> Seconds:
    """Seconds of a step whose kernels take ``card`` and whose launches take ``host``.

    The larger, and up to 9 % more where the two are equal: a queue that runs empty now and then waits.
    """
    total: Seconds = (card**_SHARPNESS + host**_SHARPNESS) ** (1 / _SHARPNESS)
    return total
