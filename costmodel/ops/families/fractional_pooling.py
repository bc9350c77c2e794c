"""Fractional max pooling: windows of fixed size at drawn positions, which arrive as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.pooling_backward import filled, scatter_add
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import maximum
from costmodel.ops.packets import aten

Meta = TensorMeta
Sizes = Sequence[int]


@formula(aten.fractional_max_pool2d, aten.fractional_max_pool3d, keeps_channels=True)
def fractional_max_pool(self: Meta, kernel_size: Sizes, output_size: Sizes) -> Work:
    """k² − 1 compares per output (COUNTING row 3).

    >>> fractional_max_pool.work(TensorMeta((1, 2, 8, 8)), (2, 2), (5, 5)).scalar_ops.total
    150
    """
    # [N, C, P, Q] = aten.fractional_max_pool2d([N, C, H, W], kernel_size, output_size, [N, C, 2])
    rank = len(output_size)
    planes = self.numel // max(prod(self.shape[-rank:]), 1)
    return scalar(compare=planes * prod(output_size) * (prod(kernel_size) - 1))


def _starts(sample: float, length: int, outputs: int, kernel: int) -> list[int]:
    """Where the windows of one axis begin (Graham, Fractional Max-Pooling, 2014, as ATen draws it)."""
    if outputs == 1:
        return [length - kernel]
    step = (length - kernel) / (outputs - 1)
    return [int((i + sample) * step) - int(sample * step) for i in range(outputs - 1)] + [length - kernel]


@fractional_max_pool.program
def _fractional_max_pool(self: Any, kernel_size: Sizes, output_size: Sizes, random_samples: Any) -> Any:
    rank = len(output_size)
    planes = self.reshape(-1, *self.shape[-rank:])
    samples = random_samples.reshape(len(planes), rank)
    result = np.empty((len(planes), *output_size), dtype=object)
    for n, plane in enumerate(planes):
        # ATen keeps the samples of 2-D pooling in the order W, H and of 3-D pooling in the order T, H, W
        drawn = samples[n][::-1] if rank == 2 else samples[n]
        axes = [
            _starts(getattr(s, "value", s), i, o, k)
            for s, i, o, k in zip(drawn, plane.shape, output_size, kernel_size, strict=True)
        ]
        for place in product(*(range(o) for o in output_size)):
            corner = [axis[i] for axis, i in zip(axes, place, strict=True)]
            window = plane[tuple(slice(c, c + k) for c, k in zip(corner, kernel_size, strict=True))]
            result[n][place] = reduce(maximum, window.reshape(-1))
    return (result.reshape(*self.shape[:-rank], *output_size),)


@formula(aten.fractional_max_pool2d_backward, aten.fractional_max_pool3d_backward)
def fractional_max_pool_backward(grad_output: Meta, self: Meta, kernel_size: Sizes, output_size: Sizes) -> Work:
    """At most outputs − windows without a common position adds (COUNTING row 11); every k-th window is such a one.

    >>> y, x = TensorMeta((1, 1, 4, 4)), TensorMeta((1, 1, 8, 8))
    >>> fractional_max_pool_backward.work(y, x, (2, 2), (4, 4)).scalar_ops.total
    12
    """
    # [N, C, H, W] = aten.fractional_max_pool2d_backward([N, C, P, Q], [N, C, H, W], kernel_size, output_size, ..)
    planes = grad_output.numel // max(prod(output_size), 1)
    apart = prod(-(-o // k) for o, k in zip(output_size, kernel_size, strict=True))
    return scalar(add=planes * (prod(output_size) - apart))


@fractional_max_pool_backward.program
def _fractional_max_pool_backward(
    grad_output: Any, self: Any, kernel_size: Sizes, output_size: Sizes, indices: Any
) -> Any:
    rank = len(output_size)
    inputs, outputs = prod(self.shape[-rank:]), prod(output_size)
    dx = np.full((self.size // inputs, inputs), None, dtype=object)
    for n, (grads, hits) in enumerate(zip(grad_output.reshape(-1, outputs), indices.reshape(-1, outputs), strict=True)):
        for grad, hit in zip(grads, hits, strict=True):
            scatter_add(dx[n], hit, grad)
    return filled(dx).reshape(self.shape)
