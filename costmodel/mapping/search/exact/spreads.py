"""Every way to use the fan-outs: per spatial block one factor of each dim, widest use first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import prod

from costmodel.mapping.search.exact.allowed import spatial_products
from costmodel.mapping.space.mapspace import Factors, Mapspace
from costmodel.mapping.space.permutations import Pattern

Spread = tuple[tuple[int, ...], ...]
"""Per dim, per block, its factor; 1 in every temporal block."""


def spreads(space: Mapspace) -> list[Spread]:
    """All spreads that fit, by the PEs that they use, most first."""
    widest = spatial_products(space)
    spatial = [b for b, block in enumerate(space.blocks) if block.spatial]
    by_dim = [dim.over(spatial) for dim in space.factors.dims]
    found: list[tuple[int, Spread]] = []

    def extend(chosen: tuple[tuple[int, ...], ...], used: tuple[int, ...]) -> None:
        if len(chosen) == len(by_dim):
            if all(next(arrangements(space, b, chosen), None) is not None for b in spatial):
                found.append((-prod(used), chosen))
            return
        for one in by_dim[len(chosen)]:
            wider = tuple(before * now for before, now in zip(used, one, strict=True))
            if all(wider[b] <= widest[b] for b in spatial):
                extend((*chosen, one), wider)

    extend((), (1,) * len(space.blocks))
    return [chosen for _, chosen in sorted(found)]


def arrangements(space: Mapspace, b: int, factors: Factors) -> Iterator[tuple[Pattern, int]]:
    """Every order of a spatial block's loops with a split into X and Y that its fan-out is wide enough for."""
    level = space.machine.levels[space.blocks[b].level]
    listed = space.listed(b)
    free = [d for d, chosen in enumerate(factors) if d not in listed and chosen[b] > 1]
    for order, split in product(permutations(free), space.splits(b, factors)):
        pattern = (*listed, *order)
        across = prod(factors[d][b] for d in pattern[:split])
        down = prod(factors[d][b] for d in pattern[split:])
        if across <= level.fanout_x and down <= level.fanout_y:
            yield pattern, split
