"""Seconds of each kernel on a card: arithmetic and memory traffic, which overlap in part, and a launch."""

from __future__ import annotations

import numpy as np

from costmodel.backends.gpu.time.card import Card
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.kernel_table import Floats, KernelTable
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.products import product_seconds, tensor_rate
from costmodel.backends.gpu.time.traffic import traffic_seconds
from costmodel.backends.gpu.time.windows import depthwise_seconds, grouped_seconds
from costmodel.ir.kernel import KernelKind

ARITHMETIC, TRAFFIC, LAUNCH = "arithmetic", "memory traffic", "launches"
LIMITS = (ARITHMETIC, TRAFFIC, LAUNCH)
"""What most of a kernel's time goes to."""


def kernel_seconds(table: KernelTable, card: Card, running: Running, c: Constants) -> Floats:
    """Seconds of one run of each row; 0 for what only the host does."""
    arithmetic, traffic = _parts(table, card, running, c)
    seconds = (arithmetic**c.overlap + traffic**c.overlap) ** (1 / c.overlap) + c.launch
    return np.where(table.is_a(KernelKind.NONE), 0.0, seconds)


def limits(table: KernelTable, card: Card, running: Running, c: Constants) -> list[str]:
    """For each row, which of :data:`LIMITS` is the largest."""
    arithmetic, traffic = _parts(table, card, running, c)
    largest = np.argmax([arithmetic, traffic, np.full(len(traffic), c.launch)], axis=0)
    return [LIMITS[index] for index in largest]


def _parts(table: KernelTable, card: Card, running: Running, c: Constants) -> tuple[Floats, Floats]:
    """Seconds of arithmetic and of memory traffic, each alone."""
    arithmetic = (
        product_seconds(table, card, running, c)
        + grouped_seconds(table, card, running, c)
        + depthwise_seconds(table, card, running, c)
        + _attention(table, card, running, c)
    )
    return arithmetic, traffic_seconds(table, card, running, c) + _sequence(table, card)


_POSITION = 12e-6
"""Seconds that a position of a sequence takes at least: the smallest recurrent layers of DeepBench take 17 (V100, half
precision) to 59 microseconds (P100), their weights' traffic included."""
_WEIGHTS_SHARE = 0.6


def _sequence(table: KernelTable, card: Card) -> Floats:
    """A recurrent layer reads its weights again at every position, one position after the other."""
    weights = table.columns * table.depth * np.where(table.half, 2, 4)
    each = _POSITION + weights / (_WEIGHTS_SHARE * card.bandwidth * card.memory_factor)
    return np.where(table.is_a(KernelKind.RECURRENT) & (table.steps > 1), table.steps * each, 0.0)


def _attention(table: KernelTable, card: Card, running: Running, c: Constants) -> Floats:
    rate, _ = tensor_rate(table, card, running, c)
    share = np.where(table.half, c.attention_half, c.attention_fp32)
    return np.where(table.is_a(KernelKind.ATTENTION), 2 * table.macs / (share * rate), 0.0)
