"""Padding and folding: forward moves; backward adds what several places give to one input (row 15)."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.families.pooling_backward import filled, scatter_add
from costmodel.ops.formula import formula, scalar
from costmodel.ops.packets import aten
from costmodel.ops.windows import Windows, elements, inside, positions, sliding, touched

Meta = TensorMeta


def _gathered(grads: Any, sources: Any, size: int) -> Any:
    """Flat inputs that receive ``grads`` at ``sources``: the first is stored, the others are added."""
    dx = np.full(size, None, dtype=object)
    for grad, source in zip(grads.reshape(-1), sources.reshape(-1), strict=True):
        scatter_add(dx, source, grad)
    return filled(dx)


def _pad_backward_work(grad_output: Meta, self: Meta, padding: Sequence[int]) -> Work:
    rank = len(padding) // 2
    cut = [min(left, 0) + min(right, 0) for left, right in zip(padding[::2], padding[1::2], strict=True)][::-1]
    lengths = self.shape[-rank:]
    kept = prod(length + c for length, c in zip(lengths, cut, strict=True))
    return scalar(add=grad_output.numel - prod(self.shape[:-rank]) * kept)


def _pad_backward(grad_output: Any, self: Any, padding: Sequence[int], mode: str) -> Any:
    places = torch.arange(self.size, dtype=torch.float64).reshape(self.shape)
    sources = torch.nn.functional.pad(places, list(padding), mode=mode).long().numpy()
    return _gathered(grad_output, sources, self.size).reshape(self.shape)


@formula(aten.reflection_pad1d_backward, aten.reflection_pad2d_backward, aten.reflection_pad3d_backward)
def reflection_pad_backward(grad_output: Meta, self: Meta, padding: Sequence[int]) -> Work:
    """Adds = outputs − inputs touched.

    >>> reflection_pad_backward.work(TensorMeta((1, 7)), TensorMeta((1, 4)), (1, 2)).scalar_ops.total
    3
    """
    # [N, C, ..] = aten.reflection_pad2d_backward([N, C, .. + padding], [N, C, ..], padding)
    return _pad_backward_work(grad_output, self, padding)


@reflection_pad_backward.program
def _reflection_pad_backward(grad_output: Any, self: Any, padding: Sequence[int]) -> Any:
    return _pad_backward(grad_output, self, padding, "reflect")


@formula(aten.replication_pad1d_backward, aten.replication_pad2d_backward, aten.replication_pad3d_backward)
def replication_pad_backward(grad_output: Meta, self: Meta, padding: Sequence[int]) -> Work:
    """Adds = outputs − inputs touched.

    >>> replication_pad_backward.work(TensorMeta((1, 7)), TensorMeta((1, 4)), (1, 2)).scalar_ops.total
    3
    """
    # [N, C, ..] = aten.replication_pad2d_backward([N, C, .. + padding], [N, C, ..], padding)
    return _pad_backward_work(grad_output, self, padding)


@replication_pad_backward.program
def _replication_pad_backward(grad_output: Any, self: Any, padding: Sequence[int]) -> Any:
    return _pad_backward(grad_output, self, padding, "replicate")


def _blocks(
    output_size: Sequence[int],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> list[Windows]:
    sizes = zip(output_size, kernel_size, dilation, padding, stride, strict=True)
    axes = [sliding(length, (length + 2 * p - d * (k - 1) - 1) // s + 1, k, s, p, d) for length, k, d, p, s in sizes]
    return inside(axes, output_size)


@formula(aten.col2im)
def col2im(
    self: Meta,
    output_size: Sequence[int],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Work:
    """Adds = block elements inside the image − pixels touched.

    >>> col2im.work(TensorMeta((1, 4, 4)), (3, 3), (2, 2), (1, 1), (0, 0), (1, 1)).scalar_ops.total
    7
    """
    # [N, C, H, W] = aten.col2im([N, C·R·S, P·Q], [H, W], [R, S], ..)
    axes = _blocks(output_size, kernel_size, dilation, padding, stride)
    planes = prod(self.shape[:-1]) // max(prod(kernel_size), 1)
    return scalar(add=planes * (elements(axes) - touched(axes)))


@col2im.program
def _col2im(
    self: Any,
    output_size: Sequence[int],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Any:
    axes = [
        sliding(length, (length + 2 * p - d * (k - 1) - 1) // s + 1, k, s, p, d)
        for length, k, d, p, s in zip(output_size, kernel_size, dilation, padding, stride, strict=True)
    ]
    batch = self.shape[:-2]
    columns = self.reshape(-1, prod(kernel_size), self.shape[-1])
    image = np.full((len(columns), *output_size), None, dtype=object)
    for n, plane in enumerate(columns):
        for block, (_, window) in enumerate(positions(axes)):
            for k, position in enumerate(window):
                if all(0 <= p < length for p, length in zip(position, output_size, strict=True)):
                    scatter_add(image, (n, *position), plane[k, block])
    return filled(image).reshape(*batch, -1, *output_size)


@formula(aten.unfold_backward)
def unfold_backward(grad_in: Meta, input_sizes: Sequence[int], dim: int, size: int, step: int) -> Work:
    """Adds = window elements − inputs touched, where windows of ``size`` start every ``step``.

    >>> unfold_backward.work(TensorMeta((4, 3)), (6,), 0, 3, 1).scalar_ops.total
    6
    """
    # [.., n, ..] = aten.unfold_backward([.., windows, .., size], [.., n, ..], dim, size, step)
    if not input_sizes:  # a single number has a single window
        return ZERO
    lines = prod(input_sizes) // max(input_sizes[dim], 1)
    windows = grad_in.shape[dim]
    return scalar(add=grad_in.numel - lines * (size + (windows - 1) * min(size, step)))


@unfold_backward.program
def _unfold_backward(grad_in: Any, input_sizes: Sequence[int], dim: int, size: int, step: int) -> Any:
    places = torch.arange(prod(input_sizes)).reshape(tuple(input_sizes))
    sources = places.unfold(dim, size, step).numpy()
    return _gathered(grad_in, sources, prod(input_sizes)).reshape(tuple(input_sizes))
