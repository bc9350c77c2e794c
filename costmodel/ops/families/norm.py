"""Norms of vectors (COUNTING, the principle: squares, adds, one root)."""

from __future__ import annotations

from typing import Any

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.reduction import Dims, each, fold, plus
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, equal, maximum, minimum, power, sqrt, where
from costmodel.ops.packets import aten


@formula(aten.linalg_vector_norm, reduces=True)
def vector_norm(self: TensorMeta, out: TensorMeta, ord: float = 2) -> Work:
    """p = 2: squares, adds, root; 1 and 0: compares, adds; ±∞: compares; else |x|, powers, adds, root.

    >>> vector_norm.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    24
    """
    # [..] = aten.linalg_vector_norm([..., dims], p)
    n, m = self.numel, out.numel
    joined = max(n - m, 0)  # the norm of nothing is 0, and nothing is added
    if ord == 2:
        return scalar(multiply=n, add=joined, transcendental=m)
    if abs(ord) == float("inf"):
        return scalar(compare=n + joined)
    if ord in (0, 1):
        return scalar(compare=n, add=joined)
    return scalar(compare=n, transcendental=n + m, add=joined)


@vector_norm.program
def _vector_norm(self: Any, ord: float = 2, dim: Dims = None) -> Any:
    if ord == 2:
        return each(sqrt, fold(plus, self * self, dim))
    if ord == 0:
        return fold(plus, each(_nonzero, self), dim)
    size = each(absolute, self)
    if abs(ord) == float("inf"):
        return fold(maximum if ord > 0 else minimum, size, dim)
    if ord == 1:
        return fold(plus, size, dim)
    return each(lambda s: power(s, 1.0 / ord), fold(plus, each(lambda x: power(x, ord), size), dim))


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
