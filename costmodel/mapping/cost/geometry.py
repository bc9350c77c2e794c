"""A problem's data spaces in numbers: how far a step of each dim moves each of them, and how large a box is."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from costmodel.mapping.problem import DATASPACES, Problem

Cumulative = tuple[int, ...]
"""Per dim the product of the bounds of all loops up to some loop."""

WEIGHTS, INPUTS, OUTPUTS = range(len(DATASPACES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Data spaces and dims by number; a vector over the axes of a data space is packed into one integer.

    Packing: each axis has its own ``bits`` wide digit, wide enough that sums and differences of moves inside the
    layer never carry, so packed vectors are equal exactly when the vectors are.

    Attributes:
        terms: per data space and axis, pairs (coefficient, dim number).
        unit: per data space and dim, the packed move of one step of the dim.
        axis: per data space and dim, the axis that it moves; −1 where it moves none.
        coefficient: per data space and dim, by how much.
    """

    dims: tuple[str, ...]
    bounds: tuple[int, ...]
    terms: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]
    unit: tuple[tuple[int, ...], ...]
    axis: tuple[tuple[int, ...], ...]
    coefficient: tuple[tuple[int, ...], ...]

    def extents(self, v: int, reach: Cumulative) -> list[int]:
        """Extents of the bounding box of data space v; the gaps of a stride are inside it."""
        found = []
        for axis in self.terms[v]:  # plain loops: searches spend much of their time here
            extent = 1
            for coefficient, dim in axis:
                extent += coefficient * (reach[dim] - 1)
            found.append(extent)
        return found

    def size(self, v: int, reach: Cumulative) -> int:
        """Words in the box."""
        return prod(self.extents(v, reach))


def geometry_of(problem: Problem) -> Geometry:
    """The data spaces of a problem as numbers."""
    bounds = tuple(problem.bounds.values())
    index = {dim: i for i, dim in enumerate(problem.dims)}
    terms = tuple(tuple(tuple((c, index[d]) for c, d in axis) for axis in axes) for axes in problem.axes)
    widest = max(sum(c * bounds[d] for c, d in axis) for axes in terms for axis in axes)
    # A digit holds a tile's shift or move (each below ``widest``) or a difference of two, so at most 2·widest, and
    # has to keep its sign: one bit for the factor, one for the sign, one to spare.
    bits = widest.bit_length() + 3
    unit, where, coefficient = [], [], []
    for axes in terms:
        units, places, factors = [0] * len(bounds), [-1] * len(bounds), [0] * len(bounds)
        for a, axis in enumerate(axes):
            for c, d in axis:
                units[d], places[d], factors[d] = c << (bits * a), a, c
        unit.append(tuple(units))
        where.append(tuple(places))
        coefficient.append(tuple(factors))
    return Geometry(
        dims=problem.dims,
        bounds=bounds,
        terms=terms,
        unit=tuple(unit),
        axis=tuple(where),
        coefficient=tuple(coefficient),
    )
