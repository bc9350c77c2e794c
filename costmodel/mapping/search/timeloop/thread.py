"""One thread of Timeloop's random-pruned search, visit for visit (mapper-thread.cpp, random-pruned.cpp)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from costmodel.mapping.cost.nest import LevelLoops
from costmodel.mapping.objective import Cost
from costmodel.mapping.search.timeloop.generator import Engine
from costmodel.mapping.search.timeloop.misfits import Misfits
from costmodel.mapping.search.timeloop.preference import better, is_slower
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
    """The order in which a thread visits points; feedback about failures steers it.

    Attributes:
        is_misfit: nothing of the factorisation fits, for certain; what is known of its points waits for ``unfold``.
        drawn: the number of which its first permutation is made.
        constructs: every point of the factorisation can be constructed, or none; None if it hangs on the point.
        compute: cycles of every point of the factorisation that no bandwidth slows down.
    """

    def __init__(self, space: Mapspace, thread: int, misfits: Misfits) -> None:
        threads = space.machine.mapper.threads
        share = -(-space.factors.size // threads)
        self.size = share if thread < threads - (share * threads - space.factors.size) else share - 1
        self._space, self._misfits, self._thread, self._threads = space, misfits, thread, threads
        self._factor_draws, self._permutation_draws = Engine(), Engine()
        # The range drawn from is the unpruned space; the number is then reduced modulo the pruned one.
        self._range = permutation_space(space.blocks, space.geometry.dims, None).size
        self._bypasses = len(space.bypasses.choices)
        self._temporal = [b for b, block in enumerate(space.blocks) if not block.spatial]
        self._failures = 0
        self.bypass = 0
        if self.size > 0:
            self.next_factors()

    def next_factors(self) -> None:
        """Go on to another factorisation."""
        self.number = self._factor_draws.draw(self.size) * self._threads + self._thread
        self.drawn = self._permutation_draws.draw(self._range)
        self.is_misfit = self._misfits(self.number)
        if not self.is_misfit:
            self.unfold()

    def unfold(self) -> None:
        """Set out on the points of the factorisation."""
        space = self._space
        self.is_misfit = False
        self.factors: Factors = space.factors.decode(self.number)
        self.fitting = self._misfits.fitting(self.number)
        self.compute = prod([chosen[b] for chosen in self.factors for b in self._temporal])
        # Most permutations of few loops give the same nest: dims without a loop here are permuted, too.
        self.known: dict[tuple[LevelLoops, ...], list[Cost | None]] = {}
        self.permutations: PermutationSpace = permutation_space(space.blocks, space.geometry.dims, self.factors)
        self._splits = [
            (b, split_space(block, self.factors, b)) for b, block in enumerate(space.blocks) if block.spatial
        ]
        self._split_count = 1
        for _, choice in self._splits:
            self._split_count *= choice.size
        self.constructs = self._misfits.constructs(self.number) if self._split_count == 1 else None
        self._pruned_size = self.permutations.size
        self._visits = min(space.machine.mapper.max_permutations, self._pruned_size)
        self._visited = 0
        self.split = 0
        self.permutation = self.permutation_of(self.drawn)

    def permutation_of(self, drawn: int) -> int:
        """The number in the pruned space of one that was drawn from the whole."""
        return drawn % self._pruned_size

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
            self.permutation = self.permutation_of(self._permutation_draws.draw(self._range))
            self._visited += 1
        else:
            self.next_factors()


def search_thread(space: Mapspace, thread: int, misfits: Misfits | None = None) -> ThreadTally:
    """Run one thread to its stop: ``timeout`` invalid mappings, or ``victory`` valid ones without improvement.

    A mapping that differs from the previous one in nothing but bypass is not counted towards either, except as a
    thread's second mapping, and except that a failed construction always counts.
    """
    settings, walk, tally = space.machine.mapper, Walk(space, thread, misfits or Misfits(space)), ThreadTally()
    if walk.size <= 0:
        return tally
    invalid = since = 0
    previous: Point | None = None
    passed: tuple[int, int] | None = None  # factorisation and draw of the last misfit: the previous point
    levels: list[LevelLoops] | None = None
    costs: list[Cost | None] = []
    bypasses = len(space.bypasses.choices)
    while since != settings.victory and not (invalid > 0 and invalid == settings.timeout):
        if walk.is_misfit:
            if tally.mappings > 1 and walk.number not in (passed and passed[0], previous and previous[0]):
                invalid += 1
                visits = 1 if invalid == settings.timeout else bypasses  # of which the first alone counts
                tally.mappings += visits
                tally.capacity_failures += visits
                passed, previous = (walk.number, walk.drawn), None
                walk.next_factors()
                continue
            walk.unfold()
            if passed is not None and passed[0] == walk.number:
                previous, (levels, costs) = (
                    (walk.number, walk.permutation_of(passed[1]), 0),
                    _judge(space, walk, tally.best),
                )
        passed, point = None, walk.point
        if point != previous:
            levels, costs = _judge(space, walk, tally.best)
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


def _judge(space: Mapspace, walk: Walk, best: Best | None) -> tuple[list[LevelLoops] | None, list[Cost | None]]:
    """The nest of the current point, None where it cannot be constructed, and per bypass choice its cost.

    Only of a nest that may become the best are loops and costs worked out.
    """
    if walk.constructs is False:
        return None, []
    known = _without_nest(space, walk, best)
    if walk.constructs and known is not None:
        return [], known
    levels = space.loops(walk.factors, walk.permutations.decode(walk.permutation), walk.splits)
    if levels is None:
        return None, []
    if known is not None:
        return levels, known
    nest = tuple(levels)
    if nest not in walk.known:
        walk.known[nest] = space.costs(levels, walk.fitting)
    return levels, walk.known[nest]


def _without_nest(space: Mapspace, walk: Walk, best: Best | None) -> list[Cost | None] | None:
    """Costs that hang on the factorisation alone: nothing fits, or whatever fits is too slow to become the best."""
    if not any(walk.fitting):
        return [None] * len(walk.fitting)
    if best is None or space.machine.behaviour == "B":  # B refuses some nests for their traffic
        return None
    at_least = walk.compute, 0.0
    slower = is_slower(at_least, best.cost, space.machine.mapper.tolerance)
    return [at_least if fits else None for fits in walk.fitting] if slower else None
