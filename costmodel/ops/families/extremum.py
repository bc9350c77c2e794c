"""Largest, smallest, k-th, sorted and running: counted in compares; the indices that come along are free."""

from __future__ import annotations

from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.families.reduction import Dims, flat_lines, fold
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import maximum, minimum
from costmodel.ops.packets import aten


def _merged(self: TensorMeta, out: Any) -> int:
    result = out[0] if isinstance(out, tuple) else out
    return max(self.numel - result.numel, 0) if self.is_floating else 0


def _selection(length: int, k: int) -> int:
    """Compares of a selection of the k best, one after the other: (length − 1) + … + (length − k)."""
    return k * length - k * (k + 1) // 2


def lines_along(self: TensorMeta, dim: int) -> tuple[int, int]:
    length = self.shape[dim] if self.shape else 1
    return self.numel // max(length, 1), length


@formula(aten.amax, reduces=True)
def amax(self: TensorMeta, out: TensorMeta) -> Work:
    """n elements to m results: n − m compares.

    >>> amax.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    8
    """
    # [..] = aten.amax([..., dims])
    return scalar(compare=_merged(self, out))


@amax.program
def _amax(self: Any, dim: Dims = None) -> Any:
    return fold(maximum, self, dim)


@formula(aten.amin, reduces=True)
def amin(self: TensorMeta, out: TensorMeta) -> Work:
    """n elements to m results: n − m compares.

    >>> amin.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    8
    """
    # [..] = aten.amin([..., dims])
    return scalar(compare=_merged(self, out))


@amin.program
def _amin(self: Any, dim: Dims = None) -> Any:
    return fold(minimum, self, dim)


@formula(aten.argmax, aten.argmin)
def argument(self: TensorMeta, out: TensorMeta) -> Work:
    """The compares of the extremum; its index is free.

    >>> argument.work(TensorMeta((4, 3)), TensorMeta((4,), "int64")).scalar_ops.total
    8
    """
    # [..] = aten.argmax([..., dim])
    return scalar(compare=_merged(self, out))


@argument.program
def _argument(self: Any, dim: Dims = None) -> Any:
    return fold(maximum, self, dim)


@formula(aten.max, reduces=True)
def max_(self: TensorMeta, out: Any, other: TensorMeta | None = None) -> Work:
    """Of one tensor n − m compares, of two tensors one per element.

    >>> max_.work(TensorMeta((4, 3)), (TensorMeta((4,)), TensorMeta((4,), "int64"))).scalar_ops.total
    8
    """
    # [..], [..] = aten.max([..., dim])
    if isinstance(other, TensorMeta):
        return scalar(compare=out.numel) if out.is_floating else ZERO
    return scalar(compare=_merged(self, out))


@max_.program
def _max(self: Any, dim: Dims = None, other: Any = None) -> Any:
    if other is not None:
        return np.vectorize(maximum, otypes=[object])(self, other)
    return fold(maximum, self, dim)


@formula(aten.min, reduces=True)
def min_(self: TensorMeta, out: Any, other: TensorMeta | None = None) -> Work:
    """As :func:`max_`.

    >>> min_.work(TensorMeta((4, 3)), TensorMeta(())).scalar_ops.total
    11
    """
    # [..], [..] = aten.min([..., dim])
    return max_.work(self, out, other)


@min_.program
def _min(self: Any, dim: Dims = None, other: Any = None) -> Any:
    if other is not None:
        return np.vectorize(minimum, otypes=[object])(self, other)
    return fold(minimum, self, dim)


@formula(aten.aminmax)
def aminmax(self: TensorMeta, out: tuple[TensorMeta, TensorMeta]) -> Work:
    """Both, one after the other: 2(n − m) compares.

    >>> aminmax.work(TensorMeta((4, 3)), (TensorMeta((4,)), TensorMeta((4,)))).scalar_ops.total
    16
    """
    # [..], [..] = aten.aminmax([..., dim])
    return scalar(compare=2 * _merged(self, out))


@aminmax.program
def _aminmax(self: Any, dim: Dims = None) -> Any:
    return fold(minimum, self, dim), fold(maximum, self, dim)


@formula(aten.topk)
def topk(self: TensorMeta, k: int, dim: int = -1) -> Work:
    """k selections per line of C: k·C − k(k+1)/2 compares.

    >>> topk.work(TensorMeta((2, 10)), 3).scalar_ops.total
    48
    """
    # [.., k], [.., k] = aten.topk([.., C], k)
    lines, length = lines_along(self, dim)
    return scalar(compare=lines * _selection(length, k)) if self.is_floating else ZERO


@topk.program
def _topk(self: Any, k: int, dim: int = -1) -> Any:
    return np.apply_along_axis(lambda line: _select(line, k, largest=True), dim, self)


def _select(line: Any, k: int, largest: bool) -> list[Any]:
    rest, chosen = list(line), []
    for _ in range(k):
        best = 0
        for i in range(1, len(rest)):
            if (rest[i] > rest[best]) == largest:
                best = i
        chosen.append(rest.pop(best))
    return chosen


@formula(aten.kthvalue)
def kthvalue(self: TensorMeta, k: int, dim: int = -1) -> Work:
    """k selections per line, as :func:`topk`.

    >>> kthvalue.work(TensorMeta((2, 10)), 3).scalar_ops.total
    48
    """
    # [..], [..] = aten.kthvalue([.., C], k)
    return topk.work(self, k, dim)


@kthvalue.program
def _kthvalue(self: Any, k: int, dim: int = -1) -> Any:
    return np.apply_along_axis(lambda line: _select(line, k, largest=False)[-1], dim, self)


@formula(aten.median)
def median(self: TensorMeta, dim: int | None = None) -> Work:
    """The lower median of a line of C: ⌊(C+1)/2⌋ selections.

    >>> median.work(TensorMeta((2, 5)), 1).scalar_ops.total
    18
    """
    # [..], [..] = aten.median([.., C])
    lines, length = (1, self.numel) if dim is None else lines_along(self, dim)
    return scalar(compare=lines * _selection(length, (length + 1) // 2)) if self.is_floating else ZERO


@median.program
def _median(self: Any, dim: int | None = None) -> Any:
    line = flat_lines(self, dim)
    return np.apply_along_axis(lambda x: _select(x, (len(x) + 1) // 2, largest=False)[-1], -1, line)


@formula(aten.sort, aten.argsort)
def sort(self: TensorMeta, dim: int = -1) -> Work:
    """Merge sort of each line of C, at most C·⌈log₂C⌉ − 2^⌈log₂C⌉ + 1 compares (its worst case).

    >>> sort.work(TensorMeta((2, 8))).scalar_ops.total
    34
    """
    # [.., C], [.., C] = aten.sort([.., C])
    lines, length = lines_along(self, dim)
    levels = max(length - 1, 0).bit_length()
    return scalar(compare=lines * (length * levels - (1 << levels) + 1)) if self.is_floating else ZERO


@sort.program
def _sort(self: Any, dim: int = -1) -> Any:
    return np.apply_along_axis(lambda line: np.array(_merge_sort(list(line)), dtype=object), dim, self)


def _merge_sort(line: list[Any]) -> list[Any]:
    if len(line) < 2:
        return line
    half = len(line) // 2
    left, right, merged = _merge_sort(line[:half]), _merge_sort(line[half:]), []
    while left and right:
        merged.append((left if left[0] <= right[0] else right).pop(0))
    return merged + left + right
