"""Machines without a closed form: enumeration where the mappings are few, else a search without a proof."""

from __future__ import annotations

from math import inf
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Behaviour, Constraints, LoopConstraint, Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import EDP, EFFORTS, OBJECTIVES, Objective
from costmodel.mapping.problem import DATASPACES, Problem
from costmodel.mapping.search.bypass_choice import best_choice
from costmodel.mapping.search.exhaustive import exhaustive, exhaustive_front, points
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.local.climb import Climber, local_front
from costmodel.mapping.search.local.neighbours import neighbours
from costmodel.mapping.search.local.starts import starting_points
from costmodel.mapping.search.optimum import optimum, pareto
from costmodel.mapping.space.mapspace import Mapspace, mapspace_of
from tests.mapping.lab import simple_weight_stationary
from tests.mapping.machines import fan_out, grid, level

ONE_OF_EACH = (
    LoopConstraint(target="column", spatial=True, factors=(("M", 1), ("R", 1), ("S", 1)), permutation=("Q",), split=9),
    LoopConstraint(target="spad", most=(("C", 2), ("M", 2)), factors=(("N", 1),)),
)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_it_finds_what_enumeration_finds(objective: Objective) -> None:
    machine = grid(loops=ONE_OF_EACH)
    for problem in (Problem(C=4, M=3), Problem(C=6, P=2, Q=2, depthwise=True)):
        every = exhaustive(problem, machine, inf, objective)
        assert every is not None
        front: Front[Mapping] = Front(objective)
        local_front(problem, machine, front)
        found, best = evaluate(problem, machine, front.best(objective)), every.evaluation
        costs = [objective.rank((e.cycles, e.energy_pj)) for e in (found, best)]
        assert costs[0] == pytest.approx(costs[1], rel=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_it_finds_the_labs_proven_optimum(objective: Objective) -> None:
    machine, problem = simple_weight_stationary(), Problem(C=6, M=16, R=5, S=5, P=10, Q=10)
    front: Front[Mapping] = Front(objective)
    local_front(problem, machine, front)
    found, best = evaluate(problem, machine, front.best(objective)), optimum(problem, machine, objective).evaluation
    assert (found.cycles, found.energy_pj) == pytest.approx((best.cycles, best.energy_pj), rel=1e-12)


def test_a_search_that_is_no_proof_says_so_and_repeats_itself() -> None:
    problem, machine = Problem(C=16, M=24, R=3, S=3, P=12, Q=12), grid(free=True)
    first, again = (optimum(problem, machine, effort="fast") for _ in range(2))
    assert first == again
    assert (first.proven, first.evaluation.valid) == (False, True)
    assert first.mapping is not None
    assert first.evaluation == evaluate(problem, machine, first.mapping)
    front = pareto(problem, machine, "fast")
    assert [found.evaluation.cycles for found in front] == sorted({found.evaluation.cycles for found in front})
    assert not any(found.proven for found in front)


def test_exact_is_not_worse_than_fast() -> None:
    problem, machine = Problem(C=8, M=6, R=3, P=12), grid()
    exact, fast, proven = (optimum(problem, machine, EDP, effort) for effort in EFFORTS)
    costs = [found.evaluation.energy_pj * found.evaluation.cycles for found in (proven, exact, fast)]
    assert costs == sorted(costs)
    assert proven.proven


def test_where_nothing_fits_it_says_so() -> None:
    layers = Problem(C=4, M=4, R=5, S=5)
    kernel = LoopConstraint(target="spad", factors=(("R", 5), ("S", 5)))
    found = optimum(layers, grid(loops=(kernel,)))
    assert (found.mapping, found.evaluation.valid) == (None, False)
    assert found.evaluation.because


small = st.sampled_from([1, 2, 3, 4])


@settings(derandomize=True, deadline=None, max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    problem=st.builds(Problem, C=small, M=small, R=st.integers(1, 2), P=small, Q=st.integers(1, 2), w_stride=small),
    behaviour=st.sampled_from(["A", "B", "D", "E"]),
    objective=st.sampled_from([*OBJECTIVES.values()]),
)
def test_the_best_bypass_is_that_of_all_choices(problem: Problem, behaviour: Behaviour, objective: Objective) -> None:
    space = mapspace_of(problem, grid(behaviour, free=True))
    assert len(space.bypasses.choices) == 2 ** len(space.bypasses.free) == 2**9
    assume(space.factors.size < 10**6)
    for number in range(0, space.factors.size, max(1, space.factors.size // 4)):
        factors = space.factors.decode(number)
        levels = next((loops for p in points(space, factors) if (loops := space.loops(factors, *p))), None)
        if levels is None:
            continue
        costs = space.costs(levels, space.fitting(factors))
        expected = min((objective.rank(cost) for cost in costs if cost is not None), default=None)
        found = best_choice(space, levels, objective)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert objective.rank(found[0]) == pytest.approx(expected, rel=1e-12)
            evaluation = evaluate(problem, space.machine, space.mapping(levels, found[1]))
            assert evaluation.valid
            assert (evaluation.cycles, evaluation.energy_pj) == pytest.approx(found[0], rel=1e-12)


def test_a_largest_factor_is_kept() -> None:
    front = exhaustive_front(Problem(C=8, M=4), grid(loops=ONE_OF_EACH), inf)
    assert front is not None
    spads = [mapping.levels[-1] for _, mapping in front.points]
    assert spads
    for spad in spads:
        assert all(loop.bound <= 2 for loop in spad.loops)


def test_a_climb_ends_where_no_neighbour_is_better_or_its_nests_are_used_up() -> None:
    problem, machine = Problem(C=16, M=24, R=3, S=3, P=12, Q=12), grid(free=True)
    space = mapspace_of(problem, machine)
    start = next(place for place in starting_points(space, 6) if _climber(space, 1).cost(place) is not None)
    climber = _climber(space, 10**6)
    before = climber.cost(start)
    assert before is not None
    place, cost = climber.climb(start, before, 0, Random(1))
    around = [found for moved in neighbours(space, place, Random(2)) if (found := climber.cost(moved)) is not None]
    assert len(around) > 5
    assert all(EDP.rank(found) >= EDP.rank(cost) for found in around)
    assert EDP.rank(cost) < EDP.rank(before)
    short = _climber(space, 40)
    first = short.cost(start)
    assert first is not None
    short.climb(start, first, 20, Random(1))
    assert short.left == 20


def _climber(space: Mapspace, left: int) -> Climber:
    return Climber(space=space, objective=EDP, left=left, front=Front(EDP))


def test_where_no_wide_spread_fits_it_starts_from_none() -> None:
    # the room under the store holds one output, so no two of the 4·4·4 can be on PEs at once: one MAC a cycle
    keep = (("pad", ("Weights",)), ("room", ("Outputs",)), ("store", DATASPACES))
    never = (("pad", ("Inputs", "Outputs")), ("fan", DATASPACES), ("room", ("Weights", "Inputs")))
    machine = Machine(
        name="narrow",
        levels=(level("pad", 1), fan_out("fan", across=8, down=8), level("room", 1), level("store", None)),
        mac_pj=0.5,
        mac_units=64,
        constraints=Constraints(keep=keep, bypass=never),
    )
    front: Front[Mapping] = Front(None)
    local_front(Problem(M=4, P=4, Q=4), machine, front)
    assert [cycles for (cycles, _), _ in front.points] == [64]
