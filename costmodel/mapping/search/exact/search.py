"""The search over all spreads and all choices of what is kept where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from sys import maxsize

from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exact.allowed import Allowed, allowed_of
from costmodel.mapping.search.exact.boundaries import boundaries_of
from costmodel.mapping.search.exact.branching import Branching, Steps, ThrottledError, UnfinishedError
from costmodel.mapping.search.exact.leaves import NESTS
from costmodel.mapping.search.exact.spreads import Spread, spreads
from costmodel.mapping.search.front import Front
from costmodel.mapping.space.mapspace import Mapspace, mapspace_of

STEPS = 3000
"""Tiles opened, tables made and nests costed before the search gives up a proof; some five seconds."""

PLACES = 10000
"""Spreads times choices of what is kept where, beyond which nothing is tried."""

BEHAVIOURS = ("B", "D", "E")
"""Behaviour A remembers only the direction of a move, so its words are not those of ``boundaries``."""


def proven_front(problem: Problem, machine: Machine, front: Front[Mapping], steps: int | None = STEPS) -> bool:
    """Offer the best mappings to the front; whether it is certain that none is missing. No ``steps``: without limit."""
    if machine.behaviour not in BEHAVIOURS or machine.levels[0].fans_out:
        return False  # a fan-out straight to the multipliers is counted otherwise than one between levels
    space = mapspace_of(problem, machine)
    allowed, found = allowed_of(space), spreads(space)
    if allowed is None or (steps is not None and len(found) * len(space.bypasses.choices) > PLACES):
        return False
    left = Steps(left=maxsize if steps is None else steps, nests=maxsize if steps is None else NESTS)
    waiting: list[tuple[tuple[float, float], Place]] = []
    for spread in found:
        for choice in range(len(space.bypasses.choices)):
            place = Place(spread=spread, choice=choice)
            branching = place.branching(space, allowed, front, left)
            waiting.append((_rank(front, branching.least()), place))
    heapify(waiting)
    try:
        while waiting:
            _, place = heappop(waiting)
            # tables are large: they are made again where a place is looked at again
            branching = place.branching(space, allowed, front, left)
            if front.hopeless(*(place.bound or branching.least())):
                continue
            branching.prepare()
            bound = branching.least()
            if place.bound is None:
                place = replace(place, bound=bound)
            else:
                try:
                    branching.run()
                    continue
                except ThrottledError:
                    place = replace(place, throttled=True, bound=None)
            heappush(waiting, (_rank(front, bound), place))
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

    def branching(self, space: Mapspace, allowed: Allowed, front: Front[Mapping], steps: Steps) -> Branching:
        """Its search."""
        return Branching(
            space=space,
            spread=self.spread,
            choice=self.choice,
            found=boundaries_of(space, self.spread, space.bypasses.choices[self.choice]),
            allowed=allowed,
            front=front,
            steps=steps,
            throttled=self.throttled,
        )


def _rank(front: Front[Mapping], bound: tuple[float, float]) -> tuple[float, float]:
    return bound if front.objective is None else front.objective.rank(bound)
