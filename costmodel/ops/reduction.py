"""Reductions: n elements to m results are n − m of the combining operation (COUNTING, the principle)."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, equal, exp, log, maximum, minimum, power, sqrt, where

aten = torch.ops.aten
Dims = Any  # None (all), one dim or a tuple of them


def fold(function: Any, x: Any, dim: Dims = None) -> Any:
    """Combine the elements along ``dim`` from left to right; a plain array of results."""
    lines = flat_lines(x, dim)
    shape = lines.shape[:-1]
    results = np.empty(shape, dtype=object)
    for position in np.ndindex(shape):
        results[position] = reduce(function, lines[position])
    return results


def flat_lines(x: Any, dim: Dims = None) -> Any:
    """``x`` with the reduced axes flattened into a last one."""
    x = np.asarray(x, dtype=object)
    axes = (dim,) if isinstance(dim, int) else tuple(dim) if dim else tuple(range(x.ndim))
    last = tuple(range(x.ndim - len(axes), x.ndim))
    moved = np.moveaxis(x, axes, last)
    return moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)


def _sum(a: Any, b: Any) -> Any:
    return a + b


def _each(function: Any, x: Any) -> Any:
    return np.vectorize(function, otypes=[object])(x)


@formula(aten.sum)
def sum_(self: TensorMeta, out: TensorMeta) -> Work:
    """n elements to m sums: n − m adds.

    >>> sum_.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    8
    """
    # [..] = aten.sum([..., dims])
    return scalar(add=_merged(self, out)) if out.is_floating else ZERO


def _merged(self: TensorMeta, out: TensorMeta) -> int:
    return max(self.numel - out.numel, 0)


@sum_.program
def _sum_program(self: Any, dim: Dims = None) -> Any:
    return fold(_sum, self, dim)


@formula(aten.nansum)
def nansum(self: TensorMeta, out: TensorMeta) -> Work:
    """As a sum, with one compare per element.

    >>> nansum.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    20
    """
    # [..] = aten.nansum([..., dims])
    return scalar(add=_merged(self, out), compare=self.numel)


@nansum.program
def _nansum(self: Any, dim: Dims = None) -> Any:
    return fold(_sum, _each(lambda x: where(equal(x, x), x, 0.0), self), dim)


@formula(aten.mean)
def mean(self: TensorMeta, out: TensorMeta) -> Work:
    """A sum and one divide per result.

    >>> mean.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    12
    """
    # [..] = aten.mean([..., dims])
    return scalar(add=_merged(self, out), divide=out.numel)


@mean.program
def _mean(self: Any, dim: Dims = None) -> Any:
    return fold(_sum, self, dim) / float(flat_lines(self, dim).shape[-1])


def _variance(self: TensorMeta, m: int, roots: int) -> Work:
    n = self.numel
    return scalar(add=(n - m) + n + (n - m), multiply=n, divide=2 * m, transcendental=roots)


@formula(aten.var)
def var(self: TensorMeta, out: TensorMeta) -> Work:
    """Mean (n − m adds, m divides); n subtracts, n multiplies, n − m adds, m divides.

    >>> var.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    48
    """
    # [..] = aten.var([..., dims])
    return _variance(self, out.numel, 0)


@var.program
def _var(self: Any, dim: Dims = None, correction: float | None = None) -> Any:
    return _moments(self, dim, correction)[0]


def _moments(x: Any, dim: Dims, correction: float | None) -> tuple[Any, Any]:
    lines = flat_lines(x, dim)
    n = lines.shape[-1]
    centre = fold(_sum, lines, -1) / float(n)
    centred = lines - centre[..., None]
    return fold(_sum, centred * centred, -1) / (n - (1.0 if correction is None else correction)), centre


@formula(aten.std)
def std(self: TensorMeta, out: TensorMeta) -> Work:
    """The variance's square root.

    >>> std.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    52
    """
    # [..] = aten.std([..., dims])
    return _variance(self, out.numel, out.numel)


@std.program
def _std(self: Any, dim: Dims = None, correction: float | None = None) -> Any:
    return _each(sqrt, _moments(self, dim, correction)[0])


@formula(aten.var_mean)
def var_mean(self: TensorMeta, out: tuple[TensorMeta, TensorMeta]) -> Work:
    """The variance; the mean is on its way.

    >>> var_mean.work(TensorMeta((4, 3)), (TensorMeta((4,)), TensorMeta((4,)))).scalar_ops.total
    48
    """
    # [..], [..] = aten.var_mean([..., dims])
    return _variance(self, out[0].numel, 0)


@var_mean.program
def _var_mean(self: Any, dim: Dims = None, correction: float | None = None) -> Any:
    return _moments(self, dim, correction)


@formula(aten.std_mean)
def std_mean(self: TensorMeta, out: tuple[TensorMeta, TensorMeta]) -> Work:
    """The variance's square root; the mean is on its way.

    >>> std_mean.work(TensorMeta((4, 3)), (TensorMeta((4,)), TensorMeta((4,)))).scalar_ops.total
    52
    """
    # [..], [..] = aten.std_mean([..., dims])
    return _variance(self, out[0].numel, out[0].numel)


@std_mean.program
def _std_mean(self: Any, dim: Dims = None, correction: float | None = None) -> Any:
    variance, centre = _moments(self, dim, correction)
    return _each(sqrt, variance), centre


@formula(aten.prod)
def prod_(self: TensorMeta, out: TensorMeta) -> Work:
    """n elements to m products: n − m multiplies.

    >>> prod_.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    8
    """
    # [..] = aten.prod([..., dims])
    return scalar(multiply=_merged(self, out)) if out.is_floating else ZERO


@prod_.program
def _prod(self: Any, dim: Dims = None) -> Any:
    return fold(lambda a, b: a * b, self, dim)


@formula(aten.trace)
def trace(self: TensorMeta) -> Work:
    """The adds of the diagonal.

    >>> trace.work(TensorMeta((4, 3))).scalar_ops.total
    2
    """
    # [] = aten.trace([m, n])
    return scalar(add=max(min(self.shape) - 1, 0))


@trace.program
def _trace(self: Any) -> Any:
    return fold(_sum, self.diagonal())


@formula(aten.any, aten.all, aten.count_nonzero)
def truth(self: TensorMeta) -> Work:
    """Whether a float is zero is a compare; the rest is logic on masks.

    >>> truth.work(TensorMeta((4, 3))).scalar_ops.total
    12
    """
    # [..] = aten.any([..., dims])
    return scalar(compare=self.numel) if self.is_floating else ZERO


@truth.program
def _truth(self: Any, dim: Dims = None) -> Any:
    return fold(lambda a, b: a or b, _each(lambda x: not equal(x, 0.0), self), dim)


@formula(aten.logsumexp)
def logsumexp(self: TensorMeta, out: TensorMeta) -> Work:
    """The stable form: n − m max, n subtract, n exp, n − m add, m log, m add.

    >>> logsumexp.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    48
    """
    # [..] = aten.logsumexp([..., dims])
    n, m = self.numel, out.numel
    return scalar(compare=n - m, add=n + (n - m) + m, transcendental=n + m)


@logsumexp.program
def _logsumexp(self: Any, dim: Dims) -> Any:
    lines = flat_lines(self, dim)
    top = fold(maximum, lines, -1)
    total = fold(_sum, _each(exp, lines - top[..., None]), -1)
    return _each(log, total) + top


@formula(aten.linalg_vector_norm)
def vector_norm(self: TensorMeta, out: TensorMeta, ord: float = 2) -> Work:
    """p = 2: squares, adds, a root; 1: compares (|x|), adds; ±∞: compares; 0: compares, adds; else |x|, powers, root.

    >>> vector_norm.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    24
    """
    # [..] = aten.linalg_vector_norm([..., dims], p)
    n, m = self.numel, out.numel
    if ord == 2:
        return scalar(multiply=n, add=n - m, transcendental=m)
    if abs(ord) == float("inf"):
        return scalar(compare=n + n - m)
    if ord in (0, 1):
        return scalar(compare=n, add=n - m)
    return scalar(compare=n, transcendental=n + m, add=n - m)


@vector_norm.program
def _vector_norm(self: Any, ord: float = 2, dim: Dims = None) -> Any:
    if ord == 2:
        return _each(sqrt, fold(_sum, self * self, dim))
    if ord == 0:
        return fold(_sum, _each(_nonzero, self), dim)
    size = _each(absolute, self)
    if abs(ord) == float("inf"):
        return fold(maximum if ord > 0 else minimum, size, dim)
    if ord == 1:
        return fold(_sum, size, dim)
    return _each(lambda s: power(s, 1.0 / ord), fold(_sum, _each(lambda x: power(x, ord), size), dim))


def _nonzero(x: Any) -> Any:
    zero = equal(x, 0.0)
    return where(zero, where(True, 0.0, x), where(True, 1.0, x))


@formula(aten.norm)
def norm(self: TensorMeta, out: TensorMeta, p: float | None = 2) -> Work:
    """As :func:`vector_norm`.

    >>> norm.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    24
    """
    # [..] = aten.norm([..., dims], p)
    return vector_norm.work(self, out, 2 if p is None else p)


@norm.program
def _norm(self: Any, p: float | None = 2, dim: Dims = None) -> Any:
    return _vector_norm(self, 2 if p is None else p, dim)


@formula(aten.dist)
def dist(self: TensorMeta, other: TensorMeta, out: TensorMeta, p: float = 2) -> Work:
    """The norm of the difference.

    >>> dist.work(TensorMeta((3,)), TensorMeta((3,)), TensorMeta(())).scalar_ops.total
    9
    """
    # [] = aten.dist([..], [..], p)
    longer = max(self, other, key=lambda meta: meta.numel)
    return scalar(add=longer.numel) + vector_norm.work(longer, out, p)


@dist.program
def _dist(self: Any, other: Any, p: float = 2) -> Any:
    return _vector_norm(self - other, p)
