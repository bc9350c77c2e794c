"""Branch and bound over chains of tiles, from the whole layer inwards, the most promising tile first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import SAME
from costmodel.mapping.search.exact.allowed import Allowed, Factors
from costmodel.mapping.search.exact.boundaries import Boundaries
from costmodel.mapping.search.exact.inside import Outside, closed, opened, spent
from costmodel.mapping.search.exact.lattice import Figures, within
from costmodel.mapping.search.exact.leaves import Leaf, costed, nests, whole
from costmodel.mapping.search.exact.measures import ENERGY, Measure
from costmodel.mapping.search.exact.options import Meanings, Node, Option, Options
from costmodel.mapping.search.exact.orders import Order, orders_of
from costmodel.mapping.search.exact.spreads import Spread
from costmodel.mapping.search.exact.tables import Tables, tables_of
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
            known = opened(self.found, tables.measure, tables.entries[last], last, None, None)
            least = closed(self.found, tables.measure, known, last, here, Outside()).flat[0]
            total = float(least) + self.found.innermost(tables.measure)
            if tables.measure.level is None:
                energy = total
            else:
                cycles = max(cycles, tables.measure.cycles(total))
        return cycles, energy

    @property
    def numbers(self) -> int:
        """How many numbers its tables hold."""
        return sum(figures.size for tables in self.tables for entry in tables.entries for figures in entry.values())

    def prepare(self) -> None:
        """Make the tables that are missing: of the energy, and of the bandwidths that can bind once one has bound."""
        blocks = [b for b, block in enumerate(self.space.blocks) if not block.spatial]
        bounds = self.found.lattice.bounds
        self.factors = [[self.allowed.temporal(d, b, bound) for d, bound in enumerate(bounds)] for b in blocks]
        self.orders = [
            orders_of(self.found, number, self.factors[number], self.space.listed(b)) for number, b in enumerate(blocks)
        ]
        there = {tables.measure for tables in self.tables}
        wanted = (ENERGY, *(limited(self.found) if self.throttled else ()))
        for measure in (one for one in wanted if one not in there):
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
        meanings = Meanings(found=self.found, factors=self.factors, orders=self.orders, tables=self.tables)
        self._open(start, len(self.found.levels) - 1, meanings)

    def _open(self, node: Node, block: int, meanings: Meanings) -> None:
        """Go on with the tiles of the next block inside, those first whose bound ranks first."""
        if block == 0:
            self._leaf(node)
            return
        self.steps.take()
        options = meanings.of(node, block)
        cycles, energy = self._bounds(node, options)
        for found in self.front.promising(cycles, energy):
            if self.front.hopeless(float(cycles[found]), float(energy[found])):
                if self.front.objective is not None:
                    break  # the others rank behind it
                continue
            option = options.all[options.numbers[found]]
            inside = self._inside(node, block, option, int(options.indices[found]))
            self._open(inside, block - 1, meanings)

    def _bounds(self, node: Node, options: Options) -> tuple[Figures, Figures]:
        """Cycles and energy at least, for all tiles inside."""
        cycles = np.full(len(options.numbers), float(self.found.compute))
        energy = cycles
        for tables, before, inside in zip(self.tables, node.spent, options.inside, strict=True):
            if tables.measure.level is None:
                energy = before + inside
            else:
                cycles = np.maximum(cycles, tables.measure.cycles(before + inside))
        return cycles, energy

    def _inside(self, node: Node, block: int, option: Option, index: int) -> Node:
        """The node of one tile inside."""
        offset = np.unravel_index(index, option.inside[0].shape)
        place = tuple(part.start + int(step) for part, step in zip(option.region, offset, strict=True))
        here = tuple(slice(step, step + 1) for step in place)
        outside = option.outside
        if isinstance(outside.ends, np.ndarray):
            there = tuple(slice(int(step), int(step) + 1) for step in offset)
            outside = replace(outside, ends=float(within(outside.ends, there).flat[0]))
        lattice = self.found.lattice
        factors = tuple(n // m for n, m in zip(lattice.extent(node.place), lattice.extent(place), strict=True))
        return Node(
            place=place,
            outside=outside,
            spent=tuple(
                before + spent(self.found, tables.measure, block - 1, here, outside)
                for tables, before in zip(self.tables, node.spent, strict=True)
            ),
            factors=(*node.factors, factors),
            orders=(*node.orders, option.order),
        )

    def _leaf(self, node: Node) -> None:
        lattice = self.found.lattice
        last = lattice.extent(node.place)
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
