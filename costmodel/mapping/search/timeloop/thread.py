"""One thread of Timeloop's random-pruned search, visit for visit (mapper-thread.cpp, random-pruned.cpp)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from costmodel.mapping.cost.nest import LevelLoops
from costmodel.mapping.objective import Cost
from costmodel.mapping.search.timeloop.generator import Engine
from costmodel.mapping.search.timeloop.preference import better
from costmodel.mapping.space.mapspace import Factors, Mapspace
from costmodel.mapping.space.permutations import PermutationSpace, permutation_space, split_space

Costed = tuple[tuple[LevelLoops, ...], list[Cost | None]]

Point = tuple[int, int, int]
"""Numbers of the index factorisation, the permutation and the spatial split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best mapping that a thread has met."""

    levels: tuple[LevelLoops, ...]
    bypass: int
    cost: Cost


@dataclass(slots=True, kw_only=True)
class ThreadTally:
    """What a thread has done; ``mappings`` counts every visit."""

    mappings: int = 0
    valid: int = 0
    fanout_failures: int = 0
    capacity_failures: int = 0
    best: Best | None = None


class Walk:
    """The order in which a thread visits points; feedback about failures steers it."""

    def __init__(self, space: Mapspace, thread: int) -> None:
        threads = space.machine.mapper.threads
        share = -(-space.factors.size // threads)
        self.size = share if thread < threads - (share * threads - space.factors.size) else share - 1
        self._space, self._thread, self._threads = space, thread, threads
        self._factor_draws, self._permutation_draws = Engine(), Engine()
        # The range drawn from is the unpruned space; the number is then reduced modulo the pruned one.
        self._range = permutation_space(space.blocks, space.geometry.dims, None).size
        self._bypasses = len(space.bypasses.choices)
        self._failures = 0
        self.bypass = 0
        self._current: Costed | None = None
        if self.size > 0:
            self._next_factors()

    def _next_factors(self) -> None:
        space = self._space
        self.number = self._factor_draws.draw(self.size) * self._threads + self._thread
        self.factors: Factors = space.factors.decode(self.number)
        self._fitting = space.fitting(self.factors)
        self._compute = prod(space.geometry.bounds) // prod(
            chosen[b] for chosen in self.factors for b, block in enumerate(space.blocks) if block.spatial
        )
        # Most permutations of few loops give the same nest: dims without a loop here are permuted, too.
        self._known: dict[tuple[LevelLoops, ...], list[Cost | None]] = {}
        self._permutations: PermutationSpace = permutation_space(space.blocks, space.geometry.dims, self.factors)
        self._splits = [
            (b, split_space(block, self.factors, b)) for b, block in enumerate(space.blocks) if block.spatial
        ]
        self._split_count = 1
        for _, choice in self._splits:
            self._split_count *= choice.size
        self._pruned_size = self._permutations.size
        self._visits = min(space.machine.mapper.max_permutations, self._pruned_size)
        self._visited = 0
        self.split = 0
        self._next_permutation()

    def _next_permutation(self) -> None:
        self.permutation = self._permutation_draws.draw(self._range) % self._pruned_size

    @property
    def point(self) -> Point:
        """Numbers of the current point."""
        return self.number, self.permutation, self.split

    def constructed(self) -> bool:
        """Whether the loops of every spatial block fit its fan-out as they lie on X and Y."""
        for b, split in self._chosen_splits().items():
            pattern, level = self._permutations.pattern(self.permutation, b), self._space.blocks[b].level
            across = down = 1
            for d in pattern[:split]:
                across *= self.factors[d][b]
            for d in pattern[split:]:
                down *= self.factors[d][b]
            fan = self._space.machine.levels[level]
            if across > fan.fanout_x or down > fan.fanout_y:
                return False
        return True

    def evaluated(self) -> bool:
        """Whether the point runs with its bypass: tiles fit, and behaviour B has nothing against it."""
        if not self._fitting[self.bypass]:
            return False
        return self._space.machine.behaviour != "B" or self._costed()[1][self.bypass] is not None

    def beaten_by(self, cost: Cost, tolerance: float) -> bool:
        """Whether the point has so many cycles, were there no bandwidth, that no energy makes it better."""
        return cost[0] < self._compute and (self._compute - cost[0]) / cost[0] > tolerance

    def current(self) -> Best:
        """The point, which is one that runs, with its cost."""
        levels, costs = self._costed()
        cost = costs[self.bypass]
        assert cost is not None  # evaluated() said so
        return Best(levels=levels, bypass=self.bypass, cost=cost)

    def _costed(self) -> Costed:
        """The point's loops, and per bypass its cost."""
        if self._current is None:
            found = self._space.loops(self.factors, self._permutations.decode(self.permutation), self._chosen_splits())
            assert found is not None  # constructed() said so
            levels = tuple(found)
            if levels not in self._known:
                self._known[levels] = self._space.costs(levels, self._fitting)
            self._current = levels, self._known[levels]
        return self._current

    def _chosen_splits(self) -> dict[int, int]:
        """Per spatial block, how many leading dims of its pattern lie on X."""
        chosen, number = {}, self.split
        for block, choice in self._splits:
            number, index = divmod(number, choice.size)
            chosen[block] = choice.first + index
        return chosen

    def advance(self, *, constructed: bool, evaluated: bool) -> None:
        """Go on after the current mapping was judged."""
        # The order of these steps is that of random-pruned.cpp: a failure is counted before the last bypass is looked
        # at, and a failed construction, which no bypass can mend, skips the other bypasses only after that.
        last = self._bypasses - 1
        if constructed and not evaluated:
            self._failures += 1
        if self.bypass == last:
            if self._failures == self._bypasses:  # no bypass of the point fits, nor will any of this factorisation
                self.split, self._visited = self._split_count - 1, self._visits - 1
            self._failures = 0
        if not constructed:
            self.bypass = last
        if self.bypass < last:
            self.bypass += 1
            return
        # bypass is the fastest digit, then split, then permutation, then factorisation
        self.bypass, self._current = 0, None
        if self.split + 1 < self._split_count:
            self.split += 1
            return
        self.split = 0
        if self._visited + 1 < self._visits:
            self._next_permutation()
            self._visited += 1
        else:
            self._next_factors()


def search_thread(space: Mapspace, thread: int) -> ThreadTally:
    """Run one thread to its stop: ``timeout`` invalid mappings, or ``victory`` valid ones without improvement.

    A mapping that differs from the previous one in nothing but bypass is not counted towards either, except as a
    thread's second mapping, and except that a failed construction always counts.
    """
    settings, walk, tally = space.machine.mapper, Walk(space, thread), ThreadTally()
    if walk.size <= 0:
        return tally
    invalid = since = 0
    previous: Point | None = None
    constructed = False
    while since != settings.victory and not (invalid > 0 and invalid == settings.timeout):
        point = walk.point
        if point != previous:
            constructed = walk.constructed()
        # ``<= 1``: Timeloop compares with the previous mapping only from the third on
        counts = tally.mappings <= 1 or point != previous
        previous = point
        tally.mappings += 1
        evaluated = constructed and walk.evaluated()
        if not constructed:
            tally.fanout_failures += 1
            invalid += 1
        elif not evaluated:
            tally.capacity_failures += 1
            invalid += counts
        else:
            tally.valid += 1
            invalid = 0
            found = _improved(walk, tally.best, settings.tolerance)
            tally.best = found or tally.best
            since = 0 if found else since + counts
        walk.advance(constructed=constructed, evaluated=evaluated)
    return tally


def _improved(walk: Walk, best: Best | None, tolerance: float) -> Best | None:
    """The walk's point if it replaces the best; most have too many cycles, and are not costed for that."""
    if best is not None and walk.beaten_by(best.cost, tolerance):
        return None
    found = walk.current()
    return found if best is None or better(found.cost, best.cost, tolerance) else None
