"""All temporal tiles of one spread: a grid over the exponents of the primes of every dim's temporal bound.

A tile inside another has exponents that are nowhere larger. So "the least over all tiles inside this one" is a running
minimum along every axis, and needs no list of pairs of tiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]
"""A figure for every tile, or an array that broadcasts to that."""

Exponents = tuple[int, ...]

Place = tuple[int, ...]
"""A tile: its index in the grid."""

Region = tuple[slice, ...]


def exponents_of(number: int) -> tuple[tuple[int, int], ...]:
    """The primes of a number with their exponents.

    >>> exponents_of(12), exponents_of(1)
    (((2, 2), (3, 1)), ())
    """
    found, prime = [], 2
    while prime * prime <= number:
        times = 0
        while number % prime == 0:
            number, times = number // prime, times + 1
        if times:
            found.append((prime, times))
        prime += 1
    return (*found, (number, 1)) if number > 1 else tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lattice:
    """The grid.

    Attributes:
        bounds: temporal bound per dim.
        primes: per dim, its primes; each is one axis.
        axes: per dim, the numbers of its axes.
        shape: of the whole grid.
        sizes: per dim, the tile's size along it, broadcastable over the grid.
        along: per dim, the iterations of the loops outside the tile, likewise.
        everything: the whole grid.
        ends: per dim, all sizes that a tile can have along it.
        places: per dim, all tiles of one such size, in the same order.
        extents: per tile that was asked for, its size along every dim.
    """

    bounds: tuple[int, ...]
    primes: tuple[tuple[int, ...], ...]
    axes: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...]
    sizes: tuple[Figures, ...]
    along: tuple[Figures, ...]
    everything: Region
    ends: tuple[tuple[int, ...], ...]
    places: tuple[tuple[Region, ...], ...]
    extents: dict[Place, tuple[int, ...]] = field(default_factory=dict)

    @property
    def last(self) -> Place:
        """The tile of the whole layer."""
        return tuple(n - 1 for n in self.shape)

    def inside(self, place: Place) -> Region:
        """All tiles inside one, itself included."""
        return tuple(slice(0, index + 1) for index in place)

    def size(self, place: Place, dim: int) -> int:
        """A tile's size along a dim."""
        return self.extent(place)[dim]

    def extent(self, place: Place) -> tuple[int, ...]:
        """A tile's size along every dim."""
        if place not in self.extents:
            self.extents[place] = tuple(
                prod(prime ** place[axis] for prime, axis in zip(primes, axes, strict=True))
                for primes, axes in zip(self.primes, self.axes, strict=True)
            )
        return self.extents[place]

    def exponents(self, dim: int, factor: int) -> Exponents | None:
        """The exponents of a factor of the dim's bound; None if it is none."""
        if self.bounds[dim] % factor:
            return None
        found = []
        for prime in self.primes[dim]:
            times = 0
            while factor % prime == 0:
                factor, times = factor // prime, times + 1
            found.append(times)
        return tuple(found)

    def least(self, figures: Figures, dims: Iterable[int]) -> Figures:
        """For every tile the least over the tiles inside it that differ from it along these dims only."""
        for dim in dims:
            for axis in self.axes[dim]:
                if figures.shape[axis] > 1:
                    figures = np.minimum.accumulate(figures, axis=axis)
        return figures

    def least_by(self, figures: Figures, dim: int, factors: Iterable[int]) -> Figures:
        """The same along one dim, where the outer tile is larger by one of these factors."""
        result = np.full(figures.shape, np.inf)
        for factor in factors:
            exponents = self.exponents(dim, factor)
            if exponents is not None:
                outer, inner = [slice(None)] * figures.ndim, [slice(None)] * figures.ndim  # the spare axis is whole
                for axis, times in zip(self.axes[dim], exponents, strict=True):
                    outer[axis], inner[axis] = slice(times, None), slice(0, self.shape[axis] - times)
                into = result[tuple(outer)]
                np.minimum(into, figures[tuple(inner)], out=into)
        return result


@lru_cache(maxsize=1 << 8)
def lattice_of(bounds: tuple[int, ...]) -> Lattice:
    """The grid of these temporal bounds."""
    primes: list[tuple[int, ...]] = []
    axes: list[tuple[int, ...]] = []
    shape: list[int] = []
    for bound in bounds:
        found = exponents_of(bound)
        primes.append(tuple(prime for prime, _ in found))
        axes.append(tuple(range(len(shape), len(shape) + len(found))))
        shape += [times + 1 for _, times in found]
    shape.append(1)
    sizes = []
    for own, along in zip(primes, axes, strict=True):
        size: Figures = np.ones((1,) * len(shape))
        for prime, axis in zip(own, along, strict=True):
            view = [1] * len(shape)
            view[axis] = shape[axis]
            size = size * np.array([float(prime**times) for times in range(shape[axis])]).reshape(view)
        sizes.append(size)
    everything = tuple(slice(0, n) for n in shape)
    spans = [list(product(*(range(shape[axis]) for axis in one))) for one in axes]
    return Lattice(
        bounds=bounds,
        primes=tuple(primes),
        axes=tuple(axes),
        shape=tuple(shape),
        sizes=tuple(sizes),
        along=tuple(bound / size for bound, size in zip(bounds, sizes, strict=True)),
        everything=everything,
        ends=tuple(
            tuple(prod(prime**times for prime, times in zip(own, one, strict=True)) for one in span)
            for own, span in zip(primes, spans, strict=True)
        ),
        places=tuple(
            tuple(_at(everything, along, one) for one in span) for along, span in zip(axes, spans, strict=True)
        ),
    )


def _at(everything: Region, axes: Sequence[int], exponents: Exponents) -> Region:
    region = list(everything)
    for axis, index in zip(axes, exponents, strict=True):
        region[axis] = slice(index, index + 1)
    return tuple(region)


def within(figures: Figures, region: Region) -> Figures:
    """A broadcastable array cut to a region."""
    return figures[tuple(slice(0, 1) if n == 1 else part for n, part in zip(figures.shape, region, strict=True))]
