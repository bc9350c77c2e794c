"""What every boundary costs, for all tiles of one spread and one choice of what is kept where.

A boundary lies outside a temporal block; a data space kept at that block's level crosses it. Words per instance are
``deltas.Moves.traffic``: with T trips of the loops outside,

* words = tile · T where the innermost loop outside moves the data space by its whole extent or more;
* words = tile · T / run where a run of loops that do not move it comes first (``run`` is the product of their bounds);
* words = (tile + (n − 1) · slab) · T / n where the innermost loop, of bound n, moves it by less: the halo of a window.

A run of weights or outputs makes the words independent of the tile but for the sizes of the run's dims, as if the tile
reached over the run; that is why a run needs no state but the sizes with which it ends.

Two things are bounded from below instead of being exact, so that the exact cost is left to ``leaves``:

* a loop further out may happen to move by the innermost loop's step, or not at all (``meeting``): here in the order
  in which that happens most;
* neighbours may hand words on (``multicast.linked``), at best to all PEs but the first along a window's axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, prod
from typing import TypeVar

import numpy as np

from costmodel.mapping.cost.counters import Counters, access_energy
from costmodel.mapping.cost.geometry import INPUTS, OUTPUTS
from costmodel.mapping.objective import SAME
from costmodel.mapping.search.exact.lattice import Figures, Lattice, Region, lattice_of, within
from costmodel.mapping.search.exact.meeting import Meets, least_unlike, most_stays
from costmodel.mapping.search.exact.spreads import Spread
from costmodel.mapping.space.bypasses import KeptLevels
from costmodel.mapping.space.mapspace import Mapspace


Words = TypeVar("Words", float, Figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is summed: energy in pJ, or the words that one instance of a level with a bandwidth reads or writes.

    Attributes:
        level: None for energy.
        writes: words written and not read.
        bandwidth: words a cycle.
    """

    level: int | None = None
    writes: bool = False
    bandwidth: float = 0.0

    def cycles(self, words: Words) -> Words:
        """Cycles that so many words take at least; room is left for the order of floating point sums."""
        least: Words = np.ceil(words / self.bandwidth * (1 - SAME))
        return least


ENERGY = Measure()

Slid = tuple[Figures, Figures | float, Figures | float, Figures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """The innermost loop outside a boundary, where it moves a window by a part of its extent.

    Attributes:
        dim: its dim.
        block: the temporal block it is in.
        meets: what comes outside it.
    """

    dim: int
    block: int
    meets: Meets



@dataclass(slots=True, kw_only=True)
class Boundaries:
    """All boundaries of one spread under one choice of kept levels; blocks here are the temporal ones, innermost first.

    Attributes:
        lattice: the tiles of the temporal loops.
        levels: per block, its storage level.
        inside: per block and dim, the spatial factors at its level and further in.
        fans: per storage level, the spatial factor of each dim.
        replication: per storage level, its working instances.
        still: per data space, the dims that do not move it.
    """

    space: Mapspace
    kept: KeptLevels
    lattice: Lattice
    levels: tuple[int, ...]
    inside: tuple[tuple[int, ...], ...]
    fans: tuple[tuple[int, ...], ...]
    replication: tuple[int, ...]
    still: tuple[tuple[int, ...], ...]
    _plain: dict[tuple[int, int], Figures] = field(default_factory=dict)
    _costs: dict[tuple[Measure, int, int], Figures] = field(default_factory=dict)
    _slid: dict[tuple[Measure, int, Slide], Figures] = field(default_factory=dict)
    _words: dict[tuple[int, Slide], Slid] = field(default_factory=dict)

    @property
    def compute(self) -> int:
        """Cycles if no bandwidth binds."""
        return prod(self.lattice.bounds)

    @property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """The pairs of dims that move one axis of the inputs together."""
        bounds = self.space.geometry.bounds
        axes = [[d for _, d in axis] for axis in self.space.geometry.terms[INPUTS]]
        return tuple((axis[0], axis[1]) for axis in axes if len(axis) == 2 and all(bounds[d] > 1 for d in axis))

    def partner(self, dim: int) -> int:
        """The other dim of a window's axis."""
        return next(other for pair in self.windows if dim in pair for other in pair if other != dim)

    def crosses(self, b: int, v: int) -> bool:
        """Whether data space v comes over the boundary outside block b."""
        return self.levels[b] in self.kept[v][:-1]

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

    def still_size(self, v: int, region: Region) -> Figures:
        """The tile's size in the dims that do not move v."""
        return _product([within(self.lattice.sizes[dim], region) for dim in self.still[v]], len(region))

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
        key = (measure, b, v)
        if key not in self._costs:
            self._costs[key] = self.cost(measure, b, v, self.plain(b, v))
        return self._costs[key]

    def stayed(self, measure: Measure, b: int, v: int) -> Figures:
        """The cost of data space v where a run of loops that do not move it has reached this tile's sizes and ends."""
        if v != INPUTS:
            return self.unmoved(measure, b, v)
        key = (measure, b, -1)
        if key not in self._costs:
            self._costs[key] = self.cost(measure, b, v, self.plain(b, v) / self.cancelled(b))
        return self._costs[key]

    def cancelled(self, b: int) -> Figures:
        """By how much loops over both dims of one of the inputs' axes, whose moves cancel, can divide their words."""
        result: Figures = np.ones((1,) * len(self.lattice.shape))
        for axis in self.space.geometry.terms[INPUTS]:
            dims = [dim for _, dim in axis]
            if len(dims) == 2:
                result = np.minimum(result, self._unlike(b, dims[0], dims[1], None)[0])
        return 1 / result

    def _unlike(self, b: int, dim: int, other: int, slide: Slide | None) -> tuple[Figures, Figures]:
        """Of the trips: the least part that moves otherwise than the first loop, and the largest that moves nothing.

        The first loop is the one that slides, by its size at the end along the spare axis; or one that moves nothing.
        """
        lattice = self.lattice
        coefficients = {d: c for axis in self.space.geometry.terms[INPUTS] for c, d in axis}
        # spatial loops between the loops outside would lengthen their steps: then anything is taken to be possible
        wider = any(self.inside[-1][d] != self.inside[b + 1][d] for d in (dim, other))
        meets = slide.meets if slide is not None else Meets.EITHER
        sizes, others = lattice.reached(dim), lattice.reached(other)
        ends = sizes if slide is not None else (0,)
        part, stays = np.ones((len(sizes), len(others), len(ends))), np.zeros((len(sizes), len(others), len(ends)))
        for i, j, k in np.ndindex(part.shape):
            trips = ends[k] // sizes[i] if slide is not None else 1
            if slide is not None and (ends[k] % sizes[i] or trips == 1):
                continue
            own, across = lattice.bounds[dim] // sizes[i], lattice.bounds[other] // others[j]
            if wider:
                part[i, j, k] = 1 / (own * across) if across > 1 or trips == 2 else 1 / trips
                stays[i, j, k] = 1 / trips if across > 1 else 0.0
                continue
            step = coefficients[dim] * sizes[i] * self.inside[b + 1][dim]
            other_step = coefficients[other] * others[j] * self.inside[b + 1][other]
            first = step if slide is not None else 0
            part[i, j, k] = least_unlike(first, trips, own, across, step, other_step, meets)
            if slide is not None:
                stays[i, j, k] = most_stays(trips, own, across, step, other_step, meets)
        return self._spread(part, dim, other), self._spread(stays, dim, other)

    def _spread(self, figures: Figures, dim: int, other: int) -> Figures:
        """Figures by size along two dims, and one more axis, as an array over the grid."""
        lattice = self.lattice
        shapes = [[lattice.shape[axis] for axis in lattice.axes[d]] for d in (dim, other)]
        own = figures.reshape(*shapes[0], *shapes[1], figures.shape[-1])
        order = np.argsort([*lattice.axes[dim], *lattice.axes[other], len(lattice.shape)])
        view = [1] * len(lattice.shape)
        for d, shape in zip((dim, other), shapes, strict=True):
            for axis, length in zip(lattice.axes[d], shape, strict=True):
                view[axis] = length
        view[-1] = figures.shape[-1]
        return np.transpose(own, order).reshape(view)

    def run(
        self, measure: Measure, b: int, v: int, region: Region, ends: Figures | float, *, cancels: bool
    ) -> Figures:
        """The same where a run of loops that do not move v comes first; ``ends``: their dims' sizes at its end."""
        words = within(self.plain(b, v), region) * self.still_size(v, region) / ends
        if v == INPUTS and cancels:
            words = words / within(self.cancelled(b), region)
        return self.cost(measure, b, v, words)

    def cost(
        self, measure: Measure, b: int, v: int, words: Figures, shared: Figures | float | None = None,
        received: Figures | float = 1.0,
    ) -> Figures:
        """What these words cost on both sides of the boundary.

        Args:
            words: that one instance receives, were there no neighbours.
            shared: accesses of the outer level per word; by the fan-outs in between, if not given.
            received: the part of ``words`` that is certainly written inside.
        """
        inner, outer = self.levels[b], self.outer(b, v)
        accesses = words * (self.groups(v, inner, outer) if shared is None else shared)
        fills, reads, updates = words * received, accesses, None
        if v == OUTPUTS:
            updates = accesses
            reads = accesses - self.first_touch(outer)
            if self.space.machine.behaviour == "E":
                fills = np.maximum(fills - self.first_touch(inner), 0)
            elif self.space.machine.behaviour == "B" and outer == len(self.fans) - 1:
                reads = np.where(reads > 0, np.inf, 0.0)  # outputs must not be reduced on the outermost level
        if measure.level is not None:
            moved = (fills if measure.level == inner else updates if measure.level == outer else None)
            if not measure.writes:
                moved = reads if measure.level == outer else None
            return words * 0.0 if moved is None else moved
        return self._energy(inner, outer, fills, reads, updates)

    def _energy(self, inner: int, outer: int, fills: Figures, reads: Figures, updates: Figures | None) -> Figures:
        near, far = self.space.machine.levels[inner], self.space.machine.levels[outer]
        written = np.ceil(fills / near.words_per_access) * (near.write_pj * self.replication[inner])
        result = written + np.ceil(reads / far.words_per_access) * (far.read_pj * self.replication[outer])
        if updates is not None:
            result = result + np.ceil(updates / far.words_per_access) * (far.write_pj * self.replication[outer])
        return result

    def slid(self, measure: Measure, b: int, slide: Slide) -> Figures:
        """The cost of the inputs where the innermost loop outside slides their window.

        Along the spare axis: the size along the loop's dim at its end (``Lattice.reached``); infinite where the loop
        does not lead there or has no bound.
        """
        key = (measure, b, slide)
        if key not in self._slid:
            words, shared, received, barred = self._slid_words(b, slide)
            self._slid[key] = self.cost(measure, b, INPUTS, words, shared, received) + barred
        return self._slid[key]

    def _slid_words(self, b: int, slide: Slide) -> Slid:
        """Words, their accesses in the outer level, the part certainly written inside, and where there is no such loop."""
        if (b, slide) in self._words:
            return self._words[b, slide]
        lattice, geometry, dim = self.lattice, self.space.geometry, slide.dim
        axis = geometry.axis[INPUTS][dim]
        other = self.partner(dim)
        trips = np.array([float(size) for size in lattice.reached(dim)]) / lattice.sizes[dim]
        leads = (trips > 1) & (trips == np.floor(trips))
        trips = np.where(leads, trips, 2.0)
        moved = geometry.coefficient[INPUTS][dim] * lattice.sizes[dim] * self.inside[slide.block][dim]
        new = np.minimum(moved / self.extent(b, INPUTS, axis), 1.0)
        part, stays = 1 / trips, np.zeros(trips.shape)
        if slide.meets:
            part, stays = self._unlike(b, dim, other, slide)
        words = self.plain(b, INPUTS) * (part + (1 - part) * new)
        barred = np.where(leads, 0.0, np.inf)
        inner, outer = self.levels[b], self.outer(b, INPUTS)
        # What neighbours can hand on: words of the form of those before, to a PE that lies where the tile moves to.
        # All PEs but the first in that direction may be served; and all of them where nothing moves and they are alike.
        kind = (new >= 1) | (part < 1 / trips)
        farthest = self._farthest(b, INPUTS, axis)
        linked = kind & (farthest >= 0) & ((lattice.along[other] > 1) | (moved <= farthest))
        if self._alike(inner, outer, axis):
            words = np.where(kind, words * (1 - stays), words)
        apart = self.groups(INPUTS, inner, outer)
        result: Slid = words, apart, 1.0, barred
        if np.any(linked):
            together = self.groups(INPUTS, inner, outer, without=axis)
            every = self.replication[inner] / self.replication[outer]
            result = words, np.where(linked, together, apart), np.where(linked, together / every, 1.0), barred
        self._words[b, slide] = result
        return result

    def outer(self, b: int, v: int) -> int:
        """The level that the tiles of block b come from."""
        return min(level for level in self.kept[v] if level > self.levels[b])

    def _alike(self, inner: int, outer: int, axis: int) -> bool:
        """Whether PEs under a fan-out in between can lie at one place of the axis and yet be neighbours that differ."""
        terms = self.space.geometry.terms[INPUTS]
        windows = [d for number, found in enumerate(terms) if number != axis and len(found) == 2 for _, d in found]
        own = [d for _, d in terms[axis]]
        return any(
            any(self.fans[s][d] > 1 for d in (*self.still[INPUTS], *windows)) or all(self.fans[s][d] > 1 for d in own)
            for s in range(inner + 1, outer + 1)
        )

    def _farthest(self, b: int, v: int, axis: int) -> Figures:
        """How far apart the tiles of two PEs under one fan-out can lie along a window's axis, if at all; else −1.

        A neighbour can hand on only what the tile moves towards by less than that: all moves along the axis are
        sums of loop steps, so none is shorter than the innermost loop's, but where loops over two dims meet.
        """
        inner, outer = self.levels[b], self.outer(b, v)
        result: Figures = np.full((1,) * len(self.lattice.shape), -1.0)
        for s in range(inner + 1, outer + 1):
            terms = self.space.geometry.terms[v][axis]
            if any(self.fans[s][dim] > 1 for _, dim in terms):
                apart: Figures = np.zeros((1,) * len(self.lattice.shape))
                for coefficient, dim in terms:
                    stride = self.lattice.sizes[dim] * prod(self.fans[level][dim] for level in range(s))
                    apart = apart + (self.fans[s][dim] - 1) * coefficient * stride
                result = np.maximum(result, apart)
        return result

    def groups(self, v: int, inner: int, outer: int, *, without: int | None = None) -> float:
        """At least so many instances want different words, of those of ``inner`` under one of ``outer``.

        Where two dims of a window are spread together, the distinct sums of two progressions of a and b terms, which
        are a + b − 1 at least. ``without`` an axis: as if all along it wanted the same.
        """
        found = 1
        for s in range(inner + 1, outer + 1):
            for number, axis in enumerate(self.space.geometry.terms[v]):
                if number != without:
                    found *= 1 + sum(self.fans[s][dim] - 1 for _, dim in axis)
        return float(found)

    def first_touch(self, level: int) -> float:
        """Outputs that one instance of a level is the first to touch (``traffic.first_touch``)."""
        moving = [d for axis in self.space.geometry.terms[OUTPUTS] for _, d in axis]
        spread = prod(self.fans[s][d] for s in range(level + 1, len(self.fans)) for d in moving)
        return float(prod(self.space.geometry.bounds[d] for d in moving) // spread)

    def _asked(self, v: int, level: int) -> float:
        """At least so many accesses of the innermost level that keeps v for each operation of one multiplier.

        Inputs: neighbours may hand on, at every fan-out along one axis of a window at a time.
        """
        windows = [a for a, axis in enumerate(self.space.geometry.terms[v]) if len(axis) == 2] if v == INPUTS else []
        without: list[int | None] = [None, *windows]
        return prod(min(self.groups(v, s, s + 1, without=axis) for axis in without) for s in range(level))

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


def _product(parts: Sequence[Figures], axes: int) -> Figures:
    result: Figures = np.ones((1,) * axes)
    for part in parts:
        result = result * part
    return result


def boundaries_of(space: Mapspace, spread: Spread, kept: KeptLevels) -> Boundaries:
    """The boundaries of one spread."""
    dims = range(len(space.geometry.dims))
    fans = [[1] * len(dims) for _ in space.machine.levels]
    for b, block in enumerate(space.blocks):
        if block.spatial:
            fans[block.level] = [spread[d][b] for d in dims]
    bounds = tuple(space.geometry.bounds[d] // prod(spread[d]) for d in dims)
    levels = tuple(block.level for block in space.blocks if not block.spatial)
    return Boundaries(
        space=space,
        kept=kept,
        lattice=lattice_of(bounds),
        levels=levels,
        inside=tuple(tuple(prod(fans[s][d] for s in range(level + 1)) for d in dims) for level in levels),
        fans=tuple(map(tuple, fans)),
        replication=tuple(
            prod(prod(fans[outer]) for outer in range(s + 1, len(fans))) for s in range(len(fans))
        ),
        still=tuple(tuple(d for d in dims if space.geometry.axis[v][d] < 0) for v in range(3)),
    )
