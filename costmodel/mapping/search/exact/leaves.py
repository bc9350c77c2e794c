"""The exact cost of a chain of tiles: by the arithmetic of ``mapping.cost``, in every order that can matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, permutations, product
from math import factorial, prod

from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import Cost
from costmodel.mapping.search.exact.orders import Order
from costmodel.mapping.search.exact.spreads import Spread, arrangements
from costmodel.mapping.space.mapspace import Factors, Mapspace
from costmodel.mapping.space.permutations import Pattern

NESTS = 3000
"""Orders of one chain that are costed; where there are more the search is no proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A chain of tiles.

    Attributes:
        factors: per dim, per block.
        orders: per temporal block, the order that the bound assumed; None where the block has no loop.
    """

    factors: Factors
    orders: tuple[Order | None, ...]


def whole(space: Mapspace, spread: Spread, temporal: Sequence[Sequence[int]]) -> Factors:
    """Factors of all blocks from those of the spatial and (per temporal block and dim) of the temporal ones."""
    chosen = [list(one) for one in spread]
    blocks = [b for b, block in enumerate(space.blocks) if not block.spatial]
    for b, factors in zip(blocks, temporal, strict=True):
        for d, factor in enumerate(factors):
            chosen[d][b] = factor
    return tuple(map(tuple, chosen))


def nests(space: Mapspace, leaf: Leaf) -> int:
    """How many nests :func:`costed` has, at most."""
    return prod(
        factorial(len([d for d in range(len(leaf.factors)) if leaf.factors[d][b] > 1 and d not in space.listed(b)]))
        for b in range(1, len(space.blocks))
    )


def costed(space: Mapspace, leaf: Leaf, choice: int, count: int) -> Iterator[tuple[Cost, Mapping]]:
    """Costs of the first ``count`` nests of the chain; the first is the one that the bound assumed."""
    fitting = [number == choice for number in range(len(space.bypasses.choices))]
    spatial = [b for b, block in enumerate(space.blocks) if block.spatial]
    spread = [list(arrangements(space, b, leaf.factors)) for b in spatial]
    for patterns in islice(product(*_patterns(space, leaf)), count):
        for arranged in product(*spread):
            chosen = list(patterns)
            splits = {}
            for b, (pattern, split) in zip(spatial, arranged, strict=True):
                chosen[b], splits[b] = pattern, split
            levels = space.loops(leaf.factors, chosen, splits)
            if levels is not None:
                cost = space.costs(levels, fitting)[choice]
                if cost is not None:
                    yield cost, space.mapping(levels, space.bypasses.choices[choice])


def _patterns(space: Mapspace, leaf: Leaf) -> list[list[Pattern]]:
    result: list[list[Pattern]] = []
    temporal = iter(leaf.orders)
    dims = tuple(range(len(leaf.factors)))
    for b, block in enumerate(space.blocks):
        if block.spatial:
            result.append([()])
            continue
        order = next(temporal)
        if b == 0:
            result.append([dims])
            continue
        listed = space.listed(b)
        lead = [d for d in (order.lead if order else ()) if d not in listed and leaf.factors[d][b] > 1]
        free = [*lead, *(d for d in dims if d not in listed and d not in lead and leaf.factors[d][b] > 1)]
        result.append([(*listed, *rest) for rest in permutations(free)])
    return result
