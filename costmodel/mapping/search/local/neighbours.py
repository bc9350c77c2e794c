"""Points of a mapspace, and the small moves between them that local search takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from costmodel.mapping.cost.nest import LevelLoops
from costmodel.mapping.space.mapspace import Factors, Mapspace
from costmodel.mapping.space.permutations import Pattern

KICKS = 6
"""Random moves of one kick, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapspacePoint:
    """One point: factors, per block the order of all dims (innermost first), per spatial block how many lie on X."""

    factors: Factors
    orders: tuple[Pattern, ...]
    splits: tuple[tuple[int, int], ...]

    def loops(self, space: Mapspace) -> list[LevelLoops] | None:
        """Loops per storage level; None where a fan-out is too narrow."""
        return space.loops(self.factors, self.orders, dict(self.splits))


def neighbours(space: Mapspace, place: MapspacePoint, random: Random) -> Iterator[MapspacePoint]:
    """All places one move away, in a random order: a prime moved, a loop moved, a split moved."""
    moves = [*_factor_moves(space, place), *_order_moves(space, place), *_split_moves(space, place)]
    random.shuffle(moves)
    yield from moves


def kicked(space: Mapspace, place: MapspacePoint, random: Random) -> MapspacePoint:
    """A place some random moves away that every fan-out can run."""
    for _ in range(random.randint(2, KICKS)):
        moves = [*_factor_moves(space, place), *_order_moves(space, place)]
        runs = [moved for moved in random.sample(moves, min(8, len(moves))) if moved.loops(space) is not None]
        place = runs[0] if runs else place
    return place


def _factor_moves(space: Mapspace, place: MapspacePoint) -> Iterator[MapspacePoint]:
    """A prime of one dim from one block to another; every choice of primes where that alone is not allowed."""
    for d, factors in enumerate(place.factors):
        allowed = space.factors.dims[d].among
        for inner in range(len(factors)):
            for prime in _primes(factors[inner]):
                for other in range(len(factors)):
                    if other == inner:
                        continue
                    changed = list(factors)
                    changed[inner] //= prime
                    changed[other] *= prime
                    if tuple(changed) in allowed:
                        chosen = (*place.factors[:d], tuple(changed), *place.factors[d + 1 :])
                        yield replace(place, factors=chosen)


def _order_moves(space: Mapspace, place: MapspacePoint) -> Iterator[MapspacePoint]:
    """One loop of a block to another place among the block's loops, where its constraint leaves it free."""
    for b, order in enumerate(place.orders):
        # the innermost block is in shape order, as in Timeloop
        fixed = len(order) if b == 0 else len(space.listed(b))
        loops = [i for i in range(fixed, len(order)) if place.factors[order[i]][b] > 1]
        for source in loops:
            for target in loops:
                if source == target or (target == source + 1):  # the second is the first one's mirror image
                    continue
                changed = list(order)
                changed.insert(target, changed.pop(source))
                yield replace(place, orders=(*place.orders[:b], tuple(changed), *place.orders[b + 1 :]))


def _split_moves(space: Mapspace, place: MapspacePoint) -> Iterator[MapspacePoint]:
    for i, (b, split) in enumerate(place.splits):
        for moved in (split - 1, split + 1):
            if moved in space.splits(b, place.factors):
                yield replace(place, splits=(*place.splits[:i], (b, moved), *place.splits[i + 1 :]))


def _primes(number: int) -> list[int]:
    """Different prime factors."""
    found, candidate = [], 2
    while candidate * candidate <= number:
        if number % candidate == 0:
            found.append(candidate)
            while number % candidate == 0:
                number //= candidate
        candidate += 1
    return [*found, number] if number > 1 else found
