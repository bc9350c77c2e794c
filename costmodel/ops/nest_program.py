"""A loop nest as work, as an einsum equation, and as a program executed literally, point by point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import product
from math import prod
from operator import mul
from typing import Any

import numpy as np
import numpy.typing as npt

from costmodel.ir.loopnest import Access, Dataspace, LoopNest, Rank
from costmodel.ir.work import ScalarOps, Work

Array = npt.NDArray[Any]
Shape = Sequence[int]


def execute(nest: LoopNest, tensors: Mapping[str, Array], shape: Shape) -> Array:
    """The published scalar program of a nest, on arrays of floats or of counting numbers.

    The updated tensor has ``shape`` and starts empty: the first product of an element is assigned, each later
    one is 1 add; an element that receives none is 0. Reading outside a tensor gives the padding zero, and its
    product and add are counted (dense). A product that falls outside the updated tensor is accumulated into
    one discard cell that starts at 0, so it costs its 1 add like any other. Hence exactly:
    multiplies = macs · (tensors read − 1), adds = macs − elements touched.

    >>> nest = contraction("nk,km->nm", (1, 2), (2, 1))
    >>> execute(nest, {"Inputs": np.array([[2.0, 3.0]]), "Weights": np.array([[5.0], [7.0]])}, (1, 1))
    array([[31.0]], dtype=object)
    """
    grids = np.indices([bound for _, bound in nest.dims]).reshape(len(nest.dims), -1)
    points = {dim: grid for (dim, _), grid in zip(nest.dims, grids, strict=True)}
    reads = [_read(d, tensors[d.name], points) for d in nest.dataspaces if d.access is Access.READ]
    cells, inside = _address(nest.updated, shape, points)
    result: list[Any] = [None] * prod(shape)
    discard: Any = 0.0
    for cell, kept, value in zip(cells, inside, reduce(mul, reads), strict=True):
        if not kept:
            discard = discard + value
        elif result[cell] is None:
            result[cell] = value
        else:
            result[cell] = result[cell] + value
    flat = np.empty(len(result), dtype=object)
    flat[:] = [0.0 if value is None else value for value in result]
    return flat.reshape(tuple(shape))


def _read(space: Dataspace, tensor: Array, points: Mapping[str, Array]) -> Array:
    cells, inside = _address(space, tensor.shape, points)
    values = np.full(len(cells), 0.0, dtype=object)
    values[inside] = tensor.reshape(-1)[cells[inside]]
    return values


def _address(space: Dataspace, shape: Shape, points: Mapping[str, Array]) -> tuple[Array, Array]:
    """For every point its row-major cell in a tensor of ``shape``, and whether it lies inside."""
    size = len(next(iter(points.values())))
    cells, inside = np.zeros(size, dtype=np.int64), np.ones(size, dtype=bool)
    for rank, length in zip(space.projection, shape, strict=True):
        index = sum((c * points[dim] for c, dim in rank.terms), start=np.full(size, rank.offset))
        inside &= (index >= 0) & (index < length)
        cells = cells * length + index
    return cells, inside


def touched(nest: LoopNest, shape: Shape) -> int:
    """Elements inside the updated tensor that receive at least one product.

    Axis by axis, which is exact because no dim drives two axes of an updated tensor.
    """
    bounds = nest.bounds
    axes = zip(nest.updated.projection, shape, strict=True)
    return prod(_reached(rank, bounds, length) for rank, length in axes) if nest.macs else 0


def _reached(rank: Rank, bounds: Mapping[str, int], length: int) -> int:
    """Indices in [0, length) that the rank takes: one strided slice per value of the smaller dims."""
    if len(rank.terms) == 1 and rank.offset == 0:
        (step, dim) = rank.terms[0]
        return min(bounds[dim], -(-length // step))
    *inner, (step, longest) = sorted(rank.terms, key=lambda term: bounds[term[1]])
    hit = np.zeros(length, dtype=bool)
    for values in product(*(range(bounds[dim]) for _, dim in inner)):
        start = rank.offset + sum(c * v for (c, _), v in zip(inner, values, strict=True))
        stop = start + step * (bounds[longest] - 1) + 1
        hit[start if start >= 0 else start % step : max(stop, 0) : step] = True
    return int(np.count_nonzero(hit))


def nest_work(nest: LoopNest, shape: Shape, times: int = 1) -> Work:
    """The work of executing ``nest``, ``times`` over, into an updated tensor of ``shape``.

    >>> nest_work(contraction("nk,km->nm", (2, 5), (5, 3)), (2, 3)).scalar_ops
    ScalarOps(add=24, multiply=30, divide=0, compare=0, transcendental=0, random=0)
    """
    reads = sum(d.access is Access.READ for d in nest.dataspaces)
    ops = ScalarOps(multiply=nest.macs * (reads - 1), add=nest.macs - touched(nest, shape))
    return Work(nests=((nest, 1),), scalar_ops=ops) * times


_NAMES = {2: ("Inputs", "Weights"), 3: ("Inputs", "Weights", "Others")}


def contraction(equation: str, *shapes: Shape) -> LoopNest:
    """The nest of an einsum equation: letters are dims, the result's first, then those summed over.

    The tensors read are called Inputs, Weights (and Others, if there is a third), the updated one Outputs.

    >>> print(contraction("gnk,gkm->gnm", (8, 2, 5), (8, 5, 3)))
    Outputs[g, n, m] += Inputs[g, n, k] * Weights[g, k, m]  for G=8 N=2 M=3 K=5
    """
    left, result = equation.upper().split("->")
    operands = left.split(",")
    bounds: dict[str, int] = {}
    for letters, shape in zip(operands, shapes, strict=True):
        for letter, length in zip(letters, shape, strict=True):
            if bounds.setdefault(letter, length) != length:
                raise ValueError(
                    f"{equation} does not fit the shapes {shapes}: {letter} is {bounds[letter]} and {length}"
                )
    order = list(result) + [letter for letter in bounds if letter not in result]
    reads = [_space(name, letters, Access.READ) for name, letters in zip(_NAMES[len(operands)], operands, strict=True)]
    return LoopNest(
        dims=tuple((letter, bounds[letter]) for letter in order),
        dataspaces=(*reads, _space("Outputs", result, Access.UPDATE)),
    )


def _space(name: str, letters: str, access: Access) -> Dataspace:
    return Dataspace(name=name, projection=tuple(Rank(((1, letter),)) for letter in letters), access=access)


def contraction_work(equation: str, *shapes: Shape, times: int = 1) -> Work:
    """The work of an einsum equation, executed ``times`` over.

    >>> contraction_work("k,k->", (10,), (10,)).scalar_ops.total
    19
    """
    nest = contraction(equation, *shapes)
    return nest_work(nest, [nest.bounds[letter] for letter in equation.upper().split("->")[1]], times)


def contract(equation: str, *tensors: Array) -> Array:
    """Execute an einsum equation literally, as the nest of :func:`contraction`."""
    nest = contraction(equation, *(t.shape for t in tensors))
    names = (d.name for d in nest.dataspaces if d.access is Access.READ)
    shape = [nest.bounds[letter] for letter in equation.upper().split("->")[1]]
    return execute(nest, dict(zip(names, tensors, strict=True)), shape)
