"""The gradients of ``F.grid_sample``: to the image, by the weights of its taps, and to the grid, by their slopes.

Places, weights and slopes are formed again, once per point. Which taps meet is data: the image's gradient is counted by
its upper bound, all samples of a channel at one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from itertools import product
from operator import mul
from typing import Any, NamedTuple

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ScalarOps, Work
from costmodel.ops.families.pooling_backward import filled, scatter_add
from costmodel.ops.families.sampling import CUBIC, NEAREST, ZEROS, axis_taps, bounded, of_points, pixel, place
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import Tally
from costmodel.ops.packets import aten

Meta = TensorMeta
_How = tuple[int, int, bool]
_CUBIC = -0.75


class _Tap(NamedTuple):
    """A position in the image, its weight, and the weight's slope along each axis as (sign, size)."""

    position: tuple[int, ...]
    weight: Any
    slopes: list[tuple[float, Any]]


def _taps(places: Sequence[Any], sizes: Sequence[int], mode: int, padding: int, align: bool) -> list[_Tap]:
    axes = [axis_taps(x, mode) for x in places]
    if mode == NEAREST:
        return [_Tap(tuple(taps[0].at for taps in axes), None, [])]
    if mode == CUBIC:
        axes = [[tap._replace(slope=slope) for tap, slope in zip(taps, _slopes(taps), strict=True)] for taps in axes]
    found = []
    for corner in product(*axes):
        weights = [tap.weight for tap in corner]
        position = tuple(tap.at for tap in corner)
        if mode == CUBIC:
            position = tuple(bounded(i, n, padding, align) for i, n in zip(position, sizes, strict=True))
        found.append(_Tap(position, reduce(mul, weights), [_slope(corner, axis) for axis in range(len(axes))]))
    return found


def _slope(corner: Sequence[Any], axis: int) -> tuple[float, Any]:
    """The slope of one axis times the weights of the others; a plain ±1 is a sign."""
    slope = corner[axis].slope
    others = [tap.weight for i, tap in enumerate(corner) if i != axis]
    if isinstance(slope, float):
        return slope, reduce(mul, others)
    return 1.0, reduce(mul, others, slope)


def _slopes(taps: Sequence[Any]) -> list[Any]:
    """Slopes of the cubic weights, the highest tap first (what ``axis_taps`` keeps are distances)."""
    rest, _, t, _ = (tap.slope for tap in taps)
    return [-_far(rest + 1.0), -_near(rest), _near(t), _far(t + 1.0)]


def _near(d: Any) -> Any:
    return (d * (3 * (_CUBIC + 2)) - 2 * (_CUBIC + 3)) * d


def _far(d: Any) -> Any:
    return (d * (3 * _CUBIC) - 10 * _CUBIC) * d + 8 * _CUBIC


def _point(planes: Any, grads: Sequence[Any], x: Any, how: _How, d_planes: Any, wants_image: bool) -> list[Any]:
    """Gradient of one point's coordinates; what goes to the image is added to ``d_planes``, if there is one."""
    mode, padding, align = how
    sizes, padded = planes.shape[1:], ZEROS if mode == CUBIC else padding
    found = [place(c, n, padded, align) for c, n in zip(reversed(list(x)), sizes, strict=True)]
    taps = _taps([at for at, _ in found], sizes, *how)
    sums: list[Any] = [None] * len(sizes)
    for c, (plane, grad) in enumerate(zip(planes, grads, strict=True)):
        for tap in taps:
            if wants_image:
                share = grad if mode == NEAREST else grad * tap.weight
                if d_planes is not None and _inside(tap.position, sizes):
                    scatter_add(d_planes, (c, *tap.position), share)
            for axis, (sign, size) in enumerate(tap.slopes):
                share, known = pixel(plane, tap.position) * size * grad, sums[axis]
                sums[axis] = share if known is None else known + share if sign > 0 else known - share
    if mode == NEAREST:
        return [0.0] * len(sizes)
    return [total * slope for total, (_, slope) in zip(reversed(sums), reversed(found), strict=True)]


def _inside(position: Sequence[int], sizes: Sequence[int]) -> bool:
    return all(0 <= i < n for i, n in zip(position, sizes, strict=True))


@lru_cache(maxsize=256)
def _per_point(sizes: tuple[int, ...], how: _How, wants_image: bool, channels: int) -> ScalarOps:
    """All but the adds of the image's gradient."""
    tally = Tally()
    one = tally.number(0.5)
    planes = np.broadcast_to(np.array(one, dtype=object), (channels, *sizes))
    _point(planes, [one] * channels, [tally.number(0.3) for _ in sizes], how, None, wants_image)
    return tally.scalar_ops()


@formula(aten.grid_sampler_2d_backward, aten.grid_sampler_3d_backward, aten._grid_sampler_2d_cpu_fallback_backward)
def grid_sampler_backward(
    grad_output: Meta,
    input: Meta,
    grid: Meta,
    interpolation_mode: int,
    padding_mode: int,
    align_corners: bool,
    output_mask: Sequence[bool] = (True, True),
) -> Work:
    """Bilinear: per point its taps again (18) and 2; per channel and tap 1 + 2·2 multiplies and the adds of 3 sums.

    >>> dy, image, grid = TensorMeta((1, 1, 1, 1)), TensorMeta((1, 1, 4, 4)), TensorMeta((1, 1, 1, 2))
    >>> grid_sampler_backward.work(dy, image, grid, 0, 0, False).scalar_ops.total  # 18 + 2 + 20 + 6 + 3
    49
    """
    # [N, C, ..inputs], [N, ..outputs, 2] = aten.grid_sampler_2d_backward([N, C, ..outputs], [N, C, ..inputs], ..)
    if not grad_output.numel:
        return Work()
    how = (interpolation_mode, padding_mode, align_corners)
    points, channels = grid.numel // grid.shape[-1], input.shape[1]
    ops = of_points(lambda c: _per_point(input.shape[2:], how, output_mask[0], c), channels) * points
    taps = {NEAREST: 1, CUBIC: 16}.get(interpolation_mode, 1 << grid.shape[-1])
    meeting = max(points * taps - input.shape[0], 0) * channels if output_mask[0] else 0
    return Work(scalar_ops=ops) + scalar(add=meeting)


@grid_sampler_backward.program
def _grid_sampler_backward(
    grad_output: Any,
    input: Any,
    grid: Any,
    interpolation_mode: int,
    padding_mode: int,
    align_corners: bool,
    output_mask: Sequence[bool] = (True, True),
) -> Any:
    """As many adds as the formula says if a channel's taps all meet, else fewer."""
    how = (interpolation_mode, padding_mode, align_corners)
    d_input, d_grid = np.full(input.shape, None, dtype=object), np.empty(grid.shape, dtype=object)
    for n, *at in np.ndindex(*grid.shape[:-1]):
        point, channels = (n, *at), (n, slice(None), *at)
        grads = list(grad_output[channels])
        d_grid[point] = _point(input[n], grads, grid[point], how, d_input[n], output_mask[0])
    return filled(d_input) if output_mask[0] else None, d_grid
