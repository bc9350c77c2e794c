"""Running sums, products and extrema: C − 1 operations per line of C."""

from __future__ import annotations

from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.extremum import lines_along
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, exp, log1p, maximum
from costmodel.ops.packets import aten


@formula(aten.cumsum, keeps_channels=True)
def cumsum(self: TensorMeta, dim: int) -> Work:
    """C − 1 adds per line of C.

    >>> cumsum.work(TensorMeta((2, 10)), 1).scalar_ops.total
    18
    """
    # [.., C] = aten.cumsum([.., C])
    return scalar(add=_steps(self, dim))


def _steps(self: TensorMeta, dim: int) -> int:
    lines, _ = lines_along(self, dim)
    return self.numel - lines if self.is_floating else 0


def _running(function: Any, x: Any, dim: int) -> Any:
    def along(line: Any) -> Any:
        results = [line[0]]
        for value in line[1:]:
            results.append(function(results[-1], value))
        return np.array(results, dtype=object)

    return np.apply_along_axis(along, dim, x)


@cumsum.program
def _cumsum(self: Any, dim: int) -> Any:
    return _running(lambda a, b: a + b, self, dim)


@formula(aten.cumprod, keeps_channels=True)
def cumprod(self: TensorMeta, dim: int) -> Work:
    """C − 1 multiplies per line of C.

    >>> cumprod.work(TensorMeta((2, 10)), 1).scalar_ops.total
    18
    """
    # [.., C] = aten.cumprod([.., C])
    return scalar(multiply=_steps(self, dim))


@cumprod.program
def _cumprod(self: Any, dim: int) -> Any:
    return _running(lambda a, b: a * b, self, dim)


@formula(aten.cummax, aten.cummin)
def cumulative_extremum(self: TensorMeta, dim: int) -> Work:
    """C − 1 compares per line of C.

    >>> cumulative_extremum.work(TensorMeta((2, 10)), 1).scalar_ops.total
    18
    """
    # [.., C], [.., C] = aten.cummax([.., C])
    return scalar(compare=_steps(self, dim))


@cumulative_extremum.program
def _cumulative_extremum(self: Any, dim: int) -> Any:
    return _running(maximum, self, dim)


@formula(aten.logcumsumexp, keeps_channels=True)
def logcumsumexp(self: TensorMeta, dim: int) -> Work:
    """C − 1 stable additions of logarithms per line of C: max, subtract, |·|, negate, exp, log1p, add.

    >>> logcumsumexp.work(TensorMeta((2, 10)), 1).scalar_ops.total
    126
    """
    # [.., C] = aten.logcumsumexp([.., C])
    n = _steps(self, dim)
    return scalar(compare=2 * n, add=3 * n, transcendental=2 * n)


@logcumsumexp.program
def _logcumsumexp(self: Any, dim: int) -> Any:
    return _running(lambda a, b: maximum(a, b) + log1p(exp(-absolute(a - b))), self, dim)
