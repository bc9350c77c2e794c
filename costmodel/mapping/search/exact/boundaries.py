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
* neighbours may hand words on (``multicast.linked``), at best to all PEs but the first along a window's axis, where
  a loop moves the tile by just what two ``neighbours`` lie apart; which spares only the fan-out next to the tile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.search.exact.crossings import SLACK, Crossings
from costmodel.mapping.search.exact.lattice import Figures, Region, lattice_of, within
from costmodel.mapping.search.exact.measures import Measure
from costmodel.mapping.search.exact.meeting import Meets, least_unlike, most_stays
from costmodel.mapping.search.exact.neighbours import neighbours
from costmodel.mapping.search.exact.spreads import Spread
from costmodel.mapping.space.bypasses import KeptLevels
from costmodel.mapping.space.mapspace import Mapspace

Where = NDArray[np.bool_]
"""True for some tiles."""

Slid = tuple[Figures, Figures, Figures]
"""Words asked of the outer level, words that are certainly written inside, and infinity where nothing slides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """The innermost loop outside a boundary, where it moves a window by a part of its extent.

    Attributes:
        dim: its dim.
        spread: the dim's spatial factors inside it, multiplied: how many tiles one of its steps covers.
        meets: what comes outside it.
    """

    dim: int
    spread: int
    meets: Meets


@dataclass(slots=True, kw_only=True)
class Boundaries(Crossings):
    """All boundaries of one spread: with runs of loops that leave a data space where it is, and windows that slide."""

    _slid: dict[tuple[Measure, int, int, Slide], Figures] = field(default_factory=dict)
    _words: dict[tuple[int, int, Slide], Slid] = field(default_factory=dict)
    _cancelled: dict[int, Figures] = field(default_factory=dict)

    def keeping(self, kept: KeptLevels) -> Boundaries:
        """Those under another choice; both share what they find."""
        return replace(self, kept=kept)

    def stayed(self, measure: Measure, b: int, v: int) -> Figures:
        """The cost of data space v where a run of loops that do not move it has reached this tile's sizes and ends."""
        if v != INPUTS:
            return self.unmoved(measure, b, v)
        key = (measure, b, -1, self.outer(b, v))
        if key not in self._costs:
            self._costs[key] = self.cost(measure, b, v, self.plain(b, v) / self.cancelled(b))
        return self._costs[key]

    def cancelled(self, b: int) -> Figures:
        """By how much loops over both dims of one of the inputs' axes, whose moves cancel, can divide their words."""
        if b not in self._cancelled:
            result: Figures = np.ones((1,) * len(self.lattice.shape))
            for axis in self.space.geometry.terms[INPUTS]:
                dims = [dim for _, dim in axis]
                if len(dims) == 2:
                    result = np.minimum(result, self._unlike(b, dims[0], dims[1], None)[0])
            self._cancelled[b] = 1 / result
        return self._cancelled[b]

    def run(self, measure: Measure, b: int, v: int, region: Region, ends: Figures | float, *, cancels: bool) -> Figures:
        """The same where a run of loops that do not move v comes first; ``ends``: their dims' sizes at its end."""
        words = np.rint(self.moving(b, v)[region] / ends)
        if v == INPUTS and cancels:
            words = words / within(self.cancelled(b), region)
        return self.cost(measure, b, v, words)

    def slid(self, measure: Measure, b: int, slide: Slide) -> Figures:
        """The cost of the inputs where the innermost loop outside slides their window.

        Along the spare axis: the size along the loop's dim at its end (``Lattice.ends``); infinite where the loop
        does not lead there or has no bound.
        """
        key = (measure, b, self.outer(b, INPUTS), slide)
        if key not in self._slid:
            asked, written, barred = self._slid_words(b, slide)
            self._slid[key] = self.cost(measure, b, INPUTS, written, asked) + barred
        return self._slid[key]

    def _slid_words(self, b: int, slide: Slide) -> Slid:
        """The words of :meth:`slid`, whatever is measured."""
        key = (b, self.outer(b, INPUTS), slide)
        if key in self._words:
            return self._words[key]
        lattice, geometry, dim = self.lattice, self.space.geometry, slide.dim
        axis = geometry.axis[INPUTS][dim]
        other = self.partner[dim]
        trips = np.array([float(size) for size in lattice.ends[dim]]) / lattice.sizes[dim]
        leads = (trips > 1) & (trips == np.floor(trips))
        trips = np.where(leads, trips, 2.0)
        moved = geometry.coefficient[INPUTS][dim] * lattice.sizes[dim] * slide.spread
        new = np.minimum(moved / self.extent(b, INPUTS, axis), 1.0)
        part, stays = 1 / trips, np.zeros(trips.shape)
        if slide.meets:
            part, stays = self._unlike(b, dim, other, slide)
        window = next(pair for pair in self.windows if dim in pair)
        beside = self._beside(b, window)
        if beside:
            # moves that are none along this axis can be ones along the other, whatever loops come in between
            stays = self._unlike(b, dim, other, replace(slide, meets=Meets.EITHER))[1]
        words = self.plain(b, INPUTS) * (part + (1 - part) * new)
        barred = np.where(leads, 0.0, np.inf)
        kind = (new >= 1) | (part < 1 / trips)
        spared = np.where(kind, stays, 0.0) if beside or self._alike(b, window) else stays * 0.0
        words = words * (1 - spared)  # PEs that are alike may all be served
        near = np.where(new >= 1, 1 / trips, 0.0)
        others = np.where(lattice.along[other] > 1, near, 0.0)
        shared, received = self._handed_on(b, axis, np.where(kind, moved, np.inf), others, near)
        # Accesses are rounded to whole ones, and words received are cut off, perhaps by the last bit of their sum.
        asked = np.ceil(words * shared - 0.5 - SLACK)
        written = words * received
        cut = np.maximum(np.ceil(written - SLACK) - 1, 0.0)
        result: Slid = asked, np.where((received < 1) | (spared > 0), cut, written), barred
        self._words[key] = result
        return result

    def _handed_on(
        self, b: int, axis: int, moved: Figures, others: Figures, near: Figures
    ) -> tuple[Figures, Figures | float]:
        """Accesses of the outer level per word, and the part of the words that is certainly written inside.

        A neighbour hands on words of the form of those before, to a PE that lies where the tile moves to. At best all
        PEs but the first along the axis are served, of the moves that lead from one PE to its neighbour. That is so
        under the fan-out next to the tile; further out it spares nothing (``passed_on``).

        Args:
            b: number of the block.
            axis: of the inputs.
            moved: by how much the innermost loop moves the tile along it; infinite where its words are never of the
                form of those before.
            others: the part of all moves that are other ones and may be as short as loops over two dims make them.
            near: the part that are other ones, none shorter than the innermost loop's.
        """
        inner, outer = self.levels[b], self.outer(b, INPUTS)
        apart, together = self.distinct(INPUTS, inner + 1), self.distinct(INPUTS, inner + 1, without=axis)
        further = self.groups(INPUTS, inner, outer) / apart
        part = others * 0.0
        if together < apart:
            hit, farthest = self._reach(b, axis, moved)
            part = np.where(hit, 1.0, np.maximum(others, np.where(moved <= farthest, near, 0.0)))
        return (apart - part * (apart - together)) * further, 1 - part * (1 - together / prod(self.fans[inner + 1]))

    def _alike(self, b: int, window: tuple[int, int]) -> bool:
        """Whether PEs under the fan-out next to the tile can want the same inputs."""
        fan = self.fans[self.levels[b] + 1]
        return any(fan[d] > 1 for d in self.still[INPUTS]) or all(fan[d] > 1 for d in window)

    def _beside(self, b: int, window: tuple[int, int]) -> bool:
        """Whether they can lie apart along another window."""
        fan = self.fans[self.levels[b] + 1]
        return any(fan[d] > 1 for pair in self.windows if pair != window for d in pair)

    def _reach(self, b: int, axis: int, moved: Figures) -> tuple[Where, Figures]:
        """Where such a move leads from a PE under the fan-out next to the tile to a neighbour; how far they lie apart.

        All moves along the axis are sums of loop steps, so none is shorter than the innermost loop's, but where loops
        over two dims meet: one that is longer than the farthest of PEs leads to none.
        """
        s, ones = self.levels[b] + 1, np.ones((1,) * len(self.lattice.shape))
        terms = self.space.geometry.terms[INPUTS]
        strides = {d: c * self.lattice.sizes[d] * self.inside[b][d] for one in terms for c, d in one}
        farthest = ones * 0.0
        for _, d in terms[axis]:
            farthest = farthest + (self.fans[s][d] - 1) * strides[d]
        hit: Where = ones < 0
        dims = tuple(strides)
        for apart in neighbours(self.space, self.spread, s, dims):
            places = dict(zip(dims, apart, strict=True))
            leads: Where = ones > 0
            for number, one in enumerate(terms):
                along = ones * 0.0
                for _, d in one:
                    along = along + places[d] * strides[d]
                leads = leads & (np.abs(along) == (moved if number == axis else 0.0))
            hit = hit | leads
        return hit, farthest

    def _unlike(self, b: int, dim: int, other: int, slide: Slide | None) -> tuple[Figures, Figures]:
        """Of the trips: the least part that moves otherwise than the first loop, and the largest that moves nothing.

        The first loop is the one that slides, by its size at the end along the spare axis; or one that moves nothing.
        """
        lattice = self.lattice
        coefficients = {d: c for axis in self.space.geometry.terms[INPUTS] for c, d in axis}
        # spatial loops between the loops outside would lengthen their steps: then anything is taken to be possible
        wider = any(self.inside[-1][d] != self.inside[b + 1][d] for d in (dim, other))
        meets = slide.meets if slide is not None else Meets.EITHER
        sizes, others = lattice.ends[dim], lattice.ends[other]
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


def boundaries_of(space: Mapspace, spread: Spread) -> Boundaries:
    """The boundaries of one spread, under the first choice of kept levels."""
    dims = range(len(space.geometry.dims))
    fans = [[1] * len(dims) for _ in space.machine.levels]
    for b, block in enumerate(space.blocks):
        if block.spatial:
            fans[block.level] = [spread[d][b] for d in dims]
    bounds = tuple(space.geometry.bounds[d] // prod(spread[d]) for d in dims)
    levels = tuple(block.level for block in space.blocks if not block.spatial)
    windows = _windows(space)
    return Boundaries(
        space=space,
        spread=spread,
        kept=space.bypasses.choices[0],
        lattice=lattice_of(bounds),
        levels=levels,
        inside=tuple(tuple(prod(fans[s][d] for s in range(level + 1)) for d in dims) for level in levels),
        fans=tuple(map(tuple, fans)),
        replication=tuple(prod(prod(fans[outer]) for outer in range(s + 1, len(fans))) for s in range(len(fans))),
        still=tuple(tuple(d for d in dims if space.geometry.axis[v][d] < 0) for v in range(3)),
        windows=windows,
        partner={dim: other for pair in windows for dim, other in (pair, pair[::-1])},
    )


def _windows(space: Mapspace) -> tuple[tuple[int, int], ...]:
    bounds = space.geometry.bounds
    axes = [[d for _, d in axis] for axis in space.geometry.terms[INPUTS]]
    return tuple((axis[0], axis[1]) for axis in axes if len(axis) == 2 and all(bounds[d] > 1 for d in axis))
