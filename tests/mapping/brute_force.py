"""Every mapping of the constrained mapspace, one by one: what the optimum is checked against."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import prod

from costmodel.mapping.factor_space import Block
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapspace import Cost, Factors, Mapspace, mapspace_of
from costmodel.mapping.permutation_space import Pattern
from costmodel.mapping.problem import Problem


def orders(space: Mapspace, b: int, block: Block, factors: Factors) -> list[Pattern]:
    """All distinct orders of the loops of a block; listed dims are innermost."""
    dims = space.geometry.dims
    listed = [dims.index(d) for d in block.constraint.permutation if d in dims]
    free = [d for d in range(len(dims)) if d not in listed and factors[d][b] > 1]
    if b == 0:
        return [tuple(range(len(dims)))]
    return [(*listed, *order) for order in permutations(free)]


def splits(block: Block, pattern: Pattern) -> range:
    if block.constraint.split is not None:
        return range(block.constraint.split, block.constraint.split + 1)
    return range(len(pattern) + 1)


def points(space: Mapspace, factors: Factors) -> Iterator[tuple[tuple[Pattern, ...], dict[int, int]]]:
    spatial = [b for b, block in enumerate(space.blocks) if block.spatial]
    for patterns in product(*(orders(space, b, block, factors) for b, block in enumerate(space.blocks))):
        for chosen in product(*(splits(space.blocks[b], patterns[b]) for b in spatial)):
            yield patterns, dict(zip(spatial, chosen, strict=True))


def size(space: Mapspace) -> int:
    """Index factorisations, before any permutation."""
    return space.factors.size


def best_cost(problem: Problem, machine: Machine) -> Cost | None:
    """The least cycles and, among these, the least energy; None where no mapping is valid.

    The only shortcut: no mapping takes fewer cycles than its temporal iterations, so factorisations are taken in
    this order and those that need more than the best so far are left out.
    """
    space = mapspace_of(problem, machine)
    temporal = [b for b, block in enumerate(space.blocks) if not block.spatial]
    everything = [space.factors.decode(number) for number in range(space.factors.size)]
    steps = [prod(chosen[b] for chosen in factors for b in temporal) for factors in everything]
    best: Cost | None = None
    for compute, factors in sorted(zip(steps, everything, strict=True)):
        if best is not None and compute > best[0]:
            break
        fitting = space.fitting(factors)
        if not any(fitting):
            continue
        for patterns, chosen in points(space, factors):
            levels = space.loops(factors, patterns, chosen)
            if levels is None:
                break
            for cost in space.costs(levels, fitting):
                if cost is not None and (best is None or cost < best):
                    best = cost
    return best
