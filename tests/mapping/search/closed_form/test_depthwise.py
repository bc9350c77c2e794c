"""Depthwise layers against every mapping there is, where these are few; what is claimed where they are not."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Machine
from costmodel.mapping.objective import ENERGY, LATENCY, OBJECTIVES, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.depthwise import depthwise_front
from costmodel.mapping.search.closed_form.depthwise_spreads import widest_depthwise_spreads
from costmodel.mapping.search.closed_form.hierarchy import BUFFER, PAD
from costmodel.mapping.search.closed_form.shared_inputs import shared_axes
from costmodel.mapping.search.exhaustive import exhaustive
from costmodel.mapping.search.optimum import optimum
from costmodel.mapping.search.timeloop.mapper import course_search
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.lab import simple_weight_stationary

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


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@settings(derandomize=True, deadline=None, max_examples=40, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem=layers)
def test_what_is_proven_is_not_beaten(objective: Objective, problem: Problem) -> None:
    assume(mapspace_of(problem, LAB).factors.size <= 300)
    expected = exhaustive(problem, LAB, inf, objective)
    front, proven = depthwise_front(problem, LAB, objective)
    assert expected is not None
    found = evaluate(problem, LAB, front.best(objective))
    assert found.valid
    mine, best = (objective.rank((e.cycles, e.energy_pj))[0] for e in (found, expected.evaluation))
    assert mine == pytest.approx(best, rel=1e-12) if proven else mine >= best * (1 - 1e-12)
    if objective is LATENCY:
        assert found.cycles == expected.evaluation.cycles
        if proven:
            assert found.energy_pj == pytest.approx(expected.evaluation.energy_pj, rel=1e-12)


def mesh(across: int, down: int) -> Machine:
    levels = list(LAB.levels)
    levels[BUFFER] = replace(levels[BUFFER], fanout_x=across, fanout_y=down)
    return replace(LAB, levels=tuple(levels))


@settings(derandomize=True, deadline=None, max_examples=75, suppress_health_check=[HealthCheck.filter_too_much])
@given(problem=layers, sides=st.sampled_from([(6, 1), (6, 3), (9, 2), (15, 2), (4, 2), (1, 6)]))
def test_what_pes_share_is_bounded(problem: Problem, sides: tuple[int, int]) -> None:
    """On narrow meshes the widest spreads are often those in which PEs want the same inputs."""
    machine = mesh(*sides)
    assume(mapspace_of(problem, machine).factors.size <= 300)
    assume(any(shared_axes(problem, spread) for spread in widest_depthwise_spreads(problem, machine)))
    expected = exhaustive(problem, machine, 5000)
    assume(expected is not None)
    front, proven = depthwise_front(problem, machine, LATENCY)
    found = evaluate(problem, machine, front.best(LATENCY))
    assert expected is not None
    assert found.cycles == expected.evaluation.cycles
    same = found.energy_pj == pytest.approx(expected.evaluation.energy_pj, rel=1e-12)
    assert same if proven else found.energy_pj >= expected.evaluation.energy_pj * (1 - 1e-12)


@pytest.mark.parametrize(("channels", "size", "stride"), [(32, 112, 1), (96, 56, 2), (384, 14, 1), (960, 7, 1)])
def test_the_layers_of_mobilenet_v2_are_proven(channels: int, size: int, stride: int) -> None:
    layer = Problem(C=channels, R=3, S=3, P=size, Q=size, w_stride=stride, h_stride=stride, depthwise=True)
    assert optimum(layer, LAB).proven


def test_layers_whose_pes_share_inputs_are_proven_by_a_bound() -> None:
    for layer in (
        Problem(C=960, R=3, S=3, P=10, Q=10, depthwise=True),
        Problem(C=384, R=3, S=3, P=2, Q=2, depthwise=True),
        Problem(C=240, R=5, S=5, P=15, Q=15, depthwise=True),
    ):
        assert any(shared_axes(layer, spread) for spread in widest_depthwise_spreads(layer, LAB))
        assert optimum(layer, LAB).proven


def test_the_least_energy_is_not_proven_where_pes_could_share_inputs() -> None:
    layer = Problem(C=32, R=3, S=3, P=16, Q=16, depthwise=True)
    assert optimum(layer, LAB).proven
    assert not optimum(layer, LAB, ENERGY).proven


def test_a_kernel_that_fits_no_scratchpad_in_the_widest_spread_may_fit_in_another() -> None:
    levels = list(LAB.levels)
    levels[PAD] = replace(levels[PAD], entries=9)
    machine = replace(LAB, levels=tuple(levels))
    found = optimum(Problem(C=16, R=5, S=2, P=16, depthwise=True), machine)
    assert found.mapping is not None
    assert found.evaluation.valid


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
