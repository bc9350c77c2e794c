"""Deformable convolution, ``torchvision.ops.deform_conv2d`` (Dai et al., 2017; with a mask: Zhu et al., 2019).

Every tap of every window is sampled where its offset says, bilinearly, once per offset group and then for each of its
channels; the samples are multiplied by the weights as those of a convolution are, with its multiply-accumulates. The
nest is that of the product over gathered windows: no two windows share a sample. Offsets beyond the image meet padding
zeros, which are counted. torchvision adds a bias, be it zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import product
from operator import add
from typing import Any, NamedTuple

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.families.pooling_backward import filled, scatter_add
from costmodel.ops.families.sampling import LINEAR, AxisTap, axis_taps, pixel, weighted
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import torchvision

Meta = TensorMeta


def _sizes(weight: Meta, offset: Meta, groups: int) -> tuple[int, int, int, int]:
    """Rows and length of the product, taps of a window, and the channels of the weight's group."""
    taps = weight.shape[2] * weight.shape[3]
    rows = offset.shape[0] * offset.shape[2] * offset.shape[3]
    return rows, weight.shape[1] * taps, taps, weight.shape[0] // groups


@formula(torchvision.deform_conv2d, weights=("weight",), samples="input")
def deform_conv2d(
    input: Meta, weight: Meta, offset: Meta, groups: int, offset_groups: int, use_mask: bool, out: Meta
) -> Work:
    """Per place 2 adds of the offset, 2 floors, 4 + 4 for the weights; per sample 7, and 1 for the mask; the product.

    >>> x, w, offset, y = TensorMeta((1, 2, 4, 4)), TensorMeta((3, 2, 1, 1)), TensorMeta((1, 2, 4, 4)), (1, 3, 4, 4)
    >>> deform_conv2d.work(x, w, offset, 1, 1, False, TensorMeta(y)).scalar_ops.total  # 16·12 + 32·7 + 48·3 + 48
    608
    """
    # [n, m, p, q] = torchvision.deform_conv2d([n, g·c, h, w], [m, c, r, s], [n, og·2·r·s, p, q], [n, og·r·s, p, q], …)
    rows, length, taps, columns = _sizes(weight, offset, groups)
    nest = contraction_work("gnk,gmk->gnm", (groups, rows, length), (groups, columns, length))
    samples = rows * taps * input.shape[1]
    masked = scalar(multiply=samples if use_mask else 0)
    return total((nest, _places(rows * taps * offset_groups), _samples(samples), masked, scalar(add=out.numel)))


def _places(count: int) -> Work:
    return scalar(add=2 * count + 4 * count, transcendental=2 * count, multiply=4 * count)


def _samples(count: int) -> Work:
    return scalar(multiply=4 * count, add=3 * count)


class _Place(NamedTuple):
    """A place of a window: its taps along both axes, and where its samples, offset and mask stand.

    ``sample(c)`` is the index of channel c's sample, ``offset`` that of the two offsets, ``mask`` that of the mask.
    """

    n: int
    channels: range
    axes: list[list[AxisTap]]
    sample: Callable[[int], tuple[int, ...]]
    offset: tuple[Any, ...]
    mask: tuple[int, ...]

    def corners(self) -> tuple[list[tuple[int, ...]], list[Any]]:
        """Positions and weights of the four elements around."""
        found = list(product(*self.axes))
        return [tuple(tap.at for tap in corner) for corner in found], [y.weight * x.weight for y, x in found]


def _all_places(input: Any, weight: Any, offset: Any, step: Any, offset_groups: int) -> Iterator[_Place]:
    taps = list(product(range(weight.shape[2]), range(weight.shape[3])))
    per_group = input.shape[1] // offset_groups
    offset = offset.reshape(len(offset), offset_groups, len(taps), 2, *offset.shape[2:])
    for n, g, tap, *out in np.ndindex(len(offset), offset_groups, len(taps), *offset.shape[4:]):
        offsets = (n, g, tap, slice(None), *out)
        start = [p * s - pad + k * d for p, k, s, pad, d in zip(out, taps[tap], *step, strict=True)]
        yield _Place(
            n=n,
            channels=range(g * per_group, (g + 1) * per_group),
            axes=[axis_taps(o + float(i), LINEAR) for o, i in zip(offset[offsets], start, strict=True)],
            sample=lambda c, n=n, tap=tap, out=out: (n, c, tap, *out),  # type: ignore[misc]
            offset=offsets,
            mask=(n, g * len(taps) + tap, *out),
        )


@deform_conv2d.program
def _deform_conv2d(
    input: Array,
    weight: Array,
    offset: Array,
    mask: Array,
    bias: Array,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    groups: int,
    offset_groups: int,
    use_mask: bool,
) -> Any:
    step = ((stride_h, stride_w), (pad_h, pad_w), (dilation_h, dilation_w))
    size, taps = offset.shape[2:], weight.shape[2] * weight.shape[3]
    samples = np.empty((len(input), input.shape[1], taps, *size), dtype=object)
    for place in _all_places(input, weight, offset, step, offset_groups):
        positions, weights = place.corners()
        for c in place.channels:
            value = weighted([pixel(input[place.n, c], p) for p in positions], weights)
            samples[place.sample(c)] = value * mask[place.mask] if use_mask else value
    result = contract("gnk,gmk->gnm", _rows(samples, groups), weight.reshape(groups, len(weight) // groups, -1))
    joined = np.moveaxis(result.reshape(groups, len(input), *size, -1), (1, 0, 4), (0, 1, 2))
    return joined.reshape(len(input), -1, *size) + bias.reshape(-1, 1, 1)


def _rows(samples: Array, groups: int) -> Any:
    """[n, g·c, taps, p, q] → [g, n·p·q, c·taps]."""
    n, c, taps, p, q = samples.shape
    grouped = samples.reshape(n, groups, c // groups, taps, p, q).transpose(1, 0, 4, 5, 2, 3)
    return grouped.reshape(groups, n * p * q, -1)


@formula(torchvision._deform_conv2d_backward)
def deform_conv2d_backward(
    grad: Meta, input: Meta, weight: Meta, offset: Meta, groups: int, offset_groups: int, use_mask: bool
) -> Work:
    """The places again; per sample its value (7), 4 multiplies and at most 4 adds to the image, and to each offset 6.

    A mask is 3 more: the value by it, the gradient by it, and its own gradient. An offset's and a mask's gradient are
    sums over the group's channels. Then the products for samples and weights, and the sums for the bias.

    >>> x, w, offset, y = TensorMeta((1, 2, 4, 4)), TensorMeta((3, 2, 1, 1)), TensorMeta((1, 2, 4, 4)), (1, 3, 4, 4)
    >>> # 16·12 + 32·7, 32·(10 + 6) + 2·16, 128 − 2; 160 + 186 for the products, 45 for the bias
    >>> deform_conv2d_backward.work(TensorMeta(y), x, w, offset, 1, 1, False).scalar_ops.total
    1477
    """
    # [..input], [..weight], [..offset], [..mask], [m] = torchvision._deform_conv2d_backward([n, m, p, q], …)
    rows, length, taps, columns = _sizes(weight, offset, groups)
    places, samples = rows * taps * offset_groups, rows * taps * input.shape[1]
    sums = (2 + use_mask) * (samples - places)
    of_each = scalar(multiply=samples * (4 + 2 * 3 + 3 * use_mask), add=samples * 2 * 3 + sums)
    return total(
        (
            contraction_work("gnm,gmk->gnk", (groups, rows, columns), (groups, columns, length)),
            contraction_work("gnm,gnk->gmk", (groups, rows, columns), (groups, rows, length)),
            _places(places),
            _samples(samples),
            of_each,
            scalar(add=max(4 * samples - input.shape[0] * input.shape[1], 0)),
            scalar(add=max(grad.numel - grad.shape[1], 0)),
        )
    )


@deform_conv2d_backward.program
def _deform_conv2d_backward(
    grad: Array,
    input: Array,
    weight: Array,
    offset: Array,
    mask: Array,
    bias: Array,
    stride_h: int,
    stride_w: int,
    pad_h: int,
    pad_w: int,
    dilation_h: int,
    dilation_w: int,
    groups: int,
    offset_groups: int,
    use_mask: bool,
) -> Any:
    """As many adds to the image as the formula says if all samples of a channel meet, else fewer."""
    step = ((stride_h, stride_w), (pad_h, pad_w), (dilation_h, dilation_w))
    n, size, taps = len(input), offset.shape[2:], weight.shape[2] * weight.shape[3]
    dy, kernel = _rows(grad[:, :, None], groups), weight.reshape(groups, len(weight) // groups, -1)
    d_rows = contract("gnm,gmk->gnk", dy, kernel).reshape(groups, n, *size, -1, taps)
    d_samples = d_rows.transpose(1, 0, 4, 5, 2, 3).reshape(n, -1, taps, *size)
    samples, d_input = np.empty_like(d_samples), np.full(input.shape, None, dtype=object)
    d_offset = np.empty((n, offset_groups, taps, 2, *size), dtype=object)
    d_mask = np.empty((n, offset_groups * taps, *size), dtype=object) if use_mask else None
    for place in _all_places(input, weight, offset, step, offset_groups):
        kept = mask[place.mask] if use_mask else None
        d_offset[place.offset], of_mask = _of_place(place, input, d_samples, kept, samples, d_input)
        if d_mask is not None:
            d_mask[place.mask] = of_mask
    d_weight = contract("gnm,gnk->gmk", dy, _rows(samples, groups)).reshape(weight.shape)
    d_bias = np.moveaxis(grad, 1, 0).reshape(grad.shape[1], -1).sum(axis=1)
    return filled(d_input), d_weight, d_offset.reshape(offset.shape), d_mask, d_bias


def _of_place(
    place: _Place, input: Any, d_samples: Any, kept: Any, samples: Any, d_input: Any
) -> tuple[list[Any], Any]:
    """Gradients of a place's offsets and mask; its samples again; what goes to the image is added there."""
    positions, weights = place.corners()
    along_y, along_x, of_mask = [], [], []
    for c in place.channels:
        corner, dv = [pixel(input[place.n, c], p) for p in positions], d_samples[place.sample(c)]
        value = weighted(corner, weights)
        samples[place.sample(c)] = value if kept is None else value * kept
        if kept is not None:
            of_mask.append(value * dv)
            dv = dv * kept
        for position, w in zip(positions, weights, strict=True):
            share = dv * w
            if all(0 <= i < length for i, length in zip(position, input.shape[2:], strict=True)):
                scatter_add(d_input, (place.n, c, *position), share)
        slopes = _slopes(corner, place.axes)
        along_y.append(slopes[0] * dv)
        along_x.append(slopes[1] * dv)
    return [reduce(add, along_y), reduce(add, along_x)], reduce(add, of_mask) if of_mask else None


def _slopes(corner: list[Any], axes: list[list[AxisTap]]) -> tuple[Any, Any]:
    """The sample's slope along y and x: differences of the corners, weighted along the other axis (5 each)."""
    high, right, left, low = corner  # (Y, X), (Y, x), (y, X), (y, x)
    ys, xs = axes
    along_y = (high - left) * xs[0].weight + (right - low) * xs[1].weight
    along_x = (high - right) * ys[0].weight + (left - low) * ys[1].weight
    return along_y, along_x
