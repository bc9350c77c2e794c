"""Reductions: n elements to m results are n − m of the combining operation (COUNTING, the principle)."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import equal, exp, log, maximum, sqrt, where
from costmodel.ops.packets import aten

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


def plus(a: Any, b: Any) -> Any:
    return a + b


def each(function: Any, x: Any) -> Any:
    return np.vectorize(function, otypes=[object])(x)


@formula(aten.sum, reduces=True)
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
    return fold(plus, self, dim)


@formula(aten.nansum, reduces=True)
def nansum(self: TensorMeta, out: TensorMeta) -> Work:
    """As a sum, with one compare per element.

    >>> nansum.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    20
    """
    # [..] = aten.nansum([..., dims])
    return scalar(add=_merged(self, out), compare=self.numel)


@nansum.program
def _nansum(self: Any, dim: Dims = None) -> Any:
    return fold(plus, each(lambda x: where(equal(x, x), x, 0.0), self), dim)


@formula(aten.mean, reduces=True)
def mean(self: TensorMeta, out: TensorMeta) -> Work:
    """A sum and one divide per result.

    >>> mean.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    12
    """
    # [..] = aten.mean([..., dims])
    return scalar(add=_merged(self, out), divide=out.numel)


@mean.program
def _mean(self: Any, dim: Dims = None) -> Any:
    return fold(plus, self, dim) / float(flat_lines(self, dim).shape[-1])


def _variance(self: TensorMeta, m: int, roots: int) -> Work:
    n = self.numel
    return scalar(add=(n - m) + n + (n - m), multiply=n, divide=2 * m, transcendental=roots)


@formula(aten.var, reduces=True)
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
    centre = np.asarray(fold(plus, lines, -1) / float(n), dtype=object)
    centred = lines - centre[..., None]
    return fold(plus, centred * centred, -1) / (n - (1.0 if correction is None else correction)), centre


@formula(aten.std, reduces=True)
def std(self: TensorMeta, out: TensorMeta) -> Work:
    """The variance's square root.

    >>> std.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    52
    """
    # [..] = aten.std([..., dims])
    return _variance(self, out.numel, out.numel)


@std.program
def _std(self: Any, dim: Dims = None, correction: float | None = None) -> Any:
    return each(sqrt, _moments(self, dim, correction)[0])


@formula(aten.var_mean, reduces=True)
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


@formula(aten.std_mean, reduces=True)
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
    return each(sqrt, variance), centre


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
    return fold(plus, self.diagonal())


@formula(aten.any, aten.all, aten.count_nonzero, aten.nonzero, aten.nonzero_static)
def truth(self: TensorMeta) -> Work:
    """Whether a float is zero is a compare; the rest is logic on masks.

    >>> truth.work(TensorMeta((4, 3))).scalar_ops.total
    12
    """
    # [..] = aten.any([..., dims])
    return scalar(compare=self.numel) if self.is_floating else ZERO


@truth.program
def _truth(self: Any, dim: Dims = None) -> Any:
    return fold(lambda a, b: a or b, each(lambda x: not equal(x, 0.0), self), dim)


@formula(aten.logsumexp, reduces=True)
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
    top = np.asarray(fold(maximum, lines, -1), dtype=object)
    total = fold(plus, each(exp, lines - top[..., None]), -1)
    return each(log, total) + top
