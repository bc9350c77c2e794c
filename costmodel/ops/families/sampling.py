"""Samples at places that a tensor gives, ``F.grid_sample``: each is a dot of the inputs around it (GridSampler.h).

A coordinate from −1 to 1 becomes a place on its axis (scaled; clipped or reflected where the padding asks), and the
place 2 (linear) or 4 (cubic) taps with weights. These are formed once per point, the products once per channel.
Products with padding zeros are counted (COUNTING row 2); positions and whether they lie inside are index arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from itertools import product
from math import floor as floor_of
from math import fmod
from operator import add, mul
from typing import Any, NamedTuple

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ScalarOps, Work
from costmodel.ops.formula import formula
from costmodel.ops.number import Number, Tally, absolute, floor, maximum, minimum, transcendental, where
from costmodel.ops.packets import aten

Meta = TensorMeta

LINEAR, NEAREST, CUBIC = 0, 1, 2
ZEROS, BORDER, REFLECTION = 0, 1, 2
_CUBIC = -0.75
"""The constant of torch's cubic convolution (Keys, 1981)."""

nearest = transcendental(round)
remainder = transcendental(fmod)


class AxisTap(NamedTuple):
    """An index on an axis, its weight, and the weight's slope (a plain ±1, or a number)."""

    at: int
    weight: Any
    slope: Any


def place(x: Any, size: int, padding: int, align: bool) -> tuple[Any, Any]:
    """Where on an axis of ``size`` a coordinate lies, and the slope of that."""
    if align:
        at, slope = ((x + 1.0) / 2.0) * float(size - 1), (size - 1) / 2
    else:
        at, slope = ((x + 1.0) * float(size) - 1.0) / 2.0, size / 2
    if padding == REFLECTION:
        at, slope = _reflected(at, slope, size, align)
    return at if padding == ZEROS else _clipped(at, size), slope if padding == ZEROS else _kept(at, size, slope)


def _clipped(x: Any, size: int) -> Any:
    return minimum(maximum(x, 0.0), size - 1.0)


def _kept(x: Any, size: int, slope: Any) -> Any:
    """The clip's compares say this too."""
    value = x.value if isinstance(x, Number) else x
    return slope if 0 < value < size - 1 else 0.0


def _reflected(x: Any, slope: float, size: int, align: bool) -> tuple[Any, float]:
    low, span = (0.0, size - 1.0) if align else (-0.5, float(size))
    if span == 0:
        return x.tally.number(0.0), 0.0
    shifted = x - low
    apart = absolute(shifted)
    inside, times = remainder(apart, span), floor(apart / span)
    even = times.value % 2 == 0
    sign = 1.0 if (shifted.value >= 0) == even else -1.0
    return where(even, inside + low, span - inside + low), slope * sign


def axis_taps(x: Any, mode: int) -> list[AxisTap]:
    """The taps around a place, the highest first."""
    if mode == NEAREST:
        return [AxisTap(int(nearest(x).value), None, None)]
    low = floor(x)
    first = int(low.value)
    if mode == LINEAR:
        return [AxisTap(first + 1, x - low, 1.0), AxisTap(first, (first + 1.0) - x, -1.0)]
    t = x - low
    weights, slopes = _cubic(t)
    return [AxisTap(first - 1 + i, weights[i], slopes[i]) for i in reversed(range(4))]


def _cubic(t: Any) -> tuple[list[Any], list[Any]]:
    """Weights of 4 neighbours at distances 1 + t, t, 1 − t, 2 − t, and (uncounted) their slopes."""
    rest = 1.0 - t
    weights = [_far(t + 1.0), _near(t), _near(rest), _far(rest + 1.0)]
    return weights, [t, t, rest, rest]


def _near(d: Any) -> Any:
    return (d * (_CUBIC + 2) - (_CUBIC + 3)) * d * d + 1.0


def _far(d: Any) -> Any:
    return ((d * _CUBIC - 5 * _CUBIC) * d + 8 * _CUBIC) * d - 4 * _CUBIC


def bounded(index: int, size: int, padding: int, align: bool) -> int:
    """An index of a cubic tap after padding, by index arithmetic; −1 for a padding zero."""
    if padding == REFLECTION:
        low, span = (0.0, size - 1.0) if align else (-0.5, float(size))
        times, inside = (divmod(abs(index - low), span)) if span else (0.0, 0.0)
        index = floor_of(inside + low if times % 2 == 0 else span - inside + low) if span else 0
    if padding != ZEROS:
        index = min(max(index, 0), size - 1)
    return index if 0 <= index < size else -1


def weighted(pixels: Sequence[Any], weights: Sequence[Any]) -> Any:
    """Σ value · weight."""
    return reduce(add, map(mul, pixels, weights))


def pixel(plane: Any, position: tuple[int, ...]) -> Any:
    """An element of a plane, or the padding zero."""
    inside = all(0 <= i < size for i, size in zip(position, plane.shape, strict=True))
    return plane[position] if inside else plane.flat[0].tally.number(0.0)


def _sample(planes: Any, places: Sequence[Any], mode: int, padding: int, align: bool) -> list[Any]:
    """One sample of every channel."""
    taps = [axis_taps(x, mode) for x in places]
    sizes = planes.shape[1:]
    corners = list(product(*taps))
    if mode == CUBIC:
        return [_rows(plane, taps, sizes, padding, align) for plane in planes]
    positions = [tuple(tap.at for tap in corner) for corner in corners]
    if mode == NEAREST:
        return [pixel(plane, positions[0]) for plane in planes]
    weights = [reduce(mul, (tap.weight for tap in corner)) for corner in corners]
    return [weighted([pixel(plane, p) for p in positions], weights) for plane in planes]


def _rows(plane: Any, taps: list[list[AxisTap]], sizes: Sequence[int], padding: int, align: bool) -> Any:
    """Cubic: along x in 4 rows, then along y."""
    ys, xs = taps
    rows = []
    for y in ys:
        at = [tuple(bounded(t.at, n, padding, align) for t, n in zip((y, x), sizes, strict=True)) for x in xs]
        rows.append(weighted([pixel(plane, p) for p in at], [x.weight for x in xs]))
    return weighted(rows, [y.weight for y in ys])


def first_places(x: Any, sizes: Sequence[int], mode: int, padding: int, align: bool) -> list[Any]:
    """Places of a point whose coordinates stand in reverse order; cubic taps are padded one by one."""
    padded = ZEROS if mode == CUBIC else padding
    return [place(c, size, padded, align)[0] for c, size in zip(reversed(list(x)), sizes, strict=True)]


@lru_cache(maxsize=256)
def _per_point(sizes: tuple[int, ...], mode: int, padding: int, align: bool, channels: int) -> ScalarOps:
    tally = Tally()
    planes = np.full((channels, *[1] * len(sizes)), tally.number(0.5), dtype=object)
    places = first_places([tally.number(0.3) for _ in sizes], sizes, mode, padding, align)
    _sample(planes, places, mode, padding, align)
    return tally.scalar_ops()


def of_points(count: Callable[[int], ScalarOps], channels: int) -> ScalarOps:
    """Operations of a point with ``channels``, of which each after the first has the same."""
    one, two = count(1), count(2)
    each = {k: getattr(two, k) - getattr(one, k) for k in ScalarOps.__slots__}
    return one + ScalarOps(**each) * (channels - 1)


@formula(
    aten.grid_sampler_2d, aten.grid_sampler_3d, aten._grid_sampler_2d_cpu_fallback, keeps_channels=True, samples="input"
)
def grid_sampler(
    input: Meta, grid: Meta, interpolation_mode: int, padding_mode: int, align_corners: bool, out: Meta
) -> Work:
    """Bilinear with zeros: per point two coordinates (4 each), 2 floors, 4 weights (4 + 4); per channel 4 + 3.

    >>> image, grid = TensorMeta((1, 2, 4, 4)), TensorMeta((1, 3, 3, 2))
    >>> grid_sampler.work(image, grid, 0, 0, False, TensorMeta((1, 2, 3, 3))).scalar_ops.total
    288
    """
    # [N, C, ..outputs] = aten.grid_sampler_2d([N, C, ..inputs], [N, ..outputs, 2], mode, padding, align)
    how = (input.shape[2:], interpolation_mode, padding_mode, align_corners)
    points = grid.numel // max(grid.shape[-1], 1)
    return Work(scalar_ops=of_points(lambda c: _per_point(*how, c), input.shape[1]) * (points if out.numel else 0))


@grid_sampler.program
def _grid_sampler(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    how = (interpolation_mode, padding_mode, align_corners)
    out = np.empty((*input.shape[:2], *grid.shape[1:-1]), dtype=object)
    for n, *at in np.ndindex(*grid.shape[:-1]):
        point = (n, *at)
        places = first_places(grid[point], input.shape[2:], *how)
        for c, value in enumerate(_sample(input[n], places, *how)):
            result = (n, c, *at)
            out[result] = value
    return out
