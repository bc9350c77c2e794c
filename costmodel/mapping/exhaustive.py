"""Every mapping of a constrained mapspace, one by one: exact on any machine, where the mappings are few."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import prod

from costmodel.mapping.evaluate import evaluate
from costmodel.mapping.evaluation import Evaluation
from costmodel.mapping.factor_space import Block
from costmodel.mapping.found import Found
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.mapspace import Cost, Factors, Mapspace, mapspace_of
from costmodel.mapping.permutation_space import Pattern
from costmodel.mapping.problem import Problem

NESTS = 2000
"""Nests that are costed before giving up; about one second."""

FACTORISATIONS = 20_000
"""Index factorisations beyond which nothing is tried."""


def exhaustive(problem: Problem, machine: Machine, nests: float = NESTS) -> Found | None:
    """The lexicographic optimum by enumeration; None where that takes more than ``nests`` evaluations.

    The only shortcut: no mapping takes fewer cycles than its temporal iterations, so factorisations are taken in
    this order, and those that need more than the best so far are left out.
    """
    space = mapspace_of(problem, machine)
    if space.factors.size > FACTORISATIONS:
        return None
    best: Cost | None = None
    chosen: Mapping | None = None
    left = nests
    for steps, factors in _by_steps(space):
        if best is not None and steps > best[0]:
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
                if levels is not None and cost is not None and (best is None or cost < best):
                    best, chosen = cost, space.mapping(levels, space.bypasses.choices[choice])
    if chosen is None:
        nothing = Evaluation(valid=False, because="no mapping: none of the constrained mapspace is valid")
        return Found(mapping=None, evaluation=nothing, proven=True)
    return Found(mapping=chosen, evaluation=evaluate(problem, machine, chosen), proven=True)


def _by_steps(space: Mapspace) -> list[tuple[int, Factors]]:
    temporal = [b for b, block in enumerate(space.blocks) if not block.spatial]
    everything = [space.factors.decode(number) for number in range(space.factors.size)]
    steps = [prod(chosen[b] for chosen in factors for b in temporal) for factors in everything]
    return sorted(zip(steps, everything, strict=True))


def points(space: Mapspace, factors: Factors) -> Iterator[tuple[tuple[Pattern, ...], dict[int, int]]]:
    """All distinct loop orders and spatial splits of one factorisation."""
    spatial = [b for b, block in enumerate(space.blocks) if block.spatial]
    for patterns in product(*(_orders(space, b, factors) for b in range(len(space.blocks)))):
        for chosen in product(*(_splits(space.blocks[b], patterns[b]) for b in spatial)):
            yield patterns, dict(zip(spatial, chosen, strict=True))


def _orders(space: Mapspace, b: int, factors: Factors) -> list[Pattern]:
    """Distinct orders of a block's loops: listed dims innermost; the innermost block is in shape order."""
    dims = space.geometry.dims
    if b == 0:
        return [tuple(range(len(dims)))]
    listed = [dims.index(d) for d in space.blocks[b].constraint.permutation if d in dims]
    free = [d for d in range(len(dims)) if d not in listed and factors[d][b] > 1]
    return [(*listed, *order) for order in permutations(free)]


def _splits(block: Block, pattern: Pattern) -> range:
    if block.constraint.split is not None:
        return range(block.constraint.split, block.constraint.split + 1)
    return range(len(pattern) + 1)
