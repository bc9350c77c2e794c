"""Depthwise layers against every mapping there is, where these are few; what is claimed where they are not."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from costmodel.mapping.course_search import course_search
from costmodel.mapping.depthwise_optimum import depthwise_front
from costmodel.mapping.depthwise_spread import widest_depthwise_spreads
from costmodel.mapping.evaluate import evaluate
from costmodel.mapping.exhaustive import exhaustive
from costmodel.mapping.lab import simple_weight_stationary
from costmodel.mapping.mapspace import mapspace_of
from costmodel.mapping.objective import OBJECTIVES, Objective, rank
from costmodel.mapping.optimum import optimum
from costmodel.mapping.problem import Problem

LAB = simple_weight_stationary()
small = st.integers(1, 2)

layers = st.builds(
    Problem,
    C=st.sampled_from([1, 2, 3, 4, 8, 16, 17, 20, 32]),
    R=st.sampled_from([1, 1, 2, 3]),
    S=st.sampled_from([1, 1, 2, 3]),
    N=small,
    P=st.sampled_from([1, 2, 3, 5, 7, 8]),
    Q=st.sampled_from([1, 2, 3, 5]),
    w_stride=small,
    h_stride=small,
    w_dilation=small,
    h_dilation=small,
    depthwise=st.just(True),
)


@pytest.mark.parametrize("objective", OBJECTIVES)
@settings(derandomize=True, deadline=None, max_examples=40, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem=layers)
def test_what_is_proven_is_not_beaten(objective: Objective, problem: Problem) -> None:
    assume(mapspace_of(problem, LAB).factors.size <= 300)
    expected = exhaustive(problem, LAB, inf, objective)
    front, proven = depthwise_front(problem, LAB, objective)
    assert expected is not None
    found = evaluate(problem, LAB, front.best(objective))
    assert found.valid
    mine, best = (rank(objective, (e.cycles, e.energy_pj))[0] for e in (found, expected.evaluation))
    assert mine == pytest.approx(best, rel=1e-12) if proven else mine >= best * (1 - 1e-12)
    if objective == "latency":
        assert found.cycles == expected.evaluation.cycles
        if proven:
            assert found.energy_pj == pytest.approx(expected.evaluation.energy_pj, rel=1e-12)


def test_a_layer_whose_pes_meet_in_the_same_inputs_is_not_proven() -> None:
    assert not optimum(Problem(C=8, R=3, S=3, P=16, Q=16, depthwise=True), LAB).proven
    assert optimum(Problem(C=256, P=7, Q=7, depthwise=True), LAB).proven


@pytest.mark.parametrize(
    "problem",
    [
        Problem(C=32, R=3, S=3, P=56, Q=56, depthwise=True),
        Problem(C=58, R=3, S=3, P=28, Q=28, depthwise=True),
        Problem(C=96, R=5, S=5, P=14, Q=14, w_stride=2, h_stride=2, depthwise=True),
    ],
    ids=str,
)
def test_it_is_never_worse_than_the_courses_search(problem: Problem) -> None:
    found, course = optimum(problem, LAB).evaluation, course_search(problem, LAB).evaluation
    assert found.cycles <= course.cycles
    assert found.energy_pj <= course.energy_pj or found.cycles < course.cycles


def test_the_widest_spreads_use_the_mesh() -> None:
    layer = Problem(C=32, R=3, S=3, P=56, Q=56, depthwise=True)
    for spread in widest_depthwise_spreads(layer, LAB):
        assert spread.width == 256
        across = 1
        for dim, factor in spread.factors:
            across *= factor if dim in spread.on_x else 1
        assert across == 16
