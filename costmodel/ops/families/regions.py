"""Regions of a feature map: torchvision's ``roi_align`` (He et al., 2017), ``ps_roi_align`` and ``nms``.

A region is cut into bins, and each bin into ``sampling_ratio``² places whose bilinear samples are averaged. Without a
ratio there are as many as the bin has elements, which is data: at most those of a region as large as the map. What
``roi_pool`` does in bins as large as the region makes them is uncounted; its gradient goes where saved indices say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import product
from math import floor as floor_of
from typing import Any, NamedTuple

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.extremum import sort
from costmodel.ops.families.pooling_backward import filled, scatter_add
from costmodel.ops.families.sampling import weighted
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import floor, maximum, minimum
from costmodel.ops.packets import torchvision

Meta = TensorMeta


_AT_MOST = "regions without a sampling ratio are taken to be as large as the map"


def _grid(sampling_ratio: int, sizes: Sequence[int], bins: Sequence[int]) -> tuple[int, int]:
    """Places of a bin along both axes."""
    if sampling_ratio > 0:
        return sampling_ratio, sampling_ratio
    high, wide = (max(-(-size // count), 1) for size, count in zip(sizes, bins, strict=True))
    return high, wide


def _regions(rois: Meta, bins: tuple[int, int], grid: tuple[int, int], aligned: bool) -> Work:
    """Everything but the channels, per region: its corners and sizes, places along both axes, weights of 4 corners."""
    along, places = bins[0] + bins[1], grid[0] * grid[1] * bins[0] * bins[1]
    setup = scalar(multiply=4, add=2 + (4 if aligned else 0), compare=0 if aligned else 2, divide=2)
    axes = scalar(multiply=1, add=3, divide=1, compare=3, transcendental=1) * (grid[0] * bins[0] + grid[1] * bins[1])
    return (setup + axes + scalar(multiply=along + 4 * places, add=along)) * rois.shape[0]


@formula(torchvision.roi_align, assumes=_AT_MOST, samples="input")
def roi_align(
    input: Meta, rois: Meta, pooled_height: int, pooled_width: int, sampling_ratio: int, aligned: bool, out: Meta
) -> Work:
    """Per region 12, along an axis 2 per bin and 9 per place, 4 per place; per channel 7 per place, the mean of a bin.

    >>> x, y = TensorMeta((1, 3, 8, 8)), TensorMeta((1, 3, 1, 1))
    >>> roi_align.work(x, TensorMeta((1, 5)), 1, 1, 2, True, y).scalar_ops.total  # 12 + 40 + 16 + 96
    164
    """
    # [k, c, ph, pw] = torchvision.roi_align([n, c, h, w], [k, 5], ..)
    bins = (pooled_height, pooled_width)
    grid = _grid(sampling_ratio, input.shape[2:], bins)
    places = out.numel * grid[0] * grid[1]
    samples = scalar(multiply=4 * places, add=3 * places + places - out.numel, divide=out.numel)
    return _regions(rois, bins, grid, aligned) + samples


@formula(torchvision._roi_align_backward)
def roi_align_backward(
    grad: Meta,
    rois: Meta,
    pooled_height: int,
    pooled_width: int,
    channels: int,
    height: int,
    width: int,
    sampling_ratio: int,
    aligned: bool,
) -> Work:
    """The places again; each gradient shared among its places (1 divide), 4 multiplies per place and at most 4 adds.

    >>> grad, rois = TensorMeta((1, 3, 1, 1)), TensorMeta((1, 5))
    >>> roi_align_backward.work(grad, rois, 1, 1, 3, 8, 8, 2, True).scalar_ops.total  # 12 + 40 + 16 + 3 + 48 + 45
    164
    """
    # [n, c, h, w] = torchvision._roi_align_backward([k, c, ph, pw], [k, 5], ..)
    bins = (pooled_height, pooled_width)
    grid = _grid(sampling_ratio, (height, width), bins)
    shares = 4 * grad.numel * grid[0] * grid[1]
    given = scalar(divide=grad.numel, multiply=shares, add=max(shares - channels, 0))
    return _regions(rois, bins, grid, aligned) + given


@formula(torchvision.ps_roi_align, assumes=_AT_MOST, samples="input")
def ps_roi_align(
    input: Meta, rois: Meta, pooled_height: int, pooled_width: int, sampling_ratio: int, out: tuple[Meta, ...]
) -> Work:
    """As :func:`roi_align`, each bin from channels of its own.

    >>> x, y = TensorMeta((1, 3, 8, 8)), TensorMeta((1, 3, 1, 1))
    >>> ps_roi_align.work(x, TensorMeta((1, 5)), 1, 1, 2, (y, y)).scalar_ops.total
    164
    """
    # [k, c, ph, pw], [k, c, ph, pw] = torchvision.ps_roi_align([n, c·ph·pw, h, w], [k, 5], ..)
    return roi_align.work(input, rois, pooled_height, pooled_width, sampling_ratio, True, out[0])


@formula(torchvision._ps_roi_align_backward)
def ps_roi_align_backward(
    grad: Meta,
    rois: Meta,
    pooled_height: int,
    pooled_width: int,
    sampling_ratio: int,
    channels: int,
    height: int,
    width: int,
) -> Work:
    """As :func:`roi_align_backward`.

    >>> ps_roi_align_backward.work(TensorMeta((1, 3, 1, 1)), TensorMeta((1, 5)), 1, 1, 2, 3, 8, 8).scalar_ops.total
    164
    """
    # [n, c·ph·pw, h, w] = torchvision._ps_roi_align_backward([k, c, ph, pw], [k, 5], [k, c, ph, pw], ..)
    bins = (pooled_height, pooled_width)
    return roi_align_backward.work(grad, rois, *bins, channels, height, width, sampling_ratio, True)


class _Corner(NamedTuple):
    at: int
    weight: Any


def _axis(start: Any, size: Any, bins: int, ratio: int, length: int) -> list[list[Any]]:
    """Per bin and place the two taps along an axis; none for a place outside."""
    found = []
    for b in range(bins):
        first = start + size * float(b)
        found.append([_taps(first + (size * (i + 0.5)) / float(ratio), length) for i in range(ratio)])
    return found


def _taps(x: Any, length: int) -> list[_Corner] | None:
    below, beyond = x < -1.0, x > float(length)
    x = maximum(x, 0.0)
    low = floor_of(x.value)
    if low >= length - 1:  # the last element alone, by index arithmetic
        low, x = length - 1, x.tally.number(length - 1.0)
    high = x - floor(x)
    corners = [_Corner(min(low + 1, length - 1), high), _Corner(low, 1.0 - high)]
    return None if below or beyond else corners


def _places(
    roi: Any, scale: float, bins: tuple[int, int], ratio: int, aligned: bool, sizes: Sequence[int]
) -> Iterator[tuple[tuple[int, int], list[Any]]]:
    """Each bin with its places, and these as (positions, weights)."""
    x1, y1, x2, y2 = (c * scale - 0.5 if aligned else c * scale for c in roi[1:])
    width, height = x2 - x1, y2 - y1
    if not aligned:
        width, height = maximum(width, 1.0), maximum(height, 1.0)
    ys = _axis(y1, height / float(bins[0]), bins[0], ratio, sizes[0])
    xs = _axis(x1, width / float(bins[1]), bins[1], ratio, sizes[1])
    for at in np.ndindex(*bins):
        found: list[Any] = []
        for y, x in product(ys[at[0]], xs[at[1]]):
            if y is None or x is None:  # samples outside are 0, dense all the same
                nothing = roi[0].tally.number(0.0)
                found.append([(None, nothing * 0.0) for _ in range(4)])
            else:
                found.append([((a.at, b.at), a.weight * b.weight) for a, b in product(y, x)])
        yield (at[0], at[1]), found


def _value(plane: Any, corners: list[Any]) -> Any:
    pixels = [w if at is None else plane[at] for at, w in corners]
    return weighted(pixels, [w for _, w in corners])


@roi_align.program
def _roi_align(
    input: Any,
    rois: Any,
    spatial_scale: float,
    pooled_height: int,
    pooled_width: int,
    sampling_ratio: int,
    aligned: bool,
) -> Any:
    bins, sizes = (pooled_height, pooled_width), input.shape[2:]
    out = np.empty((len(rois), input.shape[1], *bins), dtype=object)
    for k, roi in enumerate(rois):
        image = input[int(roi[0].value)]
        for at, places in _places(roi, spatial_scale, bins, sampling_ratio, aligned, sizes):
            for c, plane in enumerate(image):
                values = [_value(plane, corners) for corners in places]
                result = (k, c, *at)
                out[result] = reduce(lambda a, b: a + b, values) / float(len(values))
    return out


@roi_align_backward.program
def _roi_align_backward(
    grad: Any,
    rois: Any,
    spatial_scale: float,
    pooled_height: int,
    pooled_width: int,
    batch_size: int,
    channels: int,
    height: int,
    width: int,
    sampling_ratio: int,
    aligned: bool,
) -> Any:
    """As many adds as the formula says if all samples of a channel meet, else fewer."""
    result = np.full((batch_size, channels, height, width), None, dtype=object)
    bins = (pooled_height, pooled_width)
    for k, roi in enumerate(rois):
        n = int(roi[0].value)
        for at, places in _places(roi, spatial_scale, bins, sampling_ratio, aligned, (height, width)):
            for c in range(channels):
                place = (k, c, *at)
                share = grad[place] / float(len(places))
                for position, weight in (corner for corners in places for corner in corners):
                    part = share * weight
                    if position is not None:
                        scatter_add(result, (n, c, *position), part)
    return filled(result)


@formula(torchvision._roi_pool_backward, torchvision._ps_roi_pool_backward)
def roi_pool_backward(grad: Meta, channels: int) -> Work:
    """Each gradient goes to one element (of ps_roi_pool: of as many as its bin has, one divide): at most the adds.

    >>> roi_pool_backward.work(TensorMeta((2, 3, 4, 4)), 3).scalar_ops.total
    93
    """
    # [n, c, h, w] = torchvision._roi_pool_backward([k, c, ph, pw], [k, 5], [k, c, ph, pw], ..)
    return scalar(add=max(grad.numel - channels, 0))


@formula(torchvision.nms)
def nms(dets: Meta) -> Work:
    """Scores sorted, an area per box (3), and at most every pair: intersection over union and its compare (13).

    >>> nms.work(TensorMeta((4, 4))).scalar_ops.total  # 5 + 12 + 78
    95
    """
    # [kept] = torchvision.nms([n, 4], [n], threshold)
    n = dets.shape[0]
    pairs = n * (n - 1) // 2
    order = sort.work(TensorMeta((n,), dets.dtype))
    pair = scalar(compare=7, add=4, multiply=1, divide=1)
    return order + scalar(add=2, multiply=1) * n + pair * pairs


@nms.program
def _nms(dets: Any, scores: Any, iou_threshold: float) -> Any:
    """At most: a box that is gone is not compared again."""
    assert sort.scalar_program is not None
    order = sorted(range(len(scores)), key=lambda i: -scores[i].value)
    sort.scalar_program(scores)
    areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in dets]
    kept: list[int] = []
    gone: set[int] = set()
    for place, i in enumerate(order):
        if i in gone:
            continue
        kept.append(i)
        for j in order[place + 1 :]:
            if j not in gone and _overlap(dets[i], dets[j], areas[i], areas[j]) > iou_threshold:
                gone.add(j)
    return np.array(kept)


def _overlap(a: Any, b: Any, area: Any, other: Any) -> Any:
    width = maximum(minimum(a[2], b[2]) - maximum(a[0], b[0]), 0.0)
    height = maximum(minimum(a[3], b[3]) - maximum(a[1], b[1]), 0.0)
    both = width * height
    return both / (area + other - both)
