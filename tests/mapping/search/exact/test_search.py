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
        target = draw(
            st.sampled_from([one.name for one in levels if one.stores and one.name not in {o.target for o in loops}])
        )
        given = tuple((dim, draw(st.sampled_from([1, 1, 2, 3]))) for dim in "CMPQR" if draw(st.booleans()))
        limits = tuple((dim, draw(st.integers(1, 3))) for dim in "SN" if draw(st.booleans()))
        loops.append(LoopConstraint(target=target, factors=given, most=limits))
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


@st.composite
def window_machines(draw: st.DrawFn) -> Machine:
    """Scratchpads of inputs under one fan-out: PEs that hand on to each other, and blocks whose factors are given."""
    names = ("Weights", "Inputs", "Outputs")
    pad = level("pad", draw(st.sampled_from([1, 2, 3, 4, 6, 9])), bandwidth=draw(st.sampled_from([None, None, 1, 2])))
    levels = [
        replace(pad, words_per_access=draw(st.integers(1, 3)), read_pj=draw(st.sampled_from([0.0, 0.1, 1.0]))),
        fan_out("fan", across=draw(st.integers(1, 4)), down=draw(st.integers(1, 3))),
    ]
    keep: list[tuple[str, tuple[str, ...]]] = [("pad", ("Inputs",))]
    never: list[tuple[str, tuple[str, ...]]] = [("pad", ("Weights", "Outputs")), ("fan", names)]
    if draw(st.booleans()):
        buffer = level("buffer", draw(st.sampled_from([8, 20, 60, 200])), bandwidth=draw(st.sampled_from([None, 2, 3])))
        levels.append(replace(buffer, words_per_access=draw(st.sampled_from([1, 2, 4]))))
        keep.append(("buffer", ("Inputs", "Outputs")))
        never.append(("buffer", ("Weights",)))
    levels.append(replace(level("store", None), words_per_access=draw(st.sampled_from([1, 2, 8]))))
    keep.append(("store", names))
    loops = [_ones(draw, "fan", spatial=True)]
    if draw(st.booleans()):
        loops.append(_ones(draw, "pad", spatial=False))
    constraints = Constraints(loops=tuple(loops), keep=tuple(keep), bypass=tuple(never))
    return Machine(
        name="windows",
        levels=tuple(levels),
        mac_pj=0.1,
        mac_units=12,
        behaviour=cast(Behaviour, draw(st.sampled_from(["B", "D", "E"]))),
        constraints=constraints,
        depthwise_constraints=constraints,
    )


def _ones(draw: st.DrawFn, target: str, *, spatial: bool) -> LoopConstraint:
    """Some dims have no loop there."""
    factors = tuple((dim, 1) for dim in "CMRSNPQ" if draw(st.booleans()))
    return LoopConstraint(target=target, spatial=spatial, factors=factors)


windows = st.builds(
    Problem,
    C=st.sampled_from([1, 1, 1, 2]),
    M=st.sampled_from([1, 1, 2, 3]),
    R=st.integers(1, 3),
    S=st.integers(1, 3),
    P=st.integers(1, 4),
    Q=st.integers(1, 4),
    w_stride=st.integers(1, 2),
    h_stride=st.integers(1, 2),
    w_dilation=st.integers(1, 2),
    h_dilation=st.integers(1, 2),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(problem=layers(), machine=machines(), objective=st.sampled_from([*OBJECTIVES.values(), None]))
def test_nothing_is_better(problem: Problem, machine: Machine, objective: Objective | None) -> None:
    assert_nothing_is_better(problem, machine, objective)


@settings(derandomize=True, deadline=None, max_examples=75)
@given(problem=windows, machine=window_machines(), objective=st.sampled_from([*OBJECTIVES.values()]))
def test_nothing_is_better_where_pes_hand_on(problem: Problem, machine: Machine, objective: Objective) -> None:
    assert_nothing_is_better(problem, machine, objective)


def assert_nothing_is_better(problem: Problem, machine: Machine, objective: Objective | None) -> None:
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


def test_a_slide_over_a_dim_whose_factor_is_given() -> None:
    # the store takes the whole of P and Q: what the table once lost was every mapping whose window slides over them
    levels = (
        replace(level("pad", 9, bandwidth=1), words_per_access=2),
        fan_out("fan", across=3, down=3),
        level("store", None),
    )
    ones = tuple((dim, 1) for dim in "CSNPQ")
    constraints = Constraints(
        loops=(
            LoopConstraint(target="fan", spatial=True, factors=(("C", 1), ("R", 1), ("P", 1), ("Q", 1))),
            LoopConstraint(target="pad", factors=ones),
        ),
        keep=(("pad", ("Inputs",)), ("store", ("Weights", "Inputs", "Outputs"))),
        bypass=(("pad", ("Weights", "Outputs")), ("fan", ("Weights", "Inputs", "Outputs"))),
    )
    machine = Machine(name="m", levels=levels, mac_pj=0.1, mac_units=12, behaviour="E", constraints=constraints)
    front: Front[Mapping] = Front(OBJECTIVES["energy"])
    problem = Problem(R=2, S=2, P=4, Q=4)
    assert proven_front(problem, machine, front)
    found = front.best(OBJECTIVES["energy"])
    assert str(found) == "store[WIO] P4 R2 Q4 - fan[] S2Y - pad[I]"
    assert evaluate(problem, machine, found).energy_pj == pytest.approx(15312.4)
