"""Places in sorted values, counts, repetitions and membership: compares of numbers; indices and counts are free."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.families.extremum import lines_along, median, sort
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, equal, floor, maximum, minimum

aten = torch.ops.aten
Meta = TensorMeta


def halvings(n: int) -> int:
    """Compares of a binary search among n sorted values, at most: ⌈log₂(n + 1)⌉."""
    return n.bit_length()


def found(value: Any, line: Any, right: bool) -> int:
    """Where a value belongs among sorted ones."""
    low, high = 0, len(line)
    while low < high:
        middle = (low + high) // 2
        beyond = line[middle] <= value if right else line[middle] < value
        low, high = (middle + 1, high) if beyond else (low, middle)
    return low


@formula(aten.searchsorted)
def searchsorted(sorted_sequence: Meta, out: Meta) -> Work:
    """A binary search for each value: at most ⌈log₂(n + 1)⌉ compares.

    >>> searchsorted.work(TensorMeta((5,)), TensorMeta((3,), "int64")).scalar_ops.total
    9
    """
    # [.., m] = aten.searchsorted([.., n], [.., m])
    return scalar(compare=out.numel * halvings(sorted_sequence.shape[-1])) if sorted_sequence.is_floating else ZERO


@searchsorted.program
def _searchsorted(sorted_sequence: Any, self: Any, right: bool = False) -> Any:
    out = np.empty(np.shape(self), dtype=np.int64)
    for at in np.ndindex(*out.shape):
        line = sorted_sequence if sorted_sequence.ndim == 1 else sorted_sequence[at[:-1]]
        out[at] = found(self[at], line, right)
    return out


@formula(aten.bucketize)
def bucketize(boundaries: Meta, out: Meta) -> Work:
    """As :func:`searchsorted`.

    >>> bucketize.work(TensorMeta((5,)), TensorMeta((3,), "int64")).scalar_ops.total
    9
    """
    # [..] = aten.bucketize([..], [n])
    return searchsorted.work(boundaries, out)


@bucketize.program
def _bucketize(self: Any, boundaries: Any, right: bool = False) -> Any:
    return _searchsorted(boundaries, self, right)


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
        return any([equal(x, other) for other in np.reshape(test_elements, -1)]) != invert

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
    for before, x in zip(line, line[1:], strict=False):
        if equal(before, x):
            runs[-1].append(x)
        else:
            runs.append([x])
    return runs


@formula("aten._unique", aten._unique2)
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
    for before, x in zip(slices, slices[1:], strict=False):
        if not all([equal(a, b) for a, b in zip(before.reshape(-1), x.reshape(-1), strict=True)]):
            kept.append(x)
    return (np.moveaxis(np.stack(kept), 0, dim),)


@formula(aten.histc)
def histc(self: Meta, bins: int = 100, min: float = 0, max: float = 0) -> Work:
    """Per element 2 compares with the range, (x − min)/(max − min)·bins, floor, 1 add into its bin.

    Without a range, that of the elements is found first: 2(n − 1) compares and 1 subtract.

    >>> histc.work(TensorMeta((10,)), 5, 0, 1).scalar_ops.total
    70
    """
    # [bins] = aten.histc([..], bins, min, max)
    n = self.numel
    if not self.is_floating or not n:
        return ZERO
    spread = scalar(compare=2 * (n - 1), add=1) if min == max else ZERO
    return spread + scalar(compare=2 * n, add=2 * n, divide=n, multiply=n, transcendental=n)


@histc.program
def _histc(self: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    values = list(self.reshape(-1))
    low, high = float(min), float(max)
    width: Any = high - low
    if low == high:
        bottom = top = values[0]
        for x in values[1:]:
            bottom, top = minimum(bottom, x), maximum(top, x)
        low, high, width = bottom, top, top - bottom
    counts = np.array([values[0].tally.number(0.0) for _ in range(bins)], dtype=object)
    for x in values:
        inside = [x >= low, x <= high]
        at = floor((x - low) / width * float(bins))
        if all(inside):
            at = int(at.value) if at.value < bins else bins - 1
            counts[at] = counts[at] + 1.0
    return counts


@formula(aten.bincount)
def bincount(weights: Meta | None = None) -> Work:
    """Free, or at most 1 add per weight.

    >>> bincount.work(TensorMeta((10,))).scalar_ops.total
    9
    """
    # [bins] = aten.bincount([n], [n]?)
    return ZERO if weights is None else scalar(add=max(weights.numel - 1, 0))


@bincount.program
def _bincount(self: Any, weights: Any = None, minlength: int = 0) -> Any:
    sums: dict[int, Any] = {}
    for at, x in zip(self, weights, strict=True):
        sums[at] = sums[at] + x if at in sums else x
    return np.array([sums.get(i, 0.0) for i in range(max([minlength, *(int(i) + 1 for i in self)]))], dtype=object)


@formula(aten.nanmedian)
def nanmedian(self: Meta, dim: int | None = None) -> Work:
    """A median, with one compare per element.

    >>> nanmedian.work(TensorMeta((2, 5)), 1).scalar_ops.total
    28
    """
    # [..], [..] = aten.nanmedian([.., C])
    return median.work(self, dim) + scalar(compare=self.numel if self.is_floating else 0)


@nanmedian.program
def _nanmedian(self: Any, dim: int | None = None) -> Any:
    assert median.scalar_program is not None
    for x in self.reshape(-1):
        equal(x, x)
    return median.scalar_program(self, dim)


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
    return all([equal(a, b) for a, b in zip(self.reshape(-1), other.reshape(-1), strict=True)])


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
    return all([absolute(a - b) <= absolute(b) * rtol + atol for a, b in pairs])
