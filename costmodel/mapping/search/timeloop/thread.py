"""One thread of Timeloop's random-pruned search, visit for visit (mapper-thread.cpp, random-pruned.cpp)."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.mapping.cost.nest import LevelLoops
from costmodel.mapping.objective import Cost
from costmodel.mapping.search.timeloop.generator import Engine
from costmodel.mapping.search.timeloop.preference import better
from costmodel.mapping.space.mapspace import Factors, Mapspace
from costmodel.mapping.space.permutations import PermutationSpace, permutation_space, split_space

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
        if self.size > 0:
            self._next_factors()

    def _next_factors(self) -> None:
        space = self._space
        self.number = self._factor_draws.draw(self.size) * self._threads + self._thread
        self.factors: Factors = space.factors.decode(self.number)
        self.fitting = space.fitting(self.factors)
        # Most permutations of few loops give the same nest: dims without a loop here are permuted, too.
        self.known: dict[tuple[LevelLoops, ...], list[Cost | None]] = {}
        self.permutations: PermutationSpace = permutation_space(space.blocks, space.geometry.dims, self.factors)
        self._splits = [
            (b, split_space(block, self.factors, b)) for b, block in enumerate(space.blocks) if block.spatial
        ]
        self._split_count = 1
        for _, choice in self._splits:
            self._split_count *= choice.size
        self._pruned_size = self.permutations.size
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

    @property
    def splits(self) -> dict[int, int]:
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
        self.bypass = 0
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
    levels: list[LevelLoops] | None = None
    costs: list[Cost | None] = []
    while since != settings.victory and not (invalid > 0 and invalid == settings.timeout):
        point = walk.point
        if point != previous:
            levels, costs = _judge(space, walk)
        # ``<= 1``: Timeloop compares with the previous mapping only from the third on
        counts = tally.mappings <= 1 or point != previous
        previous = point
        tally.mappings += 1
        cost = costs[walk.bypass] if levels is not None else None
        if levels is None:
            tally.fanout_failures += 1
            invalid += 1
        elif cost is None:
            tally.capacity_failures += 1
            invalid += counts
        else:
            tally.valid += 1
            invalid = 0
            if tally.best is None or better(cost, tally.best.cost, settings.tolerance):
                tally.best, since = Best(levels=tuple(levels), bypass=walk.bypass, cost=cost), 0
            else:
                since += counts
        walk.advance(constructed=levels is not None, evaluated=cost is not None)
    return tally


def _judge(space: Mapspace, walk: Walk) -> tuple[list[LevelLoops] | None, list[Cost | None]]:
    levels = space.loops(walk.factors, walk.permutations.decode(walk.permutation), walk.splits)
    if levels is None:
        return None, []
    if not any(walk.fitting):
        return levels, [None] * len(walk.fitting)
    nest = tuple(levels)
    if nest not in walk.known:
        walk.known[nest] = space.costs(levels, walk.fitting)
    return levels, walk.known[nest]
