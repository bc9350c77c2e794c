"""Branch and bound over chains of tiles, from the whole layer inwards, the most promising tile first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import SAME
from costmodel.mapping.search.exact.allowed import Allowed, Factors
from costmodel.mapping.search.exact.boundaries import Boundaries
from costmodel.mapping.search.exact.lattice import Figures, Place, Region, within
from costmodel.mapping.search.exact.leaves import Leaf, costed, nests, whole
from costmodel.mapping.search.exact.measures import ENERGY, Measure
from costmodel.mapping.search.exact.meeting import Meets
from costmodel.mapping.search.exact.orders import Order, orders_of, slides
from costmodel.mapping.search.exact.spreads import Spread
from costmodel.mapping.search.exact.tables import Outside, Tables, closed, settled, tables_of
from costmodel.mapping.search.front import Front
from costmodel.mapping.space.mapspace import Factors as Chain
from costmodel.mapping.space.mapspace import Mapspace

TABLE = 4
"""Steps that a table counts for: it takes about as long as that many tiles to open."""


class UnfinishedError(Exception):
    """The search took more steps than it was given, so what it found is no proof."""


class ThrottledError(Exception):
    """A mapping takes more cycles than its iterations: the bound has to know of the bandwidths."""


@dataclass(slots=True, kw_only=True)
class Steps:
    """Steps that are left to a search: a tile that is opened or a nest that is costed is one, a table some.

    Attributes:
        nests: of one chain of tiles that are costed at most.
    """

    left: int
    nests: int

    def take(self, count: int = 1) -> None:
        """Use up steps.

        Raises:
            UnfinishedError: none is left.
        """
        self.left -= count
        if self.left < 0:
            raise UnfinishedError


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
        barred: infinite for the tiles that the block's factors do not lead to.
    """

    order: Order | None = None
    region: Region
    outside: Outside
    barred: Figures


@dataclass(slots=True, kw_only=True)
class Branching:
    """The search of one spread under one choice of kept levels."""

    space: Mapspace
    spread: Spread
    choice: int
    found: Boundaries
    allowed: Allowed
    front: Front[Mapping]
    steps: Steps
    factors: list[list[Factors]] = field(default_factory=list)
    orders: list[tuple[Order, ...]] = field(default_factory=list)
    tables: list[Tables] = field(default_factory=list)
    throttled: bool = False
    costed: set[Chain] = field(default_factory=set)

    def least(self) -> tuple[float, float]:
        """Cycles and energy that every mapping of this spread needs at least; more, the more tables there are."""
        if not self.tables:
            return self.found.compute, self.found.innermost(ENERGY)
        cycles, energy = float(self.found.compute), 0.0
        for tables in self.tables:
            last = len(self.found.levels) - 1
            here = tuple(slice(index, index + 1) for index in self.found.lattice.last)
            least = closed(self.found, tables.measure, tables.entries[last], last, here, Outside()).flat[0]
            total = float(least) + self.found.innermost(tables.measure)
            if tables.measure.level is None:
                energy = total
            else:
                cycles = max(cycles, tables.measure.cycles(total))
        return cycles, energy

    def prepare(self) -> None:
        """Make the tables: of the energy, and of the bandwidths that can bind once one has bound."""
        blocks = [b for b, block in enumerate(self.space.blocks) if not block.spatial]
        bounds = self.found.lattice.bounds
        self.factors = [[self.allowed.temporal(d, b, bound) for d, bound in enumerate(bounds)] for b in blocks]
        self.orders = [
            orders_of(self.found, number, self.factors[number], self.space.listed(b)) for number, b in enumerate(blocks)
        ]
        for measure in (ENERGY, *(limited(self.found) if self.throttled else ())):
            self.steps.take(TABLE)
            self.tables.append(tables_of(self.found, measure, self.orders, self.factors))

    def run(self) -> None:
        """Offer to the front whatever may be of use to it.

        Raises:
            ThrottledError: a bandwidth binds, and there are no tables of them yet.
            UnfinishedError: there were too few steps.
        """
        start = Node(
            place=self.found.lattice.last,
            outside=Outside(),
            spent=tuple(self.found.innermost(tables.measure) for tables in self.tables),
        )
        self._open(start, len(self.found.levels) - 1)

    def _open(self, node: Node, block: int) -> None:
        """Go on with the tiles of the next block inside, those first whose bound ranks first."""
        if block == 0:
            self._leaf(node)
            return
        self.steps.take()
        options = list(self._options(node, block))
        bounds = [self._bounds(node, block, option) for option in options]
        numbers = np.repeat(np.arange(len(options)), [cycles.size for cycles, _ in bounds])
        indices = np.concatenate([np.arange(cycles.size) for cycles, _ in bounds])
        cycles = np.concatenate([cycles.ravel() for cycles, _ in bounds])
        energy = np.concatenate([energy.ravel() for _, energy in bounds])
        for found in self.front.promising(cycles, energy):
            if self.front.hopeless(float(cycles[found]), float(energy[found])):
                if self.front.objective is not None:
                    break  # the others rank behind it
                continue
            self._open(self._inside(node, block, options[numbers[found]], int(indices[found])), block - 1)

    def _options(self, node: Node, block: int) -> Iterator[Option]:
        """What the block's loops can mean; each with the tiles inside that it leads to."""
        lattice = self.found.lattice
        region = lattice.inside(node.place)
        sizes = [within(size, region) for size in lattice.sizes]
        own = [lattice.size(node.place, dim) for dim in range(len(sizes))]
        if all(one is None or 1 in one for one in self.factors[block]):
            here = tuple(slice(index, index + 1) for index in node.place)
            yield Option(region=here, outside=node.outside, barred=np.zeros((1,) * len(here)))
        for order in self.orders[block]:
            barred = np.zeros(tuple(part.stop for part in region))
            for dim, (size, bound) in enumerate(zip(sizes, own, strict=True)):
                factors = self.factors[block][dim] if dim in order.able else frozenset((1,))
                if factors is not None:
                    barred = barred + np.where(np.isin(bound / size, list(factors)), 0.0, np.inf)
            for dim in order.needs if order.first is None else (order.first.dim, *order.needs):
                barred = barred + np.where(sizes[dim] < own[dim], 0.0, np.inf)
            yield Option(order=order, region=region, barred=barred, outside=self._outside(node, order, sizes, own))

    def _outside(self, node: Node, order: Order, sizes: list[Figures], own: list[int]) -> Outside:
        ends: Figures | float = 1.0
        if order.still is not None:
            if order.open and node.outside.still == order.still:
                ends = node.outside.ends
            else:
                for dim in self.found.still[order.still]:
                    ends = ends * (own[dim] if dim in order.along else sizes[dim])
        slide, until, cancels = order.first, None, order.cancels
        if slide is not None:
            until = self.found.lattice.ends[slide.dim].index(own[slide.dim])
            if slide.meets and not order.needs:
                slide = replace(slide, meets=self._meets(node, slide.dim))
        elif cancels and not order.needs:
            sliding = [dim for dim in order.able if slides(self.found, dim)]
            cancels = not sliding or any(self._meets(node, dim) for dim in sliding)
        return Outside(still=order.still, ends=ends, cancels=cancels, slide=slide, until=until)

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

    def _bounds(self, node: Node, block: int, option: Option) -> tuple[Figures, Figures]:
        """Cycles and energy at least, for all tiles inside."""
        cycles = np.full(option.barred.shape, float(self.found.compute))
        energy = cycles
        for tables, spent in zip(self.tables, node.spent, strict=True):
            measure = tables.measure
            inside = closed(self.found, measure, tables.entries[block - 1], block - 1, option.region, option.outside)
            total = spent + inside + option.barred
            if measure.level is None:
                energy = total
            else:
                cycles = np.maximum(cycles, measure.cycles(total))
        return cycles, energy

    def _inside(self, node: Node, block: int, option: Option, index: int) -> Node:
        """The node of one tile inside."""
        offset = np.unravel_index(index, option.barred.shape)
        place = tuple(part.start + int(step) for part, step in zip(option.region, offset, strict=True))
        here = tuple(slice(step, step + 1) for step in place)
        outside = option.outside
        if isinstance(outside.ends, np.ndarray):
            there = tuple(slice(int(step), int(step) + 1) for step in offset)
            outside = replace(outside, ends=float(within(outside.ends, there).flat[0]))
        spent = []
        for tables, before in zip(self.tables, node.spent, strict=True):
            costs = settled(self.found, tables.measure, block - 1, block - 1, here, outside)
            spent.append(before + sum(float(np.max(cost)) for _, _, cost in costs))
        lattice = self.found.lattice
        factors = tuple(lattice.size(node.place, dim) // lattice.size(place, dim) for dim in range(len(lattice.bounds)))
        return Node(
            place=place,
            outside=outside,
            spent=tuple(spent),
            factors=(*node.factors, factors),
            orders=(*node.orders, option.order),
        )

    def _leaf(self, node: Node) -> None:
        lattice = self.found.lattice
        last = tuple(lattice.size(node.place, dim) for dim in range(len(lattice.bounds)))
        temporal = [last, *reversed(node.factors)]
        leaf = Leaf(factors=whole(self.space, self.spread, temporal), orders=(None, *reversed(node.orders)))
        if leaf.factors in self.costed:
            return
        cycles = [t.measure.cycles(words) for t, words in zip(self.tables[1:], node.spent[1:], strict=True)]
        bound = max([float(self.found.compute), *cycles]), node.spent[0]
        for number, (cost, mapping) in enumerate(costed(self.space, leaf, self.choice, self.steps.nests)):
            if number:
                self.steps.take()
            self.front.offer(*cost, mapping)
            if cost[0] > bound[0] and not self.throttled:
                raise ThrottledError
            if self.front.hopeless(*bound):
                return  # it costs what the bound says, or others cost less
        if nests(self.space, leaf) > self.steps.nests:
            raise UnfinishedError
        self.costed.add(leaf.factors)


def limited(found: Boundaries) -> Iterator[Measure]:
    """The bandwidths that can bind: a level never moves more than all its boundaries at their busiest tiles."""
    for level, entry in enumerate(found.space.machine.levels):
        for writes, bandwidth in ((False, entry.read_bandwidth), (True, entry.write_bandwidth)):
            if bandwidth is None:
                continue
            measure = Measure(level=level, writes=writes, bandwidth=bandwidth)
            most = found.innermost(measure)
            for b in range(len(found.levels)):
                for v in range(3):
                    if found.crosses(b, v):
                        most += float(np.max(found.unmoved(measure, b, v)))
            if most > bandwidth * found.compute * (1 - SAME):
                yield measure
