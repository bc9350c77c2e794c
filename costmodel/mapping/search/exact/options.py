"""What the loops of a block can mean for the tiles inside it, and what these then cost at least.

Many chains lead to one tile, so what does not hang on the chain is computed once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.search.exact.allowed import Factors
from costmodel.mapping.search.exact.boundaries import Boundaries, Slide
from costmodel.mapping.search.exact.inside import Opened, Outside, closed, opened
from costmodel.mapping.search.exact.lattice import Figures, Place, Region, within
from costmodel.mapping.search.exact.meeting import Meets
from costmodel.mapping.search.exact.orders import Order, slides
from costmodel.mapping.search.exact.tables import Tables

HELD = 1 << 22
"""Numbers that are held to be used again, some 32 MiB: beyond it all begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A chain down to the tile of one block: what it means for the inside, and what is already known to be spent.

    Attributes:
        place: the tile.
        outside: the meaning of the loops outside.
        spent: per measure.
        factors: per temporal block from the outermost inwards, its factors.
        orders: likewise, its order.
    """

    place: Place
    outside: Outside
    spent: tuple[float, ...]
    factors: tuple[tuple[int, ...], ...] = ()
    orders: tuple[Order | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One meaning of a block's loops.

    Attributes:
        order: None where the block has no loop.
        region: the tiles inside.
        outside: what the loops then mean for them.
        inside: per measure, the least cost of everything inside; infinite for tiles that no factors lead to.
    """

    order: Order | None = None
    region: Region
    outside: Outside
    inside: tuple[Figures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All meanings, each with all tiles inside, one after the other.

    Attributes:
        numbers: per tile, of its option.
        indices: per tile, within its option.
        inside: per measure and tile, the least cost of everything inside it.
    """

    all: tuple[Option, ...]
    numbers: NDArray[np.int64]
    indices: NDArray[np.int64]
    inside: tuple[Figures, ...]


@dataclass(slots=True, kw_only=True)
class Meanings:
    """All options of one spread under one choice of kept levels.

    Attributes:
        factors: per temporal block and dim.
        orders: per temporal block.
    """

    found: Boundaries
    factors: Sequence[Sequence[Factors]]
    orders: Sequence[Sequence[Order]]
    tables: Sequence[Tables]
    _options: dict[Hashable, Options] = field(default_factory=dict)
    _parts: dict[Hashable, Option] = field(default_factory=dict)
    _opened: dict[Hashable, Opened] = field(default_factory=dict)
    _barred: dict[Hashable, Figures] = field(default_factory=dict)
    _sizes: dict[Place, list[Figures]] = field(default_factory=dict)
    _held: int = 0

    def of(self, node: Node, block: int) -> Options:
        """What the block's loops can mean inside a node."""
        meets = tuple(self._meets(node, dim) for pair in self.found.windows for dim in pair)
        key = (block, node.place, node.outside, meets)
        if key not in self._options:
            if self._held > HELD:
                self._options, self._parts, self._opened, self._held = {}, {}, {}, 0
            options = tuple(self._each(node, block))
            sizes = [option.inside[0].size for option in options]
            self._options[key] = Options(
                all=options,
                numbers=np.repeat(np.arange(len(options)), sizes),
                indices=np.concatenate([np.arange(size) for size in sizes]),
                inside=tuple(
                    np.concatenate([option.inside[number].ravel() for option in options])
                    for number in range(len(self.tables))
                ),
            )
            self._held += 2 * sum(sizes) * len(self.tables)
        return self._options[key]

    def _each(self, node: Node, block: int) -> Iterator[Option]:
        if all(one is None or 1 in one for one in self.factors[block]):
            here = tuple(slice(index, index + 1) for index in node.place)
            yield Option(region=here, outside=node.outside, inside=self._inside(block, here, node.outside))
        for number, order in enumerate(self.orders[block]):
            # a run goes on where the block has no other loop
            ends = node.outside.ends if order.open and node.outside.still == order.still else None
            slide, cancels = order.first, order.cancels
            if slide is not None and slide.meets and not order.needs:
                slide = replace(slide, meets=self._meets(node, slide.dim))
            elif slide is None and cancels and not order.needs:
                sliding = [dim for dim in order.able if slides(self.found, dim)]
                cancels = not sliding or any(self._meets(node, dim) for dim in sliding)
            key = (block, node.place, number, ends, slide, cancels)
            if key not in self._parts:
                self._parts[key] = self._option(node.place, block, order, ends, slide, cancels=cancels)
            yield self._parts[key]

    def _option(
        self,
        place: Place,
        block: int,
        order: Order,
        ends: Figures | float | None,
        slide: Slide | None,
        *,
        cancels: bool,
    ) -> Option:
        lattice = self.found.lattice
        region, own = lattice.inside(place), lattice.extent(place)
        if place not in self._sizes:
            self._sizes[place] = [within(size, region) for size in lattice.sizes]
        sizes = self._sizes[place]
        barred = np.zeros(tuple(part.stop for part in region))
        needs = order.needs if order.first is None else (order.first.dim, *order.needs)
        for dim, (size, whole) in enumerate(zip(sizes, own, strict=True)):
            factors = self.factors[block][dim] if dim in order.able else frozenset((1,))
            if factors is not None or dim in needs:
                key = (block, dim, whole, dim in order.able, dim in needs)
                if key not in self._barred:
                    allowed = size < whole if dim in needs else size <= whole
                    if factors is not None:
                        allowed &= np.isin(whole / size, list(factors))
                    self._barred[key] = np.where(allowed, 0.0, np.inf)
                barred = barred + self._barred[key]
        if ends is None:
            ends = 1.0
            for dim in self.found.still[order.still] if order.still is not None else ():
                ends = ends * (own[dim] if dim in order.along else sizes[dim])
        until = None if slide is None else lattice.ends[slide.dim].index(own[slide.dim])
        outside = Outside(still=order.still, ends=ends, cancels=cancels, slide=slide, until=until)
        inside = tuple(costs + barred for costs in self._inside(block, region, outside))
        return Option(order=order, region=region, outside=outside, inside=inside)

    def _inside(self, block: int, region: Region, outside: Outside) -> tuple[Figures, ...]:
        found, last = [], block - 1
        for number, tables in enumerate(self.tables):
            key = (number, block, outside.still, outside.slide)
            if key not in self._opened:
                known = opened(self.found, tables.measure, tables.entries[last], last, outside.still, outside.slide)
                self._opened[key] = known
                self._held += sum(figures.size for figures in known.values())
            found.append(closed(self.found, tables.measure, self._opened[key], last, region, outside))
        return tuple(found)

    def _meets(self, node: Node, dim: int) -> Meets:
        """What comes in the blocks outside before a loop that moves the inputs elsewhere."""
        quiet, other, result = set(self.found.still[INPUTS]), self.found.partner[dim], Meets.NOTHING
        for factors, order in zip(reversed(node.factors), reversed(node.orders), strict=True):
            looped = {d for d, factor in enumerate(factors) if factor > 1} - quiet
            if order is None or not looped:
                continue
            if order.still == INPUTS:
                return Meets.EITHER if looped & {dim, other} else result
            if order.first is None or order.first.dim not in (dim, other):
                return result
            if order.first.dim == other:
                return Meets.BOTH if result else Meets.OTHER
            if other in looped:
                return Meets.BOTH
            result = Meets.ITSELF
            if looped - {dim}:
                return result
        return result
