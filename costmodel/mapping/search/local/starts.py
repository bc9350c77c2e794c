"""Starting points of local search: the widest spreads over the fan-outs, all other loops as far outside as allowed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import prod

from costmodel.mapping.search.local.neighbours import MapspacePoint
from costmodel.mapping.space.mapspace import Factors, Mapspace
from costmodel.mapping.space.permutations import Pattern

PARTIAL = 2000
"""Partial spreads that are carried from dim to dim, the widest."""


def starting_points(space: Mapspace, count: int) -> list[MapspacePoint]:
    """Up to ``count`` places, the widest spread first."""
    found: list[MapspacePoint] = []
    for factors in _spreads(space):
        place = _placed(space, factors)
        if place is not None:
            found.append(place)
        if len(found) == count:
            break
    return found


def narrowest(space: Mapspace) -> MapspacePoint | None:
    """As little over the fan-outs and as far outside as allowed: there every tile is smallest, and fits if any does."""
    spatial = [b for b, block in enumerate(space.blocks) if block.spatial]
    factors = tuple(
        max(options, key=lambda found: (-prod(found[b] for b in spatial), found[::-1]))
        for options in space.factors.by_dim
    )
    return _placed(space, factors)


def _spreads(space: Mapspace) -> Iterator[Factors]:
    """Factors of every spread, the widest first; per dim and spread the factors that reach furthest outside."""
    spatial = [b for b, block in enumerate(space.blocks) if block.spatial]
    limits = [_width(space, b) for b in spatial]
    partial: list[tuple[tuple[int, ...], Factors]] = [(tuple(1 for _ in spatial), ())]
    for options in space.factors.by_dim:
        outermost: dict[tuple[int, ...], tuple[int, ...]] = {}
        for factors in options:
            used = tuple(factors[b] for b in spatial)
            if used not in outermost or factors[::-1] > outermost[used][::-1]:
                outermost[used] = factors
        grown = [
            (tuple(a * b for a, b in zip(widths, used, strict=True)), (*chosen, factors))
            for widths, chosen in partial
            for used, factors in outermost.items()
        ]
        grown = [one for one in grown if all(n <= limit for n, limit in zip(one[0], limits, strict=True))]
        partial = sorted(grown, key=lambda one: (-prod(one[0]), one[1]))[:PARTIAL]
    yield from (factors for _, factors in partial)


def _width(space: Mapspace, b: int) -> int:
    level = space.machine.levels[space.blocks[b].level]
    return level.fanout_x * level.fanout_y


def _placed(space: Mapspace, factors: Factors) -> MapspacePoint | None:
    """The spread with its dims laid on X and Y so that the fan-outs suffice; None if they do not."""
    orders, splits = [], []
    for b, block in enumerate(space.blocks):
        everything = range(len(space.geometry.dims))
        listed = space.listed(b)
        order = (*listed, *(d for d in everything if d not in listed))
        if block.spatial:
            laid = _laid(space, factors, b, order)
            if laid is None:
                return None
            order, split = laid
            splits.append((b, split))
        orders.append(order)
    return MapspacePoint(factors=factors, orders=tuple(orders), splits=tuple(splits))


def _laid(space: Mapspace, factors: Factors, b: int, order: Pattern) -> tuple[Pattern, int] | None:
    level = space.machine.levels[space.blocks[b].level]
    listed = space.listed(b)
    free = [d for d in order if d not in listed and factors[d][b] > 1]
    idle = [d for d in order if d not in listed and factors[d][b] == 1]
    for count in range(len(free) + 1):
        for first in combinations(free, count):
            pattern = (*listed, *first, *(d for d in free if d not in first), *idle)
            for split in space.splits(b, factors):
                x = prod(factors[d][b] for d in pattern[:split])
                if x <= level.fanout_x and prod(factors[d][b] for d in pattern[split:]) <= level.fanout_y:
                    return pattern, split
    return None
