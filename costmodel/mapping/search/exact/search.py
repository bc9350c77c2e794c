"""The search over all spreads and all choices of what is kept where."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exact.allowed import allowed_of
from costmodel.mapping.search.exact.boundaries import boundaries_of
from costmodel.mapping.search.exact.branching import Branching, Steps, ThrottledError, UnfinishedError
from costmodel.mapping.search.exact.spreads import spreads
from costmodel.mapping.search.front import Front
from costmodel.mapping.space.mapspace import mapspace_of

STEPS = 3000
"""Tiles opened, tables made and nests costed before the search gives up a proof; some five seconds."""

BEHAVIOURS = ("B", "D", "E")
"""Behaviour A remembers only the direction of a move, so its words are not those of ``boundaries``."""


def proven_front(problem: Problem, machine: Machine, front: Front[Mapping], steps: int = STEPS) -> bool:
    """Offer the best mappings to the front; whether it is certain that none is missing."""
    if machine.behaviour not in BEHAVIOURS or machine.levels[0].fans_out:
        return False  # a fan-out straight to the multipliers is counted otherwise than one between levels
    space = mapspace_of(problem, machine)
    allowed = allowed_of(space)
    if allowed is None:
        return False
    left = Steps(left=steps)
    waiting: list[tuple[tuple[float, float], int, Branching]] = []
    for spread in spreads(space):
        for choice, kept in enumerate(space.bypasses.choices):
            found = boundaries_of(space, spread, kept)
            branching = Branching(
                space=space, spread=spread, choice=choice, found=found, allowed=allowed, front=front, steps=left
            )
            waiting.append((_rank(front, branching.bound()), len(waiting), branching))
    heapify(waiting)
    try:
        while waiting:
            _, number, branching = heappop(waiting)
            if not front.hopeless(*branching.bound()) and _further(branching):
                heappush(waiting, (_rank(front, branching.bound()), number, branching))
    except UnfinishedError:
        return False
    return True


def _rank(front: Front[Mapping], bound: tuple[float, float]) -> tuple[float, float]:
    return bound if front.objective is None else front.objective.rank(bound)


def _further(branching: Branching) -> bool:
    """Find out more about a spread; whether there is still more to be found out."""
    if not branching.tables:
        branching.prepare()
        return True
    try:
        branching.run()
    except ThrottledError:
        branching.throttle()
        return True
    return False
