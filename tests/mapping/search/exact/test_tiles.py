"""The grid of tiles, and moves that are alike: against lists of all tiles, and nests that are walked through."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
import pytest

from costmodel.mapping.machine import LoopConstraint
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exact.allowed import allowed_of, spatial_products
from costmodel.mapping.search.exact.lattice import exponents_of, lattice_of
from costmodel.mapping.search.exact.meeting import Meets, least_unlike, most_stays
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.machines import grid, stack

BOUNDS = (12, 1, 10, 8)
GRID = lattice_of(BOUNDS)


def tiles() -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Places with their sizes per dim."""
    for place in product(*map(range, GRID.shape)):
        yield place, tuple(GRID.size(place, dim) for dim in range(4))


def test_every_tile_is_there_once() -> None:
    assert [exponents_of(n) for n in (1, 2, 49, 60, 97)] == [
        (), ((2, 1),), ((7, 2),), ((2, 2), (3, 1), (5, 1)), ((97, 1),),
    ]  # fmt: skip
    found = dict(tiles())
    everything = [[n for n in range(1, bound + 1) if bound % n == 0] for bound in BOUNDS]
    assert sorted(found.values()) == sorted(product(*everything))
    assert found[GRID.last] == BOUNDS
    for place, sizes in found.items():
        for dim in range(4):
            whole = np.broadcast_to(GRID.sizes[dim], GRID.shape)
            around = np.broadcast_to(GRID.along[dim], GRID.shape)
            assert (whole[place], around[place]) == (sizes[dim], BOUNDS[dim] / sizes[dim])
        inside = {found[one] for one in product(*(range(part.start, part.stop) for part in GRID.inside(place)))}
        assert inside == {s for s in found.values() if all(a % b == 0 for a, b in zip(sizes, s, strict=True))}
    assert [GRID.exponents(0, factor) for factor in (1, 6, 4, 5, 24)] == [(0, 0), (1, 1), (2, 0), None, None]


def test_the_least_over_tiles_inside() -> None:
    figures = np.random.default_rng(1).random(GRID.shape)
    found = dict(tiles())
    places = {sizes: place for place, sizes in found.items()}
    least, by = GRID.least(figures, (0, 3)), GRID.least_by(figures, 0, (2, 3, 5))
    for place, sizes in found.items():
        within = [
            figures[p]
            for p, s in found.items()
            if s[1:3] == sizes[1:3] and sizes[0] % s[0] == 0 and sizes[3] % s[3] == 0
        ]
        assert least[place] == min(within)
        inner = [(sizes[0] // n, *sizes[1:]) for n in (2, 3) if sizes[0] % n == 0]
        led = [figures[places[one]] for one in inner]
        assert by[place] == min(led, default=np.inf)
    for size, region in zip(GRID.ends[0], GRID.places[0], strict=True):
        assert {found[p][0] for p in product(*(range(part.start, part.stop) for part in region))} == {size}
    assert sorted(GRID.ends[0]) == [1, 2, 3, 4, 6, 12]


def test_factors_that_are_chosen_block_by_block() -> None:
    # C = 12 in blocks of at most 2 and at most 6: 2·6, and 1·12 is none; all combinations that there are
    space = mapspace_of(Problem(C=12), stack("D", pad=99, loops=(LoopConstraint(target="pad", most=(("C", 2),)),)))
    allowed = allowed_of(space)
    assert allowed is not None
    assert allowed.of[0][0] == {1, 2}
    assert allowed.temporal(0, 0, 12) == frozenset((1, 2))
    assert allowed.temporal(0, 2, 4) is None  # 1, 2 and 4: all that divide it
    assert allowed.temporal(0, 0, 3) == frozenset((1,))
    assert spatial_products(space) == (1, 6, 1)
    # a factor that does not divide is dropped, and where that depends on others the blocks are not independent
    assert allowed_of(mapspace_of(Problem(C=4, M=6, P=4, R=3), grid())) is not None


@pytest.mark.parametrize("meets", [Meets.ITSELF, Meets.BOTH, Meets.OTHER, Meets.EITHER])
@pytest.mark.parametrize(("step", "other_step"), [(1, 1), (1, 2), (2, 1), (1, 3), (3, 2), (2, 4)])
def test_moves_that_are_alike_in_nests_that_are_walked_through(meets: Meets, step: int, other_step: int) -> None:
    for trips, own, other in ((2, 4, 4), (2, 2, 4), (3, 6, 2), (2, 8, 3), (4, 4, 6)):
        alike, stays = 0.0, 0.0
        for outside in loops(own // trips, other, step * trips, other_step, meets):
            moves = walked([(trips, step), *outside])
            turns = moves[trips - 1 :: trips]  # those of the loops outside; the innermost one's are alike anyway
            alike = max(alike, turns.count(step) / (len(moves) + 1))
            stays = max(stays, turns.count(0) / (len(moves) + 1))
        found = least_unlike(step, trips, own, other, step, other_step, meets)
        assert found == pytest.approx(1 / trips - alike)
        assert most_stays(trips, own, other, step, other_step, meets) == pytest.approx(stays)


def loops(own: int, other: int, step: int, other_step: int, meets: Meets) -> Iterator[list[tuple[int, int]]]:
    """All nests of loops (bound, step) outside a first one, as far as ``meets`` lets them."""
    yield []
    for mine in (True, False):
        if (mine and meets == Meets.OTHER) or (not mine and meets in (Meets.ITSELF, Meets.BOTH)):
            continue
        for n in range(2, (own if mine else other) + 1):
            if (own if mine else other) % n == 0:
                left = (own // n, other, step * n, other_step) if mine else (own, other // n, step, other_step * n)
                after = Meets.ITSELF if meets == Meets.ITSELF else Meets.EITHER
                for rest in loops(*left, after):
                    yield [(n, step if mine else other_step), *rest]


def walked(nest: list[tuple[int, int]]) -> list[int]:
    """The moves of a nest: a loop that advances jumps back by one step of every loop inside it."""
    found = []
    for turn in range(1, prod(bound for bound, _ in nest)):
        back = 0
        for bound, step in nest:
            if turn % bound:
                found.append(step - back)
                break
            turn, back = turn // bound, back + step
    return found
