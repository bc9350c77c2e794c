"""The search over all spreads and all choices of what is kept where."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from math import prod
from sys import maxsize

from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exact.allowed import Allowed, allowed_of
from costmodel.mapping.search.exact.boundaries import Boundaries, boundaries_of
from costmodel.mapping.search.exact.branching import Branching, Steps, ThrottledError, UnfinishedError
from costmodel.mapping.search.exact.leaves import NESTS
from costmodel.mapping.search.exact.spreads import Spread, spreads
from costmodel.mapping.search.front import Front
from costmodel.mapping.space.mapspace import Mapspace, mapspace_of

STEPS = 3000
"""Tiles opened, tables made and nests costed before the search gives up a proof; some five seconds."""

PLACES = 10000
"""Spreads times choices of what is kept where, beyond which nothing is tried."""

KEPT = 1 << 22
"""Numbers in all tables that wait to be used again: 32 MiB."""

BASES = 8
"""Spreads whose boundaries wait to be used again, by another choice of what is kept where."""

BEHAVIOURS = ("B", "D", "E")
"""Behaviour A remembers only the direction of a move, so its words are not those of ``boundaries``."""


def proven_front(problem: Problem, machine: Machine, front: Front[Mapping], steps: int | None = STEPS) -> bool:
    """Offer the best mappings to the front; whether it is certain that none is missing. No ``steps``: without limit."""
    if machine.behaviour not in BEHAVIOURS or machine.levels[0].fans_out:
        return False  # a fan-out straight to the multipliers is counted otherwise than one between levels
    space = mapspace_of(problem, machine)
    allowed = allowed_of(space)
    if allowed is None:
        return False
    found = spreads(space)
    if steps is not None and len(found) * len(space.bypasses.choices) > PLACES:
        return False
    left = Steps(left=maxsize if steps is None else steps, nests=maxsize if steps is None else NESTS)
    try:
        Search(space=space, allowed=allowed, front=front, steps=left, ahead=deque(found)).run()
    except UnfinishedError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """One spread and one choice of what is kept where, and what is known of it."""

    spread: Spread
    choice: int
    throttled: bool = False
    bound: tuple[float, float] | None = field(default=None, compare=False)


@dataclass(slots=True, kw_only=True)
class Search:
    """All places, the most promising first.

    Attributes:
        ahead: spreads that are not looked at yet, those that use the most PEs first.
        waiting: a heap of places by the rank of their bounds.
        prepared: tables of some of them.
        bases: the boundaries of the last few spreads.
    """

    space: Mapspace
    allowed: Allowed
    front: Front[Mapping]
    steps: Steps
    ahead: deque[Spread]
    waiting: list[tuple[tuple[float, float], Place]] = field(default_factory=list)
    prepared: dict[Place, Branching] = field(default_factory=dict)
    bases: dict[Spread, Boundaries] = field(default_factory=dict)

    def run(self) -> None:
        """Offer to the front whatever may be of use to it.

        Raises:
            UnfinishedError: there were too few steps.
        """
        while self._more():
            _, place = heappop(self.waiting)
            branching = self.prepared.pop(place, None) or self._branching(place)
            if not self.front.hopeless(*(place.bound or branching.least())):
                self._look(place, branching)

    def _look(self, place: Place, branching: Branching) -> None:
        """Sharpen a place's bound by tables; look into it once its turn comes again."""
        branching.prepare()
        bound = branching.least()
        if place.bound is None:
            place = replace(place, bound=bound)
        else:
            try:
                branching.run()
                return
            except ThrottledError:
                place, branching.throttled = replace(place, throttled=True, bound=None), True
        # tables can be large: those that are not kept are made again
        if branching.numbers + sum(one.numbers for one in self.prepared.values()) <= KEPT:
            self.prepared[place] = branching
        heappush(self.waiting, (self._rank(bound), place))

    def _more(self) -> bool:
        """Whether a place waits, after those are added of spreads that may be better than all that wait."""
        everything = prod(self.space.geometry.bounds)
        while self.ahead:
            cycles = everything // prod(map(prod, self.ahead[0]))  # if no bandwidth binds: fewest come first
            if self.waiting and self._rank((cycles, 0.0)) > self.waiting[0][0]:
                break
            spread = self.ahead.popleft()
            for choice in range(0 if self.front.hopeless(cycles, 0.0) else len(self.space.bypasses.choices)):
                place = Place(spread=spread, choice=choice)
                heappush(self.waiting, (self._rank(self._branching(place).least()), place))
        return bool(self.waiting)

    def _branching(self, place: Place) -> Branching:
        """The search of one place."""
        if place.spread not in self.bases:
            if len(self.bases) == BASES:
                self.bases.pop(next(iter(self.bases)))
            self.bases[place.spread] = boundaries_of(self.space, place.spread)
        return Branching(
            space=self.space,
            spread=place.spread,
            choice=place.choice,
            found=self.bases[place.spread].keeping(self.space.bypasses.choices[place.choice]),
            allowed=self.allowed,
            front=self.front,
            steps=self.steps,
            throttled=place.throttled,
        )

    def _rank(self, bound: tuple[float, float]) -> tuple[float, float]:
        return bound if self.front.objective is None else self.front.objective.rank(bound)
