"""The optimum against every mapping there is, on small random layers and machines."""

from __future__ import annotations

import json
from dataclasses import replace
from math import inf

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Behaviour, Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import LATENCY, OBJECTIVES, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exact.search import proven_front
from costmodel.mapping.search.exhaustive import exhaustive, exhaustive_front
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.optimum import optimum, pareto
from costmodel.mapping.search.result import SearchResult
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.lab import simple_weight_stationary

LAB = simple_weight_stationary()
small = st.integers(1, 3)

layers = st.builds(
    Problem,
    C=st.sampled_from([1, 2, 3, 4, 6, 8, 17, 20, 32, 34]),
    M=st.sampled_from([1, 2, 3, 4, 6, 17, 18, 32, 34, 40]),
    R=st.sampled_from([1, 1, 2, 3, 5]),
    S=st.sampled_from([1, 1, 2, 3]),
    N=st.integers(1, 4),
    P=st.sampled_from([1, 2, 3, 4, 6, 7, 8]),
    Q=st.sampled_from([1, 1, 2, 3, 4, 5]),
    w_stride=small,
    h_stride=small,
    w_dilation=small,
    h_dilation=small,
)


def tightened(pad: int, buffer: int, bandwidth: int, behaviour: Behaviour) -> Machine:
    """The lab's machine with small memories, so that every limit binds on a small layer."""
    levels = list(LAB.levels)
    levels[3] = replace(levels[3], entries=pad)
    levels[4] = replace(levels[4], entries=buffer, read_bandwidth=bandwidth, write_bandwidth=bandwidth)
    return replace(LAB, levels=tuple(levels), behaviour=behaviour)


machines = st.builds(
    tightened,
    pad=st.sampled_from([192, 16, 8]),
    buffer=st.sampled_from([65536, 1000, 64]),
    bandwidth=st.sampled_from([16, 8, 2]),
    behaviour=st.sampled_from(["D", "D", "B"]),
)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(problem=layers, machine=machines)
def test_nothing_is_better(problem: Problem, machine: Machine) -> None:
    assume(mapspace_of(problem, machine).factors.size <= 1000)
    front = exhaustive_front(problem, machine, inf)
    assert front is not None
    for objective in OBJECTIVES.values():
        found = optimum(problem, machine, objective)
        assert (found.proven, found.mapping is None) == (True, len(front) == 0)
        if found.mapping is not None:
            best = min((cost for cost, _ in front.points), key=lambda cost: objective.rank(cost))
            assert found.evaluation == evaluate(problem, machine, found.mapping)
            assert found.evaluation.cycles == best[0]
            assert found.evaluation.energy_pj == pytest.approx(best[1], rel=1e-12)
    if len(front):
        costs = [(found.evaluation.cycles, found.evaluation.energy_pj) for found in pareto(problem, machine)]
        assert [cycles for cycles, _ in costs] == [cost[0] for cost, _ in front.points]
        assert [energy for _, energy in costs] == pytest.approx([cost[1] for cost, _ in front.points], rel=1e-12)


def test_a_kernel_larger_than_the_scratchpad_has_no_mapping() -> None:
    found = optimum(Problem(C=3, M=8, R=14, S=14, P=9, Q=9), LAB)
    assert (found.mapping, found.proven, found.evaluation.valid) == (None, True, False)
    assert found.evaluation.because == "no mapping: R·S = 196 weights do not fit pe_spad (192 words)"


def test_where_the_proof_does_not_hold_it_is_not_claimed() -> None:
    layer = Problem(C=64, M=64, P=16, Q=16, R=3, S=3)
    old = optimum(layer, simple_weight_stationary("A"), effort="fast")
    assert not old.proven
    assert old.evaluation.energy_pj <= optimum(layer, LAB).evaluation.energy_pj  # A never charges more than D


def test_another_constraint_makes_another_machine_and_is_proven_too() -> None:
    layer = Problem(C=64, M=64, P=16, Q=16, R=3, S=3)
    freer = replace(LAB.constraints, loops=LAB.constraints.loops[:-1])
    machine = replace(LAB, constraints=freer)
    for steps in (10**6, 1000, 100):  # 41 are enough
        assert proven_front(layer, machine, Front(LATENCY), steps), steps
    found, lab = optimum(layer, machine), optimum(layer, LAB)
    assert found.proven  # by the exact search: the closed form is of the lab's constraints only
    assert LATENCY.rank(_cost(found)) <= LATENCY.rank(_cost(lab))  # whatever the lab allows is allowed here


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_exact_search_finds_what_the_labs_closed_form_proves(objective: Objective) -> None:
    for layer in (Problem(C=16, M=40, P=8, Q=8, R=3, S=3, w_stride=2, h_stride=2), Problem(C=120, M=84)):
        front: Front[Mapping] = Front(objective)
        assert proven_front(layer, LAB, front, 10**6)
        found = evaluate(layer, LAB, front.best(objective))
        assert (found.cycles, found.energy_pj) == pytest.approx(_cost(optimum(layer, LAB, objective)), rel=1e-12)


def _cost(found: SearchResult) -> tuple[int, float]:
    return found.evaluation.cycles, found.evaluation.energy_pj


def test_elsewhere_all_mappings_are_tried_if_they_are_few() -> None:
    few, old = Problem(C=8, M=8, P=2, R=3, S=3), simple_weight_stationary("A")
    assert optimum(few, old).proven
    assert optimum(few, old).evaluation.energy_pj <= optimum(few, LAB).evaluation.energy_pj
    assert exhaustive(Problem(C=64, M=64, P=16, Q=16), LAB) is None


def test_the_bandwidth_binds_where_it_is_known_to() -> None:
    # mapspace.md, section 1: without the bandwidth as a constraint these two would get too little energy.
    for problem in (
        Problem(C=512, M=512, R=3, S=3, P=4, Q=4),
        Problem(C=64, M=128, R=3, S=3, P=16, Q=16, w_stride=2, h_stride=2),
    ):
        unlimited = replace(LAB.levels[4], read_bandwidth=None, write_bandwidth=None)
        free = replace(LAB, levels=(*LAB.levels[:4], unlimited, LAB.levels[5]))
        assert optimum(problem, free).evaluation.energy_pj < optimum(problem, LAB).evaluation.energy_pj


def test_the_result_is_json() -> None:
    written = optimum(Problem(C=4, M=4), LAB).to_json()
    assert json.loads(json.dumps(written)) == written
    assert set(written) == {"valid", "because", "energy_pj", "cycles", "utilisation", "levels", "optimal", "mapping"}
    assert optimum(Problem(R=14, S=14), LAB).to_json()["mapping"] is None
