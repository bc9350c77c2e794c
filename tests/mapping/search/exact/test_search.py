"""The exact search against every mapping there is, on small random layers and machines of any hierarchy."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Behaviour, Constraints, LoopConstraint, Machine, StorageLevel
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import OBJECTIVES, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exact.search import proven_front
from costmodel.mapping.search.exhaustive import exhaustive_front
from costmodel.mapping.search.front import Front
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.machines import fan_out, level

sizes = st.sampled_from([1, 1, 1, 2, 2, 3, 4, 6])
small = st.integers(1, 3)


@st.composite
def layers(draw: st.DrawFn) -> Problem:
    depthwise = draw(st.booleans())
    return Problem(
        C=draw(sizes),
        M=1 if depthwise else draw(sizes),
        R=draw(sizes),
        S=draw(st.sampled_from([1, 1, 2, 3])),
        N=draw(st.sampled_from([1, 1, 2])),
        P=draw(sizes),
        Q=draw(st.sampled_from([1, 1, 2, 3])),
        w_stride=draw(small),
        h_stride=draw(small),
        w_dilation=draw(small),
        h_dilation=draw(small),
        depthwise=depthwise,
    )


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    behaviour = cast(Behaviour, draw(st.sampled_from(["B", "D", "E"])))
    names = ("Weights", "Inputs", "Outputs")
    levels: list[StorageLevel] = []
    keep: list[tuple[str, tuple[str, ...]]] = []
    never: list[tuple[str, tuple[str, ...]]] = []
    for number in range(draw(st.integers(1, 3))):
        if number and draw(st.booleans()):
            across, down = draw(st.sampled_from([(2, 1), (1, 3), (2, 2), (4, 1), (3, 2)]))
            levels.append(fan_out(f"fan{number}", across=across, down=down))
            never.append((f"fan{number}", names))
        capacity = draw(st.sampled_from([1, 4, 9, 20, 60, None]))
        bandwidth = draw(st.sampled_from([None, None, 0.5, 1, 2, 3]))
        one = level(
            f"level{number}", capacity, bandwidth=bandwidth, across=draw(st.sampled_from([1, 1, 2, 3])) if number else 1
        )
        levels.append(replace(one, words_per_access=draw(st.sampled_from([1, 1, 2, 4]))))
        state = [draw(st.sampled_from(["keep", "keep", "never", "free"])) for _ in names]
        keep.append((one.name, tuple(v for v, how in zip(names, state, strict=True) if how == "keep")))
        never.append((one.name, tuple(v for v, how in zip(names, state, strict=True) if how == "never")))
    if draw(st.booleans()):
        levels.append(fan_out("outer", across=draw(st.integers(1, 3)), down=2))
        never.append(("outer", names))
    levels.append(level("store", None, bandwidth=draw(st.sampled_from([None, 1, 4]))))
    keep.append(("store", names))
    loops = []
    if draw(st.booleans()):
        target = draw(st.sampled_from([one.name for one in levels if one.stores]))
        order = draw(st.permutations(["C", "M", "R", "S", "N", "P", "Q"]))
        loops.append(LoopConstraint(target=target, permutation=tuple(order[: draw(st.integers(0, 7))])))
    if draw(st.booleans()):
        target = draw(st.sampled_from([one.name for one in levels if one.fans_out] or ["level0"]))
        loops.append(LoopConstraint(target=target, spatial=True, factors=(("P", 1),), split=draw(st.integers(0, 4))))
    constraints = Constraints(loops=tuple(loops), keep=tuple(keep), bypass=tuple(never))
    return Machine(
        name="random",
        levels=tuple(levels),
        mac_pj=0.5,
        mac_units=24,
        behaviour=behaviour,
        constraints=constraints,
        depthwise_constraints=constraints,
    )


@settings(derandomize=True, deadline=None, max_examples=120)
@given(problem=layers(), machine=machines(), objective=st.sampled_from([*OBJECTIVES.values(), None]))
def test_nothing_is_better(problem: Problem, machine: Machine, objective: Objective | None) -> None:
    assume(1 < mapspace_of(problem, machine).factors.size <= 400)
    expected = exhaustive_front(problem, machine, 20_000, objective)
    assume(expected is not None)
    assert expected is not None
    found: Front[Mapping] = Front(objective)
    assert proven_front(problem, machine, found, 10**6)
    assert (len(found) == 0) == (len(expected) == 0)
    if len(found) and objective is not None:
        best, right = (evaluate(problem, machine, front.best(objective)) for front in (found, expected))
        assert best.cycles == right.cycles
        assert best.energy_pj == pytest.approx(right.energy_pj, rel=1e-12)
    elif len(found):
        assert [cost[0] for cost, _ in found.points] == [cost[0] for cost, _ in expected.points]
        assert [cost[1] for cost, _ in found.points] == pytest.approx([cost[1] for cost, _ in expected.points])
