"""Seconds of matrix products and of the convolutions that are computed as such.

A kernel cuts its result into tiles, one per multiprocessor at a time, and walks through the reduction: its time is the
number of waves of tiles, times what a tile takes. A tile's step is limited by the units or by reading its two edges
from the L2. The libraries choose among many tiles, and may split the reduction; so the least time over both is taken.
A 3×3 convolution of step 1 in FP32 may also be computed by Winograd's algorithm (Lavin and Gray, arXiv 1509.09308):
F(m×m) is (m+2)² products over the image's m×m tiles, between two transforms.
"""

from __future__ import annotations

import numpy as np

from costmodel.backends.gpu.time.card import Card
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.kernel_table import WEIGHT, Bools, Floats, Integers, KernelTable
from costmodel.backends.gpu.time.options import Running
from costmodel.ir.kernel import KernelKind

_TILES = ((256, 128), (128, 128), (128, 64), (64, 64), (32, 32))
_SPLITS = (1, 3, 9, 27, 81)
_LARGEST_TILE = 256 * 128
_LEAST_DEPTH = 64
"""A reduction is not split into pieces shorter than this."""
_SPLIT_COPIES = 8
_SPLIT_SHARE = 0.3
"""Partial results that are written and read again, and how much of it the L2 does not catch."""
_WINOGRAD_TILES = ((128, 128), (64, 64), (32, 32))
_WINOGRAD_SPLITS = (1, 4, 16)
_TAPS = 9
_CACHE_BYTES = 64
"""Bytes a clock that a multiprocessor can take from the L2 (NVIDIA, tuning guides)."""

_ALIGNED_BYTES = 16
"""Sides of a product in tensor cores are read 16 bytes at a time where they are multiples of it (NVIDIA, Deep Learning
Performance guide: 8 values of FP16, 4 of TF32)."""

PRODUCTS = (KernelKind.PRODUCT, KernelKind.CONVOLUTION, KernelKind.RECURRENT)


def ordinary(card: Card, c: Constants) -> float:
    """What the peaks of a card's ordinary units are multiplied by."""
    return card.compute_factor * _clock(card, c) * (c.one_issue if card.one_issue else 1.0)


def _clock(card: Card, c: Constants) -> float:
    """Clock over the rated boost."""
    return (c.exceeded_boost if card.exceeds_boost else 1.0) * (c.slot_power if card.slot_powered else 1.0)


def tensor_rate(table: KernelTable, card: Card, running: Running, c: Constants) -> tuple[Floats, Bools]:
    """Operations a second of the units that a kernel's products run on, and whether it is TF32."""
    convolution = table.is_a(KernelKind.CONVOLUTION, KernelKind.GROUPED)
    half = in_half(table, running)
    tf32: Bools = np.where(convolution, running.tf32_convolutions, running.tf32_products) & card.has_tf32 & ~half
    fp32 = card.fp32 * ordinary(card, c)
    tensor = card.tensor_factor * _clock(card, c)
    tensor *= c.narrow_tensor if card.narrow_tensor else 1.0
    in_cores = card.half * tensor if card.tensor else fp32
    rate = np.where(half, in_cores, np.where(tf32, card.tf32 * tensor, fp32))
    return rate, tf32


def in_half(table: KernelTable, running: Running) -> Bools:
    """Rows that compute in half precision; autocast takes recurrent layers along on CUDA, and not on a trace's CPU."""
    return table.half | (table.is_a(KernelKind.RECURRENT) & (running.precision == "amp"))


def product_seconds(table: KernelTable, card: Card, running: Running, constants: Constants) -> Floats:
    """Seconds of arithmetic of each row that is a product or a convolution without groups; 0 for the others."""
    seconds = np.zeros(len(table.kind))
    chosen = np.nonzero(table.is_a(*PRODUCTS))[0]
    if not len(chosen):
        return seconds
    rates, in_tf32 = tensor_rate(table, card, running, constants)
    rate, tf32 = rates[chosen], in_tf32[chosen]
    part = _Part(table, chosen, in_half(table, running))
    share = _shares(part, tf32, constants)
    cores = (part.half & card.tensor) | tf32
    share = np.where(cores & _unaligned(part), share * constants.unaligned, share)
    seconds[chosen] = _tiled(
        part.times, part.rows, part.columns, part.depth, rate * share, np.where(part.half, 2.0, 4.0), card, constants
    )
    fit = (part.taps == _TAPS) & (part.stride == 1) & ~part.half & ~tf32 & part.convolution & (part.height > 1)
    if card.winograd and fit.any():
        again = chosen[fit]
        seconds[again] = np.minimum(seconds[again], _winograd(_Part(table, again, table.half), card, constants))
    return seconds


class _Part:
    """The columns of some rows."""

    def __init__(self, table: KernelTable, rows: Integers, half: Bools) -> None:
        self.times, self.rows, self.columns, self.depth = (
            column[rows] for column in (table.times, table.rows, table.columns, table.depth)
        )
        self.half, self.role, self.taps, self.stride = (
            half[rows], table.role[rows], table.taps[rows], table.stride[rows]
        )  # fmt: skip
        self.height, self.width = table.height[rows], table.width[rows]
        self.convolution = table.is_a(KernelKind.CONVOLUTION)[rows]


def _shares(part: _Part, tf32: Bools, c: Constants) -> Floats:
    """Share of the peak in the inner loop."""
    product = np.where(part.half, c.product_half, np.where(tf32, c.product_tf32, c.product_fp32))
    convolution = np.where(part.half, c.convolution_half, np.where(tf32, c.convolution_tf32, c.convolution_fp32))
    return np.where(part.convolution, convolution * _gradient(part, c), product)


def _unaligned(part: _Part) -> Bools:
    """Rows with a side, in channels where it is of an image, that is no multiple of 16 bytes."""
    values = np.where(part.half, _ALIGNED_BYTES // 2, _ALIGNED_BYTES // 4)
    taps = np.maximum(part.taps, 1)
    weight = part.role == WEIGHT
    one = np.where(weight & part.convolution, part.rows, part.columns)
    other = np.where(weight & part.convolution, part.columns, part.depth) / np.where(part.convolution, taps, 1)
    found: Bools = (one % values != 0) | (np.round(other) % values != 0)
    return found


def _gradient(part: _Part, c: Constants) -> Floats:
    factors: Floats = np.array((1.0, c.input_gradient, c.weight_gradient))[part.role]
    return factors


def _tiled(
    times: Floats, rows: Floats, columns: Floats, depth: Floats, rate: Floats, item: Floats, card: Card, c: Constants
) -> Floats:
    """Seconds of [rows, depth] × [depth, columns], ``times``, by the best tile and split."""
    each = rate / card.multiprocessors
    cache = _CACHE_BYTES * card.clock * c.cache_rate
    best = np.full(len(rows), np.inf)
    for tall, wide in _TILES:
        tile = (tall * wide / _LARGEST_TILE) ** c.tile_exponent
        step = np.maximum(2 * tall * wide / (each * tile), (tall + wide) * item / cache)
        for split in _SPLITS:
            waves = _waves(times * np.ceil(rows / tall) * np.ceil(columns / wide) * split, card, c)
            seconds = waves * step * (depth / split + c.prologue)
            if split > 1:
                copies = 2 * 4 * rows * columns * times * min(split, _SPLIT_COPIES)
                seconds = seconds + _SPLIT_SHARE * copies / card.bandwidth
                seconds = np.where(depth / split >= _LEAST_DEPTH, seconds, np.inf)
            best = np.minimum(best, seconds)
    return best


def _waves(tiles: Floats, card: Card, c: Constants) -> Floats:
    """Waves of tiles over the multiprocessors, between evenly spread and rounded up, and the way in and out."""
    even = tiles / card.multiprocessors
    waves: Floats = (1 - c.wave_rounding) * np.maximum(even, 1) + c.wave_rounding * np.ceil(even)
    return waves + c.wave_filling


def _winograd(part: _Part, card: Card, c: Constants) -> Floats:
    weight = part.role == WEIGHT
    images = np.where(weight, part.depth, part.rows) / (part.height * part.width)
    outside = np.where(weight, part.rows, part.columns)
    inside = np.where(weight, part.columns, part.depth) / _TAPS
    share = c.convolution_fp32 * np.array((1.0, c.input_gradient, c.winograd_weight))[part.role]
    rate = card.fp32 * ordinary(card, c) * share / card.multiprocessors
    best = np.full(len(part.rows), np.inf)
    for side, speed in ((2, c.winograd_2), (4, c.winograd_4)):
        pieces = images * np.ceil(part.height / side) * np.ceil(part.width / side)
        points = (side + 2) ** 2
        rows, depth = np.where(weight, inside, pieces), np.where(weight, pieces, inside)
        seconds = _least(rows, outside, depth, points, rate * speed, card, c)
        if side > 2:  # F(2×2) transforms inside its kernel; F(4×4) writes the transformed tiles
            moved = 2 * 4 * points * pieces * (inside + outside)
            seconds = seconds + moved / (c.winograd_transform * card.bandwidth * card.memory_factor)
        best = np.minimum(best, seconds)
    return best


def _least(rows: Floats, columns: Floats, depth: Floats, points: int, rate: Floats, card: Card, c: Constants) -> Floats:
    best = np.full(len(rows), np.inf)
    for tall, wide in _WINOGRAD_TILES:
        tile = (tall * wide / _LARGEST_TILE) ** c.tile_exponent
        for split in _WINOGRAD_SPLITS:
            waves = _waves(points * np.ceil(rows / tall) * np.ceil(columns / wide) * split, card, c)
            seconds = waves * 2 * tall * wide * (depth / split + c.prologue) / (rate * tile)
            if split > 1:
                seconds = np.where(depth / split >= _LEAST_DEPTH, seconds, np.inf)
            best = np.minimum(best, seconds)
    return best
