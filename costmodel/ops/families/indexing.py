"""Writes by index that accumulate: one operation per source element. What only moves is free."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ZERO, Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import maximum, minimum, scaled
from costmodel.ops.packets import aten

Meta = TensorMeta

_COMBINE: dict[str, Any] = {
    "sum": lambda a, b: a + b,
    "add": lambda a, b: a + b,
    "mean": lambda a, b: a + b,
    "prod": lambda a, b: a * b,
    "multiply": lambda a, b: a * b,
    "amax": maximum,
    "amin": minimum,
}
_KIND = {"prod": "multiply", "multiply": "multiply", "amax": "compare", "amin": "compare"}


@formula(aten.index_put, aten._index_put_impl, aten._unsafe_index_put)
def index_put(self: Meta, indices: Sequence[Meta | None], values: Meta, accumulate: bool = False) -> Work:
    """Accumulating: one add per place written, the values broadcast to all of them; else free.

    >>> index = TensorMeta((2,), "int64")
    >>> index_put.work(TensorMeta((3, 5)), (index,), TensorMeta((2, 5)), True).scalar_ops.total
    10
    """
    # [..] = aten.index_put([..], indices, values, accumulate)
    if not accumulate or not self.is_floating:
        return ZERO
    given = [meta for meta in indices if meta is not None]
    if any(meta.dtype == "bool" for meta in given):
        return scalar(add=values.numel)  # a mask's places are as many as the values
    free = [n for n, meta in zip(self.shape, (*indices, *[None] * len(self.shape)), strict=False) if meta is None]
    places = np.broadcast_shapes(*(meta.shape for meta in given))
    return scalar(add=prod(places) * prod(free))


@formula(aten._unsafe_masked_index_put_accumulate)
def masked_index_put(self: Meta, values: Meta) -> Work:
    """At most one add per value, where the mask lets it through.

    >>> masked_index_put.work(TensorMeta((3, 5)), TensorMeta((2, 5))).scalar_ops.total
    10
    """
    # [..] = aten._unsafe_masked_index_put_accumulate([..], mask, indices, values)
    return scalar(add=values.numel) if self.is_floating else ZERO


@masked_index_put.program
def _masked_index_put(self: Any, mask: Any, indices: Sequence[Any], values: Any) -> Any:
    out = self.copy()
    places = np.arange(self.size).reshape(self.shape)
    grid = np.broadcast_arrays(mask, *(i for i in indices if i is not None))
    for at in np.ndindex(*grid[0].shape):
        if grid[0][at]:
            place = places[tuple(int(i[at]) for i in grid[1:])]
            out.flat[place] = out.flat[place] + values[at]
    return out


@index_put.program
def _index_put(self: Any, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Any:
    out = self.copy()
    index = tuple(slice(None) if i is None else i for i in indices)
    places = np.arange(self.size).reshape(self.shape)[index]
    for place, value in zip(places.reshape(-1), np.broadcast_to(values, places.shape).reshape(-1), strict=True):
        out.flat[place] = out.flat[place] + value if accumulate else value
    return out


@formula(aten.index_add)
def index_add(self: Meta, source: Meta, alpha: float = 1) -> Work:
    """One add per source element, and a multiply if alpha is not 1.

    >>> index_add.work(TensorMeta((3, 5)), TensorMeta((3, 2))).scalar_ops.total
    6
    """
    # [.., n, ..] = aten.index_add([.., n, ..], dim, [k], [.., k, ..])
    return scalar(add=source.numel, multiply=source.numel if alpha != 1 else 0) if self.is_floating else ZERO


@index_add.program
def _index_add(self: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Any:
    out = np.moveaxis(self.copy(), dim, 0)
    for i, part in zip(index, np.moveaxis(source, dim, 0), strict=True):
        out[i] = out[i] + scaled(part, alpha)
    return np.moveaxis(out, 0, dim)


@formula(aten.scatter_add)
def scatter_add(self: Meta, index: Meta) -> Work:
    """One add per index.

    >>> scatter_add.work(TensorMeta((3, 5)), TensorMeta((3, 2), "int64")).scalar_ops.total
    6
    """
    # [.., n, ..] = aten.scatter_add([.., n, ..], dim, [.., k, ..], [.., k, ..])
    return scalar(add=index.numel) if self.is_floating else ZERO


def _scattered(self: Any, dim: int, index: Any, src: Any, combine: Any) -> Any:
    out = self.copy()
    for position in np.ndindex(*index.shape):
        target = list(position)
        target[dim] = index[position]
        at = tuple(target)
        value = src[position] if isinstance(src, np.ndarray) else src
        out[at] = combine(out[at], value)
    return out


@scatter_add.program
def _scatter_add(self: Any, dim: int, index: Any, src: Any) -> Any:
    return _scattered(self, dim, index, src, _COMBINE["add"])


@formula(aten.scatter)
def scatter(self: Meta, index: Meta, reduce: str | None = None) -> Work:
    """Free, unless it combines: one operation per index.

    >>> scatter.work(TensorMeta((3, 5)), TensorMeta((3, 2), "int64"), "add").scalar_ops.total
    6
    """
    # [.., n, ..] = aten.scatter([.., n, ..], dim, [.., k, ..], [.., k, ..] or value)
    if reduce is None or not self.is_floating:
        return ZERO
    return scalar(**{_KIND.get(reduce, "add"): index.numel})


@scatter.program
def _scatter(self: Any, dim: int, index: Any, src: Any = None, value: Any = None, reduce: str | None = None) -> Any:
    combine = _COMBINE[reduce] if reduce else lambda _, new: new
    return _scattered(self, dim, index, value if src is None else src, combine)


@formula(aten.scatter_reduce, aten.index_reduce)
def scatter_reduce(self: Meta, reduce: str, index: Meta, src: Meta | None = None, source: Meta | None = None) -> Work:
    """One operation per source element (what is not included of self makes it at most that); a mean divides.

    >>> scatter_reduce.work(TensorMeta((3, 5)), "sum", TensorMeta((3, 2), "int64")).scalar_ops.total
    6
    """
    # [.., n, ..] = aten.scatter_reduce([.., n, ..], dim, [.., k, ..], [.., k, ..], reduce)
    if not self.is_floating:
        return ZERO
    combined = index.numel if source is None else source.numel
    return scalar(**{_KIND.get(reduce, "add"): combined}) + scalar(divide=self.numel if reduce == "mean" else 0)


@scatter_reduce.program
def _scatter_reduce(self: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool = True) -> Any:
    out = _scattered(self, dim, index, src, _COMBINE[reduce])
    if reduce != "mean":
        return out
    ones = np.ones(index.shape, dtype=int)
    counts = _scattered(np.ones(self.shape, dtype=int), dim, index, ones, lambda a, b: a + b)
    return out / counts.astype(float)


@formula(aten.put)
def put(self: Meta, source: Meta, accumulate: bool = False) -> Work:
    """Accumulating: one add per source element; else free.

    >>> put.work(TensorMeta((3, 5)), TensorMeta((4,)), True).scalar_ops.total
    4
    """
    # [..] = aten.put([..], [k], [k], accumulate)
    return scalar(add=source.numel) if accumulate and self.is_floating else ZERO


@put.program
def _put(self: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    out = self.copy()
    for i, value in zip(index.reshape(-1), source.reshape(-1), strict=True):
        out.flat[i] = out.flat[i] + value if accumulate else value
    return out
