"""Pooling, backward (COUNTING row 11): what several windows give to one input is added, the rest is moved.

Max pooling routes by saved index, so the number of adds depends on the data: outputs − inputs hit. From
the shapes alone it is *at most* outputs − (windows without a common position), since each of these hits
an input of its own; where no two windows overlap this is exactly 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.pooling import Sizes, divisors
from costmodel.ops.formula import formula, scalar
from costmodel.ops.packets import aten
from costmodel.ops.windows import (
    Windows,
    adaptive,
    disjoint,
    elements,
    inside,
    positions,
    sliding_axes,
    touched,
)

Meta = TensorMeta


def scatter_add(grad: Any, position: Any, value: Any) -> None:
    """The first value at a position is stored, every further one is added."""
    grad[position] = value if grad[position] is None else grad[position] + value


def filled(grad: Any) -> Any:
    """Zero where nothing was stored."""
    flat = np.array([0.0 if value is None else value for value in grad.reshape(-1)], dtype=object)
    return flat.reshape(grad.shape)


def _planes(grad_output: Meta, rank: int) -> int:
    return grad_output.numel // max(prod(grad_output.shape[-rank:]), 1)


def _axes(
    self: Any, grad_output: Any, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Any = 1
) -> list[Windows]:
    rank = len(kernel_size)
    lengths, outputs = self.shape[-rank:], grad_output.shape[-rank:]
    return inside(sliding_axes(lengths, outputs, kernel_size, stride, padding, dilation), lengths)


def _adaptive_axes(self: Any, grad_output: Any) -> list[Windows]:
    # batch and channel axes too: as many outputs as inputs are windows of one element
    return [adaptive(i, o) for i, o in zip(self.shape, grad_output.shape, strict=True)]


def _routed(self: Any, grad_output: Any, indices: Any, rank: int) -> Any:
    inputs, outputs = prod(self.shape[-rank:]), prod(grad_output.shape[-rank:])
    dx = np.full((self.size // inputs, inputs), None, dtype=object)
    for n, (grads, hits) in enumerate(zip(grad_output.reshape(-1, outputs), indices.reshape(-1, outputs), strict=True)):
        for grad, hit in zip(grads, hits, strict=True):
            scatter_add(dx[n], hit, grad)
    return filled(dx).reshape(self.shape)


@formula(aten.max_pool2d_with_indices_backward, aten.max_pool3d_with_indices_backward)
def max_pool_backward(
    grad_output: Meta, self: Meta, kernel_size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Work:
    """At most outputs − disjoint windows adds.

    >>> y, x = TensorMeta((1, 1, 2, 2)), TensorMeta((1, 1, 4, 4))
    >>> max_pool_backward.work(y, x, (2, 2), (2, 2), (0, 0), (1, 1)).scalar_ops.total
    0
    >>> max_pool_backward.work(y, x, (3, 3), (1, 1), (0, 0), (1, 1)).scalar_ops.total
    3
    """
    # [N, C, H, W] = aten.max_pool2d_with_indices_backward([N, C, P, Q], [N, C, H, W], ..)
    axes = _axes(self, grad_output, kernel_size, stride, padding, dilation)
    outputs = prod(map(len, axes))
    return scalar(add=_planes(grad_output, len(axes)) * (outputs - disjoint(axes)))


@max_pool_backward.program
def _max_pool_backward(
    grad_output: Any,
    self: Any,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    indices: Any,
) -> Any:
    return _routed(self, grad_output, indices, len(kernel_size))


@formula(aten.adaptive_max_pool2d_backward, aten.adaptive_max_pool3d_backward)
def adaptive_max_pool_backward(grad_output: Meta, self: Meta) -> Work:
    """At most outputs − disjoint windows adds: 0 where the output's size divides the input's.

    >>> adaptive_max_pool_backward.work(TensorMeta((1, 1, 3, 2)), TensorMeta((1, 1, 5, 4))).scalar_ops.total
    2
    """
    # [N, C, H, W] = aten.adaptive_max_pool2d_backward([N, C, P, Q], [N, C, H, W], ..)
    axes = _adaptive_axes(self, grad_output)
    outputs = prod(map(len, axes))
    return scalar(add=_planes(grad_output, len(axes)) * (outputs - disjoint(axes)))


@adaptive_max_pool_backward.program
def _adaptive_max_pool_backward(grad_output: Any, self: Any, indices: Any) -> Any:
    return _routed(self, grad_output, indices, 2 if len(self.shape) == 4 else 3)


def _spread_work(grad_output: Meta, axes: Sequence[Windows]) -> Work:
    planes = _planes(grad_output, len(axes))
    return scalar(divide=grad_output.numel, add=planes * (elements(axes) - touched(axes)))


def _spread(grad_output: Any, self: Any, axes: Sequence[Windows], divisor: Any) -> Any:
    rank = len(axes)
    grads = grad_output.reshape(-1, *grad_output.shape[-rank:])
    dx = np.full((len(grads), *self.shape[-rank:]), None, dtype=object)
    for n, plane in enumerate(grads):
        for output, window in positions(axes):
            share = plane[output] / divisor(output)
            for position in window:
                scatter_add(dx[n], position, share)
    return filled(dx).reshape(self.shape)


@formula(aten.avg_pool2d_backward, aten.avg_pool3d_backward)
def avg_pool_backward(grad_output: Meta, self: Meta, kernel_size: Sizes, stride: Sizes, padding: Sizes) -> Work:
    """1 divide per output; adds = window elements inside the input − inputs touched.

    >>> y, x = TensorMeta((1, 1, 2, 2)), TensorMeta((1, 1, 3, 3))
    >>> avg_pool_backward.work(y, x, (2, 2), (1, 1), (0, 0)).scalar_ops.total
    11
    """
    # [N, C, H, W] = aten.avg_pool2d_backward([N, C, P, Q], [N, C, H, W], ..)
    return _spread_work(grad_output, _axes(self, grad_output, kernel_size, stride, padding))


@avg_pool_backward.program
def _avg_pool_backward(
    grad_output: Any,
    self: Any,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    axes = _axes(self, grad_output, kernel_size, stride, padding)
    lengths = self.shape[-len(axes) :]
    padded = sliding_axes(lengths, list(map(len, axes)), kernel_size, stride, padding)
    return _spread(grad_output, self, axes, divisors(padded, lengths, count_include_pad, divisor_override))


@formula(aten._adaptive_avg_pool2d_backward, aten._adaptive_avg_pool3d_backward)
def adaptive_avg_pool_backward(grad_output: Meta, self: Meta) -> Work:
    """1 divide per output; adds = window elements − inputs touched.

    >>> adaptive_avg_pool_backward.work(TensorMeta((1, 1, 3, 2)), TensorMeta((1, 1, 5, 4))).scalar_ops.total
    14
    """
    # [N, C, H, W] = aten._adaptive_avg_pool2d_backward([N, C, P, Q], [N, C, H, W])
    return _spread_work(grad_output, _adaptive_axes(self, grad_output))


@adaptive_avg_pool_backward.program
def _adaptive_avg_pool_backward(grad_output: Any, self: Any) -> Any:
    axes = _adaptive_axes(self, grad_output)
    return _spread(grad_output, self, axes, divisors(axes, self.shape[-len(axes) :], True, None))
