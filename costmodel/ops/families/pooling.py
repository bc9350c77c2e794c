"""Pooling, forward (COUNTING row 3): a window of k elements is k − 1 compares, or k − 1 adds and a divide.

Padding belongs to the window, as in a convolution (row 2); what ceil mode lets hang over it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import maximum
from costmodel.ops.packets import aten
from costmodel.ops.windows import Windows, adaptive, elements, inside, positions, sliding_axes

Meta = TensorMeta
Sizes = Sequence[int]


def _first(out: Meta | tuple[Meta, ...]) -> Meta:
    return out[0] if isinstance(out, tuple) else out


def _lengths(x: Any, rank: int) -> tuple[int, ...]:
    return tuple(x.shape[-rank:])


def _axes(self: Meta, out: Meta, kernel_size: Sizes, stride: Sizes, padding: Any, dilation: Any = 1) -> list[Windows]:
    rank = len(kernel_size)
    return sliding_axes(_lengths(self, rank), _lengths(out, rank), kernel_size, stride, padding, dilation)


def _combined(self: Meta, axes: Sequence[Windows]) -> tuple[int, int]:
    """Combining operations and outputs."""
    planes = self.numel // max(prod(self.shape[-len(axes) :]), 1)
    outputs = prod(len(windows) for windows in axes)
    return planes * (elements(axes) - outputs), planes * outputs


def pool(x: Any, axes: Sequence[Windows], fill: float, combine: Callable[[Any, list[Any]], Any]) -> Any:
    """The published program: ``combine(output position, window)`` for every window of every plane."""
    rank = len(axes)
    planes = x.reshape(-1, *x.shape[-rank:])
    padding = planes.flat[0].tally.number(fill)
    out = np.empty((len(planes), *map(len, axes)), dtype=object)
    for n, plane in enumerate(planes):
        for output, window in positions(axes):
            values = [plane[p] if _within(p, plane.shape) else padding for p in window]
            out[n][output] = combine(output, values)
    return out.reshape(*x.shape[:-rank], *map(len, axes))


def _within(position: tuple[int, ...], shape: Sequence[int]) -> bool:
    return all(0 <= p < length for p, length in zip(position, shape, strict=True))


def _largest(_: Any, window: list[Any]) -> Any:
    return reduce(maximum, window)


def _outputs(
    x: Any, rank: int, kernel_size: Sizes, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> list[Windows]:
    """Windows of a program's input, with as many outputs as torch makes."""
    pools: Any = (
        torch.nn.functional.max_pool1d,
        torch.nn.functional.max_pool2d,
        torch.nn.functional.max_pool3d,
    )
    shape = pools[rank - 1](
        torch.zeros(1, *_lengths(x, rank)), kernel_size, stride or None, padding, dilation, ceil_mode
    ).shape
    return sliding_axes(_lengths(x, rank), shape[-rank:], kernel_size, stride, padding, dilation)


@formula(aten.max_pool2d_with_indices, aten.max_pool3d_with_indices, aten.max_pool1d, keeps_channels=True)
def max_pool(self: Meta, kernel_size: Sizes, out: Any, stride: Sizes = (), padding: Any = 0, dilation: Any = 1) -> Work:
    """k − 1 compares per window of k.

    >>> max_pool.work(TensorMeta((1, 6, 28, 28)), (2, 2), TensorMeta((1, 6, 14, 14))).scalar_ops.total
    3528
    """
    # [N, C, P, Q] = aten.max_pool2d_with_indices([N, C, H, W], kernel)
    axes = _axes(self, _first(out), kernel_size, stride, padding, dilation)
    return scalar(compare=_combined(self, axes)[0])


@max_pool.program
def _max_pool(
    self: Any,
    kernel_size: Sizes,
    stride: Sizes = (),
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    axes = _outputs(self, len(kernel_size), kernel_size, stride, padding, dilation, ceil_mode)
    return (pool(self, axes, -float("inf"), _largest),)


@formula(aten.avg_pool2d, aten.avg_pool3d, aten.avg_pool1d, keeps_channels=True)
def avg_pool(self: Meta, kernel_size: Sizes, out: Meta, stride: Sizes = (), padding: Any = 0) -> Work:
    """k − 1 adds and a divide per window of k.

    >>> avg_pool.work(TensorMeta((1, 1, 4, 4)), (2, 2), TensorMeta((1, 1, 2, 2))).scalar_ops.total
    16
    """
    # [N, C, P, Q] = aten.avg_pool2d([N, C, H, W], kernel)
    adds, outputs = _combined(self, _axes(self, out, kernel_size, stride, padding))
    return scalar(add=adds, divide=outputs)


@avg_pool.program
def _avg_pool(
    self: Any,
    kernel_size: Sizes,
    stride: Sizes = (),
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    rank = len(kernel_size)
    axes = _outputs(self, rank, kernel_size, stride, padding, 1, ceil_mode)
    divisor = divisors(axes, _lengths(self, rank), count_include_pad, divisor_override)
    return pool(self, axes, 0.0, lambda output, window: reduce(lambda a, b: a + b, window) / divisor(output))


def divisors(
    axes: Sequence[Windows], lengths: Sequence[int], count_include_pad: bool, override: int | None
) -> Callable[[tuple[int, ...]], float]:
    """What the sum of an output's window is divided by."""
    counted = axes if count_include_pad else inside(axes, lengths)

    def divisor(output: tuple[int, ...]) -> float:
        return float(override or prod(len(w[o]) for w, o in zip(counted, output, strict=True)))

    return divisor


def _adaptive_axes(self: Any, outputs: Sequence[int]) -> list[Windows]:
    return [adaptive(i, o) for i, o in zip(_lengths(self, len(outputs)), outputs, strict=True)]


@formula(aten.adaptive_max_pool2d, aten.adaptive_max_pool3d, keeps_channels=True)
def adaptive_max_pool(self: Meta, output_size: Sequence[int]) -> Work:
    """k − 1 compares per window of k, by the true window sizes.

    >>> adaptive_max_pool.work(TensorMeta((1, 1, 5, 4)), (3, 2)).scalar_ops.total
    22
    """
    # [N, C, P, Q], [N, C, P, Q] = aten.adaptive_max_pool2d([N, C, H, W], [P, Q])
    return scalar(compare=_combined(self, _adaptive_axes(self, output_size))[0])


@adaptive_max_pool.program
def _adaptive_max_pool(self: Any, output_size: Sequence[int]) -> Any:
    return (pool(self, _adaptive_axes(self, output_size), 0.0, _largest),)


@formula(aten._adaptive_avg_pool2d, aten._adaptive_avg_pool3d, aten.adaptive_avg_pool1d, keeps_channels=True)
def adaptive_avg_pool(self: Meta, output_size: Sequence[int]) -> Work:
    """k − 1 adds and a divide per window of k, by the true window sizes.

    >>> adaptive_avg_pool.work(TensorMeta((1, 1, 5, 4)), (3, 2)).scalar_ops.total
    28
    """
    # [N, C, P, Q] = aten._adaptive_avg_pool2d([N, C, H, W], [P, Q])
    adds, outputs = _combined(self, _adaptive_axes(self, output_size))
    return scalar(add=adds, divide=outputs)


@adaptive_avg_pool.program
def _adaptive_avg_pool(self: Any, output_size: Sequence[int]) -> Any:
    axes = _adaptive_axes(self, output_size)
    divisor = divisors(axes, _lengths(self, len(axes)), True, None)
    return pool(self, axes, 0.0, lambda output, window: reduce(lambda a, b: a + b, window) / divisor(output))
