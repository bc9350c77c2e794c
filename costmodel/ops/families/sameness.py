"""What is the same among values: membership, repetitions, equality; 1 compare for every two numbers compared."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.families.extremum import lines_along, sort
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, equal
from costmodel.ops.packets import aten

Meta = TensorMeta


def _every(conditions: Iterable[bool]) -> bool:
    """Whether all hold; all are looked at, as dense kernels do."""
    known = tuple(conditions)
    return all(known)


@formula(aten.isin)
def isin(
    elements: Meta | float = 0,
    test_elements: Meta | float = 0,
    element: float = 0,
    test_element: float = 0,
    *,
    out: Meta,
) -> Work:
    """Each element with every other one: the direct form.

    >>> isin.work(TensorMeta((4, 3)), TensorMeta((5,)), out=TensorMeta((4, 3), "bool")).scalar_ops.total
    60
    """
    # [..] = aten.isin([..], [..])
    others = [x for x in (elements, test_elements) if isinstance(x, TensorMeta)]
    if not any(x.is_floating for x in others):
        return ZERO
    return scalar(compare=out.numel * (test_elements.numel if isinstance(test_elements, TensorMeta) else 1))


@isin.program
def _isin(elements: Any, test_elements: Any, invert: bool = False) -> Any:
    def one(x: Any) -> bool:
        same = [equal(x, other) for other in np.reshape(test_elements, -1)]
        return any(same) != invert

    return np.vectorize(one, otypes=[bool])(elements)


@formula(aten.mode)
def mode(self: Meta, dim: int = -1) -> Work:
    """Each line sorted, and each element compared with the one before it; lengths of runs are free.

    >>> mode.work(TensorMeta((2, 8))).scalar_ops.total
    48
    """
    # [..], [..] = aten.mode([.., C])
    lines, length = lines_along(self, dim)
    return sort.work(self, dim) + scalar(compare=lines * max(length - 1, 0) if self.is_floating else 0)


@mode.program
def _mode(self: Any, dim: int = -1) -> Any:
    def one(line: Any) -> Any:
        runs = _runs(_sorted(line))
        longest = max(len(run) for run in runs)
        return next(run[0] for run in runs if len(run) == longest)

    return np.apply_along_axis(one, dim, self)


def _sorted(line: Any) -> Any:
    assert sort.scalar_program is not None
    return sort.scalar_program(np.asarray(line, dtype=object))


def _runs(line: Any) -> list[list[Any]]:
    runs = [[line[0]]]
    for before, x in pairwise(line):
        if equal(before, x):
            runs[-1].append(x)
        else:
            runs.append([x])
    return runs


@formula(aten._unique, aten._unique2)
def unique(self: Meta) -> Work:
    """Everything sorted, and each element compared with the one before it.

    >>> unique.work(TensorMeta((8,))).scalar_ops.total
    24
    """
    # [u], [..], [u] = aten._unique2([..])
    if not self.is_floating:
        return ZERO
    return sort.work(TensorMeta((self.numel,), self.dtype)) + scalar(compare=max(self.numel - 1, 0))


@unique.program
def _unique(self: Any, sorted: bool = True) -> Any:
    return (np.array([run[0] for run in _runs(_sorted(self.reshape(-1)))], dtype=object),)


@formula(aten.unique_dim)
def unique_dim(self: Meta, dim: int) -> Work:
    """Slices sorted by their elements and compared with the one before: at most all elements of each pair.

    >>> unique_dim.work(TensorMeta((8, 3)), 0).scalar_ops.total
    72
    """
    # [u, ..], [n], [u] = aten.unique_dim([n, ..], dim)
    if not self.is_floating or not self.numel:
        return ZERO
    slices = self.shape[dim]
    return unique.work(TensorMeta((slices,), self.dtype)) * (self.numel // slices)


@unique_dim.program
def _unique_dim(self: Any, dim: int) -> Any:
    """An insertion into place by halving; that of a slice is by its first element that differs."""
    kept: list[Any] = []
    for x in np.moveaxis(self, dim, 0):
        low, high = 0, len(kept)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if _before(kept[middle], x) else (low, middle)
        if low == len(kept) or _before(x, kept[low]):
            kept.insert(low, x)
    return (np.moveaxis(np.stack(kept), 0, dim),)


def _before(a: Any, b: Any) -> bool:
    for x, y in zip(a.reshape(-1), b.reshape(-1), strict=True):
        if x.value != y.value:
            return bool(x < y)
        equal(x, y)
    return False


@formula(aten.unique_consecutive)
def unique_consecutive(self: Meta, dim: int | None = None) -> Work:
    """Each element (of each slice) compared with the one before it.

    >>> unique_consecutive.work(TensorMeta((8,))).scalar_ops.total
    7
    """
    # [u], [..], [u] = aten.unique_consecutive([..])
    slices = self.numel if dim is None else self.shape[dim]
    return scalar(compare=self.numel - self.numel // slices) if self.is_floating and slices else ZERO


@unique_consecutive.program
def _unique_consecutive(self: Any, dim: int | None = None) -> Any:
    if dim is None:
        return (np.array([run[0] for run in _runs(self.reshape(-1))], dtype=object),)
    slices = np.moveaxis(self, dim, 0)
    kept = [slices[0]]
    for before, x in pairwise(slices):
        if not _every(equal(a, b) for a, b in zip(before.reshape(-1), x.reshape(-1), strict=True)):
            kept.append(x)
    return (np.moveaxis(np.stack(kept), 0, dim),)


@formula(aten.equal)
def are_equal(self: Meta) -> Work:
    """1 compare per element.

    >>> are_equal.work(TensorMeta((4, 3))).scalar_ops.total
    12
    """
    # bool = aten.equal([..], [..])
    return scalar(compare=self.numel) if self.is_floating else ZERO


@are_equal.program
def _are_equal(self: Any, other: Any) -> Any:
    return _every(equal(a, b) for a, b in zip(self.reshape(-1), other.reshape(-1), strict=True))


@formula(aten.allclose)
def allclose(self: Meta, other: Meta) -> Work:
    """Per element |a − b| ≤ atol + rtol·|b|: 6.

    >>> allclose.work(TensorMeta((4, 3)), TensorMeta((4, 3))).scalar_ops.total
    72
    """
    # bool = aten.allclose([..], [..])
    n = max(self.numel, other.numel)
    return scalar(add=2 * n, multiply=n, compare=3 * n) if self.is_floating else ZERO


@allclose.program
def _allclose(self: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8) -> Any:
    pairs = np.broadcast(self, other)
    return _every(absolute(a - b) <= absolute(b) * rtol + atol for a, b in pairs)
