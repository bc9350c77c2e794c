"""Seconds of arithmetic of convolutions with groups: the libraries' kernels for them are not those of a product."""

from __future__ import annotations

import numpy as np

from costmodel.backends.gpu.time.card import Card
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.kernel_table import WEIGHT, Floats, KernelTable
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.products import tensor_rate
from costmodel.ir.kernel import KernelKind

_USUAL_WIDTH = 32
_LEAST_WIDTH, _MOST_WIDTH = 2, 256
_MOST_SHARE = 0.7


def grouped_seconds(table: KernelTable, card: Card, running: Running, c: Constants) -> Floats:
    """By channels a group: the fewer, the less of a tensor core's or a warp's tile is used; 0 for other kinds."""
    chosen = table.is_a(KernelKind.GROUPED)
    if not chosen.any():
        return np.zeros(len(table.kind))
    taps = np.maximum(table.taps, 1)
    weight = table.role == WEIGHT
    width = np.where(
        weight, np.minimum(table.rows, table.columns / taps), np.minimum(table.columns, table.depth / taps)
    )
    relative = np.clip(width, _LEAST_WIDTH, _MOST_WIDTH) / _USUAL_WIDTH
    rate, _ = tensor_rate(table, card, running)
    if running.channels_last:
        share = np.where(table.half, c.grouped_half_last, c.grouped_fp32) * relative**c.grouped_width_last
        gradients = (1.0, c.grouped_input_last, c.grouped_weight_last)
    else:
        share = np.where(table.half, c.grouped_half, c.grouped_fp32) * relative**c.grouped_width
        gradients = (1.0, c.grouped_input, c.grouped_weight)
    share = np.minimum(share * np.array(gradients)[table.role], _MOST_SHARE)
    return np.where(chosen, 2 * table.macs / (share * rate), 0.0)


def depthwise_seconds(table: KernelTable, card: Card, running: Running, c: Constants) -> Floats:
    """One channel a group: the ordinary units do it; 0 for other kinds."""
    chosen = table.is_a(KernelKind.DEPTHWISE)
    if not chosen.any():
        return np.zeros(len(table.kind))
    share = np.array((c.depthwise_forward, c.depthwise_input, c.depthwise_weight))
    if running.channels_last:
        share = share * np.array((c.depthwise_forward_last, c.depthwise_input_last, c.depthwise_weight_last))
    rate = np.where(table.half, card.half_vector, card.fp32) * card.compute_factor
    return np.where(chosen, 2 * table.macs / (share[table.role] * rate), 0.0)
