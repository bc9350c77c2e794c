"""Seconds of arithmetic of convolutions with groups: the libraries' kernels for them are not those of a product."""

from __future__ import annotations

import numpy as np

from costmodel.backends.gpu.time.card import Card
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.kernel_table import WEIGHT, Floats, KernelTable
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.products import ordinary, tensor_rate
from costmodel.ir.kernel import KernelKind

_USUAL_WIDTH = 32
_LEAST_WIDTH, _MOST_WIDTH = 2, 256
_MOST_SHARE = 0.7
_FAST_GROUPS, _FAST_WIDTH, _FAST_EXPONENT = 32, (4, 64), 0.5
"""In NHWC and half precision cuDNN is three times faster where groups come in 32s of 4 to 64 channels: so it shows in
timm's measurements (ResNeXt-101 with 32 or 64 groups; not where groups are fewer, or wider); no text says it."""
_VECTOR = 8
_MOST_TAPS = 25
"""ATen/native/Convolution.cpp gives depthwise convolutions of up to 5×5 to cuDNN, and does larger ones itself."""


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
    rate, _ = tensor_rate(table, card, running, c)
    if running.channels_last:
        share = np.where(table.half, c.grouped_half_last, c.grouped_fp32) * relative**c.grouped_width_last
        fast = table.half & (table.times % _FAST_GROUPS == 0) & (width >= _FAST_WIDTH[0]) & (width <= _FAST_WIDTH[1])
        share = np.where(fast, c.grouped_fast * relative**_FAST_EXPONENT, share)
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
    share = share[table.role]
    if running.channels_last:
        # cuDNN's kernels in NHWC take whole vectors of channels and small windows; other cases go by another way
        odd = table.half & ((table.times % _VECTOR != 0) | (table.taps > _MOST_TAPS))
        share = np.where(odd, share * c.unaligned_depthwise, share)
    rate = np.where(table.half, card.half_vector, card.fp32) * ordinary(card, c)
    return np.where(chosen, 2 * table.macs / (share * rate), 0.0)
