"""Tiles, and what words cost that come over the boundary outside a tile: for all tiles of one spread at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, prod

import numpy as np

from costmodel.mapping.cost.counters import Counters, access_energy
from costmodel.mapping.cost.geometry import OUTPUTS
from costmodel.mapping.machine import StorageLevel
from costmodel.mapping.search.exact.lattice import Figures, Lattice
from costmodel.mapping.search.exact.measures import Measure
from costmodel.mapping.search.exact.spreads import Spread
from costmodel.mapping.space.bypasses import KeptLevels
from costmodel.mapping.space.mapspace import Mapspace

SLACK, ROUNDING = 1e-3, 1e-14
"""Of an access, and of all: words are products of fractions in floating point, and a bound must not lie above them."""


@dataclass(slots=True, kw_only=True)
class Crossings:
    """One spread under one choice of kept levels; blocks here are the temporal ones, innermost first.

    What is found is kept by the levels on both sides, so that all choices of one spread can share it.

    Attributes:
        spread: how the fan-outs are used.
        lattice: the tiles of the temporal loops.
        levels: per block, its storage level.
        inside: per block and dim, the spatial factors at its level and further in.
        fans: per storage level, the spatial factor of each dim.
        replication: per storage level, its working instances.
        still: per data space, the dims that do not move it.
        windows: the pairs of dims that move one axis of the inputs together.
        partner: per dim of a window, the other one.
    """

    space: Mapspace
    spread: Spread
    kept: KeptLevels
    lattice: Lattice
    levels: tuple[int, ...]
    inside: tuple[tuple[int, ...], ...]
    fans: tuple[tuple[int, ...], ...]
    replication: tuple[int, ...]
    still: tuple[tuple[int, ...], ...]
    windows: tuple[tuple[int, int], ...]
    partner: dict[int, int]
    _plain: dict[tuple[int, int], Figures] = field(default_factory=dict)
    _moving: dict[tuple[int, int], Figures] = field(default_factory=dict)
    _groups: dict[tuple[int, int, int], float] = field(default_factory=dict)
    _first: dict[int, float] = field(default_factory=dict)
    _costs: dict[tuple[Measure, int, int, int], Figures] = field(default_factory=dict)

    _outside: tuple[tuple[int | None, ...], ...] = field(init=False)
    """Per block and data space, the level outside that its tile comes from; None where it is not kept inside."""

    def __post_init__(self) -> None:
        self._outside = tuple(
            tuple(kept[kept.index(level) + 1] if level in kept[:-1] else None for kept in self.kept)
            for level in self.levels
        )

    @property
    def compute(self) -> int:
        """Cycles if no bandwidth binds."""
        return prod(self.lattice.bounds)

    def crosses(self, b: int, v: int) -> bool:
        """Whether data space v comes over the boundary outside block b."""
        return self._outside[b][v] is not None

    def outer(self, b: int, v: int) -> int:
        """The level that the tiles of block b come from."""
        level = self._outside[b][v]
        assert level is not None  # it crosses
        return level

    def counts(self, measure: Measure, b: int, v: int) -> bool:
        """Whether what crosses the boundary is anything to this measure: a level sees its own boundaries only."""
        if not self.crosses(b, v):
            return False
        if measure.level is None:
            return True
        if measure.level == self.outer(b, v):
            return v == OUTPUTS or not measure.writes
        return measure.writes and measure.level == self.levels[b]

    def extent(self, b: int, v: int, axis: int) -> Figures:
        """The extent of the tile of block b along one axis of a data space."""
        found: Figures = np.ones((1,) * len(self.lattice.shape))
        for coefficient, dim in self.space.geometry.terms[v][axis]:
            found = found + coefficient * (self.lattice.sizes[dim] * self.inside[b][dim] - 1)
        return found

    def tile(self, b: int, v: int) -> Figures:
        """Words of the tile of block b."""
        found: Figures = np.ones((1,) * len(self.lattice.shape))
        for axis in range(len(self.space.geometry.terms[v])):
            found = found * self.extent(b, v, axis)
        return found

    def plain(self, b: int, v: int) -> Figures:
        """Words where nothing is reused over the loops outside: tile · trips."""
        if (b, v) not in self._plain:
            self._plain[b, v] = np.broadcast_to(self.tile(b, v) * self.trips, self.lattice.shape)
        return self._plain[b, v]

    @property
    def trips(self) -> Figures:
        """Iterations of all temporal loops outside a tile."""
        return _product(self.lattice.along, len(self.lattice.shape))

    def moving(self, b: int, v: int) -> Figures:
        """The same times the tile's size in the dims that do not move v."""
        if (b, v) not in self._moving:
            sizes = [self.lattice.sizes[dim] for dim in self.still[v]]
            self._moving[b, v] = self.plain(b, v) * _product(sizes, len(self.lattice.shape))
        return self._moving[b, v]

    def fits(self, b: int) -> Figures:
        """0 where the tiles of block b fit its level, infinite where they do not."""
        capacity = self.space.machine.levels[self.levels[b]].entries
        result: Figures = np.zeros(self.lattice.shape)
        if capacity is not None:
            used: Figures = np.zeros((1,) * len(self.lattice.shape))
            for v, kept in enumerate(self.kept):
                if self.levels[b] in kept:
                    used = used + self.tile(b, v)
            result[np.broadcast_to(used > capacity, self.lattice.shape)] = np.inf
        return result

    def unmoved(self, measure: Measure, b: int, v: int) -> Figures:
        """The cost of data space v over the boundary outside block b by the tile alone."""
        key = (measure, b, v, self.outer(b, v))
        if key not in self._costs:
            self._costs[key] = self.cost(measure, b, v, self.plain(b, v))
        return self._costs[key]

    def cost(
        self,
        measure: Measure,
        b: int,
        v: int,
        words: Figures,
        asked: Figures | None = None,
    ) -> Figures:
        """What these words cost on both sides of the boundary.

        Args:
            measure: what is counted.
            b: number of the block that the boundary lies outside of.
            v: number of the data space.
            words: that one instance receives from the outer level.
            asked: of the outer level; as many for each word as the fan-outs in between make it, if not given.
        """
        inner, outer = self.levels[b], self.outer(b, v)
        asked = words * self.groups(v, inner, outer) if asked is None else asked
        fills, reads, updates = words, asked, None
        if v == OUTPUTS:
            updates = asked
            reads = asked - self.first_touch(outer)
            if self.space.machine.behaviour == "E":
                fills = np.maximum(fills - self.first_touch(inner), 0)
            elif self.space.machine.behaviour == "B" and outer == len(self.fans) - 1:
                reads = np.where(reads > 0.5, np.inf, 0.0)  # outputs must not be reduced on the outermost level
        if measure.level is not None:
            moved = fills if measure.level == inner else updates if measure.level == outer else None
            if not measure.writes:
                moved = reads if measure.level == outer else None
            return asked * 0.0 if moved is None else moved
        return self._energy(inner, outer, fills, reads, updates)

    def _energy(self, inner: int, outer: int, fills: Figures, reads: Figures, updates: Figures | None) -> Figures:
        near, far = self.space.machine.levels[inner], self.space.machine.levels[outer]
        written = accesses(fills, near) * (near.write_pj * self.replication[inner])
        result = written + accesses(reads, far) * (far.read_pj * self.replication[outer])
        if updates is not None:
            result = result + accesses(updates, far) * (far.write_pj * self.replication[outer])
        return result

    def groups(self, v: int, inner: int, outer: int) -> float:
        """At least so many accesses of ``outer`` per word of a tile, were there no neighbours next to it."""
        key = (v, inner, outer)
        if key not in self._groups:
            further = prod(self.passed_on(v, s) for s in range(inner + 2, outer + 1))
            self._groups[key] = self.distinct(v, inner + 1) * further
        return self._groups[key]

    def distinct(self, v: int, s: int, *, without: int | None = None) -> float:
        """At least so many instances under one fan-out of level s want different words.

        Where two dims of a window are spread together, the distinct sums of two progressions of a and b terms, which
        are a + b − 1 at least. ``without`` an axis: as if all along it wanted the same.
        """
        axes = enumerate(self.space.geometry.terms[v])
        return float(prod(1 + sum(self.fans[s][dim] - 1 for _, dim in axis) for a, axis in axes if a != without))

    def passed_on(self, v: int, s: int) -> float:
        """At least so many accesses for each access of a child that keeps nothing, through the fan-out of level s.

        Those are accesses over the PEs that receive them, times all PEs, whatever neighbours hand on
        (``traffic.Crossing.per_child``); so no fewer than all PEs over those that want the same words, which are at
        most as many as the smaller of two dims that are spread along one axis.
        """
        return float(prod(max(self.fans[s][dim] for _, dim in axis) for axis in self.space.geometry.terms[v]))

    def first_touch(self, level: int) -> float:
        """Outputs that one instance of a level is the first to touch (``traffic.first_touch``)."""
        if level not in self._first:
            moving = [d for axis in self.space.geometry.terms[OUTPUTS] for _, d in axis]
            spread = prod(self.fans[s][d] for s in range(level + 1, len(self.fans)) for d in moving)
            self._first[level] = float(prod(self.space.geometry.bounds[d] for d in moving) // spread)
        return self._first[level]

    def _asked(self, v: int, level: int) -> float:
        """At least so many accesses of the innermost level that keeps v for each operation of one multiplier."""
        return prod(self.passed_on(v, s) for s in range(1, level + 1))

    def innermost(self, measure: Measure) -> float:
        """What the multipliers ask of the innermost level that keeps each data space, and their own energy."""
        machine = self.space.machine
        total = machine.mac_pj * self.space.problem.macs if measure.level is None else 0.0
        for v, kept in enumerate(self.kept):
            asked = self.compute * int(self._asked(v, kept[0]))
            reads = asked - int(self.first_touch(kept[0])) if v == OUTPUTS else asked
            updates = asked if v == OUTPUTS else 0
            if machine.behaviour == "B" and updates and reads > 0 and kept[0] == len(self.fans) - 1:
                return inf
            if measure.level is None:
                counts = Counters(level=kept[0], reads=reads, fills=0, updates=updates)
                total += access_energy(machine.levels[kept[0]], counts) * self.replication[kept[0]]
            elif measure.level == kept[0]:
                total += updates if measure.writes else reads
        return total


def accesses(words: Figures, level: StorageLevel) -> Figures:
    """Whole accesses; words that are whole but for rounding are not rounded up again."""
    found: Figures = np.ceil(words / level.words_per_access * (1 - ROUNDING) - SLACK)
    return found


def _product(parts: Sequence[Figures], axes: int) -> Figures:
    result: Figures = np.ones((1,) * axes)
    for part in parts:
        result = result * part
    return result
