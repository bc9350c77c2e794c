"""Places in sorted values and counts by them: compares of numbers; indices and whole counts are free."""

from __future__ import annotations

from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.families.extremum import median
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import equal, floor, maximum, minimum
from costmodel.ops.packets import aten

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


@formula(aten.bincount, assumes="where a length is asked for, no value is beyond it")
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
