"""Pairwise distances, ``torch.cdist`` and ``F.pdist``: the p-norm of every difference of two rows, and its gradient.

``aten._euclidean_dist`` is what cdist runs for p = 2 and more than 25 rows: by norms and one product.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import inf, prod
from operator import add
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.number import Tally, absolute, equal, maximum, power, sign, sqrt, where
from costmodel.ops.packets import aten


def _distance(x: Sequence[Any], y: Sequence[Any], p: float) -> Any:
    """The p-norm of x − y; for p = 0 the number of features that differ."""
    apart = [a - b for a, b in zip(x, y, strict=True)]
    if p == 0:
        return reduce(add, [where(equal(d, 0.0), d, 1.0) for d in apart])
    if p == 2:
        return sqrt(reduce(add, [d * d for d in apart]))
    sizes = [absolute(d) for d in apart]
    if p == inf:
        return reduce(maximum, sizes)
    if p == 1:
        return reduce(add, sizes)
    return power(reduce(add, [power(s, p) for s in sizes]), 1 / p)


def _slope(x: Sequence[Any], y: Sequence[Any], p: float, distance: Any, grad: Any) -> list[Any]:
    """What one pair adds to the gradient of x; nothing where the distance is 0."""
    apart = [a - b for a, b in zip(x, y, strict=True)]
    if p == 1:
        return [grad * sign(d) for d in apart]
    if p == inf:
        return [grad * sign(d) * where(equal(absolute(d), distance), 1.0, 0.0) for d in apart]
    here = equal(distance, 0.0)
    if p == 2:
        scale = where(here, 0.0, grad / where(here, 1.0, distance))
        return [scale * d for d in apart]
    scale = where(here, 0.0, grad / power(where(here, 1.0, distance), p - 1))
    return [scale * sign(d) * power(absolute(d), p - 1) for d in apart]


def _rows(count: int, tally: Tally) -> list[Any]:
    return [tally.number(0.5) for _ in range(count)]


@formula(aten._cdist_forward, no_nest=True)
def cdist(x1: TensorMeta, x2: TensorMeta, p: float, out: TensorMeta) -> Work:
    """Per pair of rows of D: D subtracts; p = 2: D multiplies, D − 1 adds, 1 sqrt; p = 1: D |·|, D − 1 adds.

    >>> cdist.work(TensorMeta((3, 5)), TensorMeta((2, 5)), 2.0, TensorMeta((3, 2))).scalar_ops.total
    90
    """
    # [.., n, m] = aten._cdist_forward([.., n, d], [.., m, d])
    if x1.shape[-1] == 0:
        return Work()
    tally = Tally()
    _distance(_rows(x1.shape[-1], tally), _rows(x1.shape[-1], tally), p)
    return Work(scalar_ops=tally.scalar_ops() * out.numel)


@cdist.program
def _cdist(x1: Array, x2: Array, p: float) -> Array:
    lead = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    result = np.empty((*lead, x1.shape[-2], x2.shape[-2]), dtype=object)
    x1, x2 = (np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (x1, x2))
    for *b, n, m in np.ndindex(result.shape):
        pair, row, column = (*b, n, m), (*b, n), (*b, m)
        result[pair] = _distance(x1[row], x2[column], p)
    return result


@formula(aten._cdist_backward, renamed={"grad_output": "grad"}, no_nest=True)
def cdist_backward(grad: TensorMeta, x1: TensorMeta, x2: TensorMeta, p: float, cdist: TensorMeta) -> Work:
    """Per pair its difference again and its share of the gradient of ``x1``; M − 1 adds per feature.

    >>> x1, x2, out = TensorMeta((3, 5)), TensorMeta((2, 5)), TensorMeta((3, 2))
    >>> cdist_backward.work(out, x1, x2, 1.0, out).scalar_ops.total
    135
    """
    # [.., n, d] = aten._cdist_backward([.., n, m], [.., n, d], [.., m, d], p, [.., n, m])
    d, m = x1.shape[-1], x2.shape[-2]
    if p == 0 or 0 in (d, m, grad.numel):
        return Work()
    tally = Tally()
    _slope(_rows(d, tally), _rows(d, tally), p, *_rows(2, tally))
    sums = scalar(add=(m - 1) * (grad.numel // m) * d)
    return Work(scalar_ops=tally.scalar_ops() * grad.numel) + sums


@cdist_backward.program
def _cdist_backward(grad: Array, x1: Array, x2: Array, p: float, cdist: Array) -> Array:
    if p == 0:
        return np.zeros(x1.shape, dtype=object)
    lead = grad.shape[:-2]
    result = np.empty((*lead, *x1.shape[-2:]), dtype=object)
    for *b, n in np.ndindex(grad.shape[:-1]):
        at = (*b, n)
        others = zip(x2[tuple(b)], cdist[at], grad[at], strict=True)
        shares = [np.array(_slope(x1[at], other, p, c, g), dtype=object) for other, c, g in others]
        result[at] = reduce(add, shares)
    return result


@formula(aten._pdist_forward, no_nest=True)
def pdist(self: TensorMeta, p: float = 2.0, *, out: TensorMeta) -> Work:
    """As :func:`cdist`, for every two rows of one matrix.

    >>> pdist.work(TensorMeta((3, 5)), out=TensorMeta((3,))).scalar_ops.total
    45
    """
    # [n(n − 1)/2] = aten._pdist_forward([n, d], p)
    return cdist.work(self, self, p, out)


@pdist.program
def _pdist(self: Array, p: float = 2.0) -> Any:
    pairs = [(i, j) for i in range(len(self)) for j in range(i + 1, len(self))]
    return np.array([_distance(self[i], self[j], p) for i, j in pairs], dtype=object)


@formula(aten._pdist_backward, renamed={"grad_output": "grad"}, no_nest=True)
def pdist_backward(grad: TensorMeta, self: TensorMeta, p: float) -> Work:
    """Per pair its difference again and its share, which goes to one row as it is and to the other by a subtraction.

    >>> pdist_backward.work(TensorMeta((3,)), TensorMeta((3, 5)), 1.0).scalar_ops.total
    85
    """
    # [n, d] = aten._pdist_backward([n(n − 1)/2], [n, d], p, [n(n − 1)/2])
    d = self.shape[-1]
    if p == 0 or not grad.numel or not d:
        return Work()
    tally = Tally()
    _slope(_rows(d, tally), _rows(d, tally), p, *_rows(2, tally))
    # both shares of each pair are added or subtracted; a row that begins with a subtraction is negated
    return Work(scalar_ops=tally.scalar_ops() * grad.numel) + scalar(add=(2 * grad.numel - 1) * d)


@pdist_backward.program
def _pdist_backward(grad: Array, self: Array, p: float, pdist: Array) -> Any:
    if p == 0:
        return np.zeros(self.shape, dtype=object)
    result: list[Any] = [None] * len(self)
    pairs = [(i, j) for i in range(len(self)) for j in range(i + 1, len(self))]
    for pair, (i, j) in enumerate(pairs):
        share = np.array(_slope(self[i], self[j], p, pdist[pair], grad[pair]), dtype=object)
        result[i] = share if result[i] is None else result[i] + share
        result[j] = -share if result[j] is None else result[j] - share
    return np.stack(result)


@formula(aten._euclidean_dist)
def euclidean_dist(x1: TensorMeta, x2: TensorMeta, out: TensorMeta) -> Work:
    """√max(0, |x|² − 2xy + |y|²) by one product of rows of D + 2: (−2x, |x|², 1)·(y, 1, |y|²).

    >>> euclidean_dist.work(TensorMeta((3, 5)), TensorMeta((2, 5)), TensorMeta((3, 2))).scalar_ops
    ScalarOps(add=56, multiply=82, divide=0, compare=6, transcendental=6, random=0)
    """
    # [.., n, m] = aten._euclidean_dist([.., n, d], [.., m, d])
    (n, d), m, g = x1.shape[-2:], x2.shape[-2], prod(x1.shape[:-2])
    rows = g * (n + m)
    norms = scalar(multiply=rows * d + x1.numel, add=rows * max(d - 1, 0))
    roots = scalar(compare=out.numel, transcendental=out.numel)
    return contraction_work("gnk,gmk->gnm", (g, n, d + 2), (g, m, d + 2)) + norms + roots


@euclidean_dist.program
def _euclidean_dist(x1: Array, x2: Array) -> Any:
    def norm(x: Array) -> Any:
        return (x * x).sum(axis=-1, keepdims=True)

    ones = [np.ones((*x.shape[:-1], 1), dtype=object) for x in (x1, x2)]
    left = np.concatenate([x1 * -2.0, norm(x1), ones[0]], axis=-1)
    right = np.concatenate([x2, ones[1], norm(x2)], axis=-1)
    a, b = (x.reshape(-1, *x.shape[-2:]) for x in (left, right))
    squares = contract("gnk,gmk->gnm", a, b).reshape(*x1.shape[:-1], x2.shape[-2])
    return np.vectorize(lambda s: sqrt(maximum(s, 0.0)), otypes=[object])(squares)
