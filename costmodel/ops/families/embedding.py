"""Embedding look-up (free) and the adds of its gradient; bags of embeddings (COUNTING row 15).

Which rows an index tensor touches is data, not shape. The gradient is therefore counted by its upper bound:
all indices name one row, so every contribution but the first is an add. It is exact for that case only.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array
from costmodel.ops.number import maximum
from costmodel.ops.packets import aten

_SUM, _MEAN, _MAX = 0, 1, 2


@formula(aten.embedding, weights=("weight",), looks_up="weight")
def embedding(weight: TensorMeta, indices: TensorMeta) -> Work:
    """Moving rows is free.

    >>> embedding.work(TensorMeta((10, 3)), TensorMeta((4, 6), "int64")).scalar_ops.total
    0
    """
    # [.., w] = aten.embedding([rows, w], [..])
    return ZERO


@formula(aten.embedding_dense_backward)
def embedding_dense_backward(grad_output: TensorMeta, indices: TensorMeta, scale_grad_by_freq: bool = False) -> Work:
    """At most (indices − rows touched) · width adds, and at least one row is touched: (indices − 1) · width.

    ``scale_grad_by_freq`` divides each contribution by its row's frequency.

    >>> embedding_dense_backward.work(TensorMeta((4, 6, 3)), TensorMeta((4, 6), "int64")).scalar_ops.total
    69
    """
    # [rows, w] = aten.embedding_dense_backward([.., w], [..])
    width = grad_output.numel // max(indices.numel, 1)
    divide = grad_output.numel if scale_grad_by_freq else 0
    return scalar(add=max(grad_output.numel - width, 0), divide=divide)


@embedding_dense_backward.program
def _embedding_dense_backward(
    grad_output: Array,
    indices: Array,
    num_weights: int,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
) -> Array:
    """Adds of repeated indices: as many as the formula says if all indices are equal, else fewer."""
    rows = grad_output.reshape(indices.size, -1)
    return _scatter(rows, indices, num_weights, padding_idx, scale_grad_by_freq)


def _scatter(rows: Array, indices: Array, num_weights: int, padding_idx: int, by_freq: bool) -> Array:
    counts = np.bincount(indices.reshape(-1), minlength=num_weights)
    result: list[Any] = [None] * num_weights
    for row, index in zip(rows, indices.reshape(-1), strict=True):
        if index == padding_idx:
            continue
        row = row / float(counts[index]) if by_freq else row
        result[index] = row if result[index] is None else result[index] + row
    empty = np.zeros(rows.shape[1], dtype=object)
    return np.stack([empty if row is None else row for row in result])


@formula(aten._embedding_bag, aten._embedding_bag_forward_only, samples="weight")
def embedding_bag(
    weight: TensorMeta,
    indices: TensorMeta,
    offsets: TensorMeta,
    mode: int = _SUM,
    per_sample_weights: TensorMeta | None = None,
    include_last_offset: bool = False,
) -> Work:
    """Sum: (indices − bags) · width adds, every bag taken to hold an index; mean: 1 divide more per output;
    max: compares in place of adds. Weights of samples are 1 multiply per index and column.

    >>> bags = TensorMeta((24,), "int64"), TensorMeta((4,), "int64")
    >>> [embedding_bag.work(TensorMeta((10, 3)), *bags, mode).scalar_ops.total for mode in (0, 1, 2)]
    [60, 72, 60]
    """
    # [bags, w], … = aten._embedding_bag([rows, w], [i], [bags])
    width, bags = weight.shape[1], offsets.numel - include_last_offset
    joined = max(indices.numel - bags, 0) * width
    return scalar(
        add=joined if mode != _MAX else 0,
        compare=joined if mode == _MAX else 0,
        divide=bags * width if mode == _MEAN else 0,
        multiply=indices.numel * width if per_sample_weights is not None else 0,
    )


@embedding_bag.program
def _embedding_bag(
    weight: Array,
    indices: Array,
    offsets: Array,
    mode: int = _SUM,
    per_sample_weights: Array | None = None,
    include_last_offset: bool = False,
) -> Array:
    ends = [*offsets[1:]] if include_last_offset else [*offsets[1:], len(indices)]
    larger = np.vectorize(maximum, otypes=[object])
    bags = []
    for start, end in zip(offsets, ends, strict=False):
        rows = [weight[indices[j]] for j in range(start, end)]
        if per_sample_weights is not None:
            rows = [row * s for row, s in zip(rows, per_sample_weights[start:end], strict=True)]
        bag = reduce(lambda a, b: larger(a, b) if mode == _MAX else a + b, rows)
        bags.append(bag / float(len(rows)) if mode == _MEAN else bag)
    return np.stack(bags)


@formula(aten._embedding_bag_backward, aten._embedding_bag_dense_backward)
def embedding_bag_backward(
    grad: TensorMeta,
    indices: TensorMeta,
    mode: int,
    scale_grad_by_freq: bool = False,
    per_sample_weights: TensorMeta | None = None,
    sparse: bool = False,
) -> Work:
    """Sum and mean: at most (indices − 1) · width adds, mean with 1 divide per element of ``grad``; max: each
    bag gives one contribution per column, at most (bags − 1) · width adds. A sparse gradient keeps all rows: no adds,
    and a mean is 1 reciprocal per bag and 1 multiply per row and column.

    >>> grad, indices = TensorMeta((4, 3)), TensorMeta((24,), "int64")
    >>> [embedding_bag_backward.work(grad, indices, mode).scalar_ops.total for mode in (0, 1, 2)]
    [69, 81, 9]
    """
    # [rows, w] = aten._embedding_bag_backward([bags, w], [i])
    bags, width = grad.shape
    contributions = (bags if mode == _MAX else indices.numel) * width
    if sparse:
        factors = (mode == _MEAN) + (per_sample_weights is not None)
        return scalar(multiply=factors * contributions, divide=bags if mode == _MEAN else 0)
    return scalar(
        add=max(contributions - width, 0),
        divide=(grad.numel if mode == _MEAN else 0) + (contributions if scale_grad_by_freq else 0),
        multiply=contributions if per_sample_weights is not None else 0,
    )


@embedding_bag_backward.program
def _embedding_bag_backward(
    grad: Array,
    indices: Array,
    offset2bag: Array,
    bag_size: Array,
    maximum_indices: Array,
    num_weights: int,
    scale_grad_by_freq: bool,
    mode: int,
    per_sample_weights: Array | None = None,
    padding_idx: int = -1,
) -> Array:
    """As many adds as the formula says if all indices are equal, else fewer. Needs ``offset2bag``."""
    if mode == _MAX:
        columns = [
            _scatter(grad[:, [j]], maximum_indices[:, j], num_weights, padding_idx, scale_grad_by_freq)
            for j in range(grad.shape[1])
        ]
        return np.concatenate(columns, axis=1)
    bags = grad / bag_size.astype(float)[:, None] if mode == _MEAN else grad
    rows = bags[offset2bag]
    if per_sample_weights is not None:
        rows = rows * per_sample_weights[:, None]
    return _scatter(rows, indices, num_weights, padding_idx, scale_grad_by_freq)


@formula(aten._embedding_bag_per_sample_weights_backward)
def embedding_bag_weights_backward(grad: TensorMeta, indices: TensorMeta) -> Work:
    """A weight's gradient is the dot of its row and its bag's gradient.

    >>> embedding_bag_weights_backward.work(TensorMeta((4, 3)), TensorMeta((24,), "int64")).scalar_ops.total
    120
    """
    # [i] = aten._embedding_bag_per_sample_weights_backward([bags, w], [rows, w], [i], [bags], [i])
    width = grad.shape[-1]
    return scalar(multiply=indices.numel * width, add=indices.numel * max(width - 1, 0))


@embedding_bag_weights_backward.program
def _embedding_bag_weights_backward(grad: Array, weight: Array, indices: Array, offset2bag: Array) -> Array:
    pairs = zip(offset2bag, indices, strict=True)
    return np.array([reduce(add, grad[bag] * weight[i]) for bag, i in pairs], dtype=object)
