"""Factorisations of which nothing fits are seen from their number, and what is not worked out changes nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.hardware.machines import load_hardware
from costmodel.mapping.machine import Behaviour, Machine, MapperSettings
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.timeloop import thread as module
from costmodel.mapping.search.timeloop.misfits import Misfits
from costmodel.mapping.search.timeloop.thread import search_thread
from costmodel.mapping.space.mapspace import Mapspace, mapspace_of
from costmodel.mapping.space.permutations import permutation_space, split_space

PROBLEMS = (
    Problem(C=3, M=6, R=5, S=5, P=28, Q=28),
    Problem(C=120, M=84),
    Problem(C=16, M=10, R=3, S=3, N=2, P=7, Q=8, w_stride=2),
    Problem(C=8, R=3, S=3, P=8, Q=14, h_dilation=2, depthwise=True),
)
MACHINES = ("simple_weight_stationary", "simple_output_stationary", "eyeriss_like", "simba_like")


def machines(behaviour: Behaviour, seed: int) -> list[Machine]:
    """The machines that come with it, as they are and with other capacities and fan-outs."""
    dice, found = random.Random(seed), []
    for name in MACHINES:
        whole = replace(machine_of(load_hardware(name)), behaviour=behaviour)
        scale = dice.choice((0.2, 4))
        levels = [
            replace(
                level,
                entries=None if level.entries is None else max(1, int(level.entries * scale)),
                fanout_x=-(-level.fanout_x // dice.choice((1, 2, 4))),
            )
            for level in whole.levels
        ]
        found += [whole, replace(whole, levels=tuple(levels))]
    return found


def constructed(space: Mapspace, number: int, permutation: int) -> bool:
    factors = space.factors.decode(number)
    permutations = permutation_space(space.blocks, space.geometry.dims, factors)
    first = {b: split_space(block, factors, b).first for b, block in enumerate(space.blocks) if block.spatial}
    return space.loops(factors, permutations.decode(permutation % permutations.size), first) is not None


@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_what_is_said_of_a_number_is_what_its_points_say(problem: Problem) -> None:
    dice, met = random.Random(5), {"misfits": 0, "refused": 0}
    for machine in machines("D", 3):
        space = mapspace_of(problem, machine)
        misfits = Misfits(space)
        for _ in range(60):
            number = dice.randrange(space.factors.size)
            fitting = misfits.fitting(number)
            assert fitting == space.fitting(space.factors.decode(number))
            said, points = misfits.constructs(number), {constructed(space, number, dice.getrandbits(60)) for _ in "123"}
            assert said is None or points == {said}
            assert misfits(number) == (said is True and not any(fitting))
            met["misfits"] += misfits(number)
            met["refused"] += said is False
    assert met["misfits"] > 50
    assert met["refused"] > 20


@pytest.mark.parametrize("behaviour", ["A", "B", "D", "E"])
def test_threads_visit_and_find_the_same_without_the_short_cuts(
    behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nothing(Misfits):
        def __call__(self, number: int) -> bool:
            return False

        def constructs(self, number: int) -> None:
            return None

    spaces = []
    for machine in machines(behaviour, 11):
        mapper = MapperSettings(timeout=40, victory=30, max_permutations=4, threads=2, tolerance=0.01)
        spaces += [mapspace_of(problem, replace(machine, mapper=mapper)) for problem in PROBLEMS]
    quick = [search_thread(space, 1) for space in spaces]
    assert sum(tally.best is not None for tally in quick) > 10
    assert sum(tally.capacity_failures > 20 for tally in quick) > 10

    def nothing_fits(space: Mapspace, walk: module.Walk, best: module.Best | None) -> list[None] | None:
        return None if any(walk.fitting) else [None] * len(walk.fitting)

    monkeypatch.setattr(module, "_without_nest", nothing_fits)
    assert [search_thread(space, 1, Nothing(space)) for space in spaces] == quick


def test_a_misfit_that_is_drawn_twice_in_a_row_is_one_point() -> None:
    """Timeloop compares a mapping with the one before: of few factorisations the same is often drawn again."""
    tiny = machine_of(load_hardware("simple_weight_stationary"))
    levels = tuple(replace(level, entries=None if level.entries is None else 1) for level in tiny.levels)
    space = mapspace_of(Problem(R=2, S=2), replace(tiny, levels=levels, mapper=MapperSettings(threads=1)))
    assert space.factors.size < 10
    assert any(map(Misfits(space), range(space.factors.size)))

    class Nothing(Misfits):
        def __call__(self, number: int) -> bool:
            return False

    assert search_thread(space, 0) == search_thread(space, 0, Nothing(space))
