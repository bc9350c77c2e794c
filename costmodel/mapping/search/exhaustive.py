"""Every mapping of a constrained mapspace, one by one: exact on any machine, where the mappings are few."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import prod

from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import LATENCY, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.result import SearchResult, no_mapping, result_of
from costmodel.mapping.space.mapspace import Factors, Mapspace, mapspace_of
from costmodel.mapping.space.permutations import Pattern

NESTS = 2000
"""Nests that are costed before giving up; about one second."""

FACTORISATIONS = 20_000
"""Index factorisations beyond which nothing is tried."""

FREE_PAIRS = 8
"""Free (level, data space) pairs beyond which likewise; all their choices are costed for every nest."""

NOTHING = "no mapping: none of the constrained mapspace is valid"


def exhaustive(
    problem: Problem, machine: Machine, nests: float = NESTS, objective: Objective = LATENCY
) -> SearchResult | None:
    """The optimum by enumeration; None where that takes more than ``nests`` evaluations."""
    front = exhaustive_front(problem, machine, nests, objective)
    if front is None:
        return None
    if not len(front):
        return no_mapping(NOTHING, proven=True)
    return result_of(problem, machine, front.best(objective), proven=True)


def exhaustive_front(
    problem: Problem, machine: Machine, nests: float = NESTS, objective: Objective | None = None
) -> Front[Mapping] | None:
    """The Pareto front by enumeration, or the part of it that one objective asks for; None if that takes too long.

    The only shortcut: no mapping takes fewer cycles than its temporal iterations and less energy than its
    multiplications, so factorisations are taken by their iterations, and those that cannot be of use are left out.
    """
    space = mapspace_of(problem, machine)
    if space.factors.size > FACTORISATIONS or len(space.bypasses.free) > FREE_PAIRS:
        return None
    front: Front[Mapping] = Front(objective)
    least = machine.mac_pj * problem.macs
    left = nests
    for steps, factors in _by_steps(space):
        if front.hopeless(steps, least):
            break
        fitting = space.fitting(factors)
        if not any(fitting):
            continue
        for patterns, splits in points(space, factors):
            levels = space.loops(factors, patterns, splits)
            left -= 1
            if left < 0:
                return None
            for choice, cost in enumerate(space.costs(levels, fitting) if levels is not None else ()):
                if levels is not None and cost is not None and front.open_to(*cost):
                    front.offer(*cost, space.mapping(levels, space.bypasses.choices[choice]))
    return front


def _by_steps(space: Mapspace) -> list[tuple[int, Factors]]:
    temporal = [b for b, block in enumerate(space.blocks) if not block.spatial]
    everything = [space.factors.decode(number) for number in range(space.factors.size)]
    steps = [prod(chosen[b] for chosen in factors for b in temporal) for factors in everything]
    return sorted(zip(steps, everything, strict=True))


def points(space: Mapspace, factors: Factors) -> Iterator[tuple[tuple[Pattern, ...], dict[int, int]]]:
    """All distinct loop orders and spatial splits of one factorisation."""
    spatial = [b for b, block in enumerate(space.blocks) if block.spatial]
    for patterns in product(*(_orders(space, b, factors) for b in range(len(space.blocks)))):
        for chosen in product(*(space.splits(b, factors) for b in spatial)):
            yield patterns, dict(zip(spatial, chosen, strict=True))


def _orders(space: Mapspace, b: int, factors: Factors) -> list[Pattern]:
    """Distinct orders of a block's loops: listed dims innermost; the innermost block is in shape order."""
    dims = space.geometry.dims
    if b == 0:
        return [tuple(range(len(dims)))]
    listed = space.listed(b)
    free = [d for d in range(len(dims)) if d not in listed and factors[d][b] > 1]
    return [(*listed, *order) for order in permutations(free)]
