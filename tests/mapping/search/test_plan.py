"""Which searches are asked in turn, and how much each may try, by machine, objective and effort."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Machine
from costmodel.mapping.objective import EDP, ENERGY, LATENCY, Effort, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search import optimum as plan
from costmodel.mapping.search.exhaustive import exhaustive
from costmodel.mapping.search.optimum import optimum, pareto
from tests.mapping.lab import simple_weight_stationary
from tests.mapping.machines import grid, stack

LAB = simple_weight_stationary()
CONVOLUTION = Problem(C=8, M=8, R=3, P=4)
DEPTHWISE = Problem(C=16, R=3, P=4, depthwise=True)

Asked = list[tuple[str, float | None]]


@pytest.mark.parametrize(
    ("problem", "machine", "objective", "effort", "asked"),
    [
        (CONVOLUTION, LAB, EDP, "exact", []),
        (CONVOLUTION, simple_weight_stationary("B"), None, "prove", []),
        (CONVOLUTION, grid(), EDP, "exact", [("exact", 3000), ("all", 2000), ("climb", 1)]),
        (CONVOLUTION, grid(), LATENCY, "fast", [("exact", 300), ("all", 200), ("climb", 10)]),
        (CONVOLUTION, grid("A"), None, "prove", [("exact", None), ("all", inf), ("climb", 1)]),
        # where the closed form is no proof, less is spent on the others
        (CONVOLUTION, simple_weight_stationary("A"), ENERGY, "exact", [("exact", 300), ("all", 2000), ("climb", 1)]),
        (CONVOLUTION, simple_weight_stationary("E"), ENERGY, "fast", [("exact", 30), ("all", 200), ("climb", 10)]),
        (DEPTHWISE, LAB, ENERGY, "exact", [("exact", 300), ("all", 2000), ("climb", 1)]),
        (DEPTHWISE, LAB, ENERGY, "fast", [("exact", 30), ("all", 200)]),
        (DEPTHWISE, LAB, None, "exact", [("exact", 300), ("all", 2000), ("climb", 1)]),
        (DEPTHWISE, simple_weight_stationary("B"), LATENCY, "exact", [("exact", 300), ("all", 2000)]),
        (DEPTHWISE, simple_weight_stationary("A"), LATENCY, "prove", [("exact", None), ("all", inf)]),
        (DEPTHWISE, grid(), LATENCY, "exact", [("exact", 3000), ("all", 2000), ("climb", 1)]),
    ],
)
def test_who_is_asked_for_how_much(
    problem: Problem,
    machine: Machine,
    objective: Objective | None,
    effort: Effort,
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: Asked = []

    def exact(*given: Any) -> bool:
        found.append(("exact", given[3]))
        return False

    def every(*given: Any) -> None:
        assert given[3] is objective
        found.append(("all", given[2]))

    monkeypatch.setattr(plan, "proven_front", exact)
    monkeypatch.setattr(plan, "exhaustive_front", every)
    monkeypatch.setattr(plan, "local_front", lambda *given: found.append(("climb", given[3])))
    results = pareto(problem, machine, effort) if objective is None else (optimum(problem, machine, objective, effort),)
    assert found == asked
    assert all(result.proven == (not asked) for result in results)
    if machine.levels == grid().levels:  # nobody has found anything
        assert [result.evaluation.because for result in results] == ["the search met no valid mapping"]
    else:
        assert all(result.mapping is not None for result in results)


@pytest.mark.parametrize("objective", [LATENCY, ENERGY])
def test_a_depthwise_layer_of_another_hierarchy_is_not_the_labs(objective: Objective) -> None:
    problem, machine = Problem(C=2, P=2, R=2, depthwise=True), stack("D", pad=6, buffer=20)
    every, found = exhaustive(problem, machine, inf, objective), optimum(problem, machine, objective)
    assert every is not None
    assert found.proven
    assert (found.evaluation.cycles, found.evaluation.energy_pj) == (
        every.evaluation.cycles,
        every.evaluation.energy_pj,
    )


def test_a_start_under_another_behaviour_is_evaluated_under_its_own() -> None:
    old = simple_weight_stationary("A")
    found = optimum(Problem(C=64, M=64, P=16, Q=16, R=3, S=3), old, ENERGY, "fast")
    assert found.mapping is not None
    assert found.evaluation == evaluate(Problem(C=64, M=64, P=16, Q=16, R=3, S=3), old, found.mapping)
    none = optimum(Problem(R=14, S=14), old, effort="prove")
    assert (none.mapping, none.proven) == (None, True)
    assert none.evaluation.because == "no mapping: none of the constrained mapspace is valid"
    for machine in (old, LAB):
        assert all(not one.evaluation.valid for one in pareto(Problem(R=14, S=14), machine))
