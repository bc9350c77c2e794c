"""Loops on X and Y: the splits of a spatial block against all orders of its dims, and the loops that fit a fan-out."""

from __future__ import annotations

from itertools import permutations, product

import pytest

from costmodel.mapping.machine import LoopConstraint
from costmodel.mapping.problem import DEPTHWISE, Problem
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.machines import stack

SPATIAL = 1
"""The number of the fan's block: pad, fan, store."""


@pytest.mark.parametrize("split", [0, 1, 2, 3, 4, 5, 6, None])
def test_as_many_dims_lie_on_x_as_in_any_order(split: int | None) -> None:
    for listed, looped in product(("", "Q", "RP"), ("", "C", "CN", "RCN", "PQC", "CSNPQ")):
        loops = (LoopConstraint(target="fan", spatial=True, permutation=tuple(listed), split=split),)
        space = mapspace_of(Problem(C=2, R=2, S=2, N=2, P=2, Q=2, depthwise=True), stack("D", pad=9, loops=loops))
        factors = tuple((1, 2, 1) if dim in looped else (1, 1, 2) for dim in DEPTHWISE)
        others = [dim for dim in DEPTHWISE if dim not in listed]
        found = set()
        for order in permutations(others):
            # what lies before the split in a pattern: its listed dims, and of the others those that have a loop
            on_x = (*listed, *order)[:split]
            found.add(sum(dim in listed or dim in looped for dim in on_x))
        if split is None:
            found = set(range(max(found) + 1))
        assert set(space.splits(SPATIAL, factors)) == found


def test_a_fan_out_is_wide_enough_or_there_are_no_loops() -> None:
    space = mapspace_of(Problem(C=3, M=2), stack("D", pad=9))
    factors = ((1, 3, 1), (1, 2, 1), *((1, 1, 1),) * 5)
    patterns = [tuple(range(7))] * 3
    # 3 × 2 PEs: C along X and M along Y fit, nothing else does
    assert space.loops(factors, patterns, {SPATIAL: 1}) is not None
    assert space.loops(factors, patterns, {SPATIAL: 0}) is None
    assert space.loops(factors, patterns, {SPATIAL: 2}) is None
    turned = [patterns[0], (1, 0, 2, 3, 4, 5, 6), patterns[2]]
    assert space.loops(factors, turned, {SPATIAL: 1}) is None
    levels = space.loops(factors, patterns, {SPATIAL: 1})
    assert levels is not None
    assert [(level.temporal, level.x, level.y) for level in levels] == [
        ((), (), ()),
        ((), ((0, 3),), ((1, 2),)),
        ((), (), ()),
    ]
