"""A search objective is one object: a new one is searched, pruned and proven without another line anywhere."""

from __future__ import annotations

from math import inf

import pytest

from costmodel.backends.analytical.one_layer import solve
from costmodel.backends.backend import Search
from costmodel.ir.workload import Layer, Place
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import OBJECTIVES, Bound, Objective, SortKey
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exhaustive import exhaustive, exhaustive_front
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.local.climb import local_front
from costmodel.mapping.search.optimum import optimum
from tests.mapping.lab import simple_weight_stationary
from tests.mapping.machines import grid
from tests.mapping.search.local.test_climb import ONE_OF_EACH


def _weighed(cost: Bound) -> SortKey:
    """Cycles count thrice: energy · cycles³."""
    cycles, energy = cost
    return energy * cycles**3, energy


DUMMY = Objective(name="ed3p", title="energy × cycles³, then energy", rank=_weighed)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OBJECTIVES, DUMMY.name, DUMMY)


@pytest.mark.parametrize("problem", [Problem(C=4, M=3), Problem(C=6, P=2, Q=2, depthwise=True)], ids=str)
def test_enumeration_prunes_by_it_and_loses_nothing(problem: Problem) -> None:
    machine = grid(loops=ONE_OF_EACH)
    whole, pruned = exhaustive_front(problem, machine, inf), exhaustive(problem, machine, inf, DUMMY)
    assert whole is not None
    assert pruned is not None
    assert pruned.proven
    best = min(DUMMY.rank(cost) for cost, _ in whole.points)
    assert DUMMY.rank((pruned.evaluation.cycles, pruned.evaluation.energy_pj)) == pytest.approx(best, rel=1e-12)


def test_the_climb_is_for_it_too() -> None:
    problem, machine = Problem(C=4, M=3), grid(loops=ONE_OF_EACH)
    front: Front[Mapping] = Front(DUMMY)
    local_front(problem, machine, front)
    every = exhaustive(problem, machine, inf, DUMMY)
    assert every is not None
    best = min(DUMMY.rank(cost) for cost, _ in front.points)
    assert best == pytest.approx(DUMMY.rank((every.evaluation.cycles, every.evaluation.energy_pj)), rel=1e-12)


def test_the_closed_form_proves_it() -> None:
    machine, problem = simple_weight_stationary(), Problem(C=512, M=51, R=3, S=3, N=4, P=4, Q=4)
    found = optimum(problem, machine, DUMMY)
    assert found.proven
    for other in OBJECTIVES.values():
        rival = optimum(problem, machine, other).evaluation
        assert DUMMY.rank((found.evaluation.cycles, found.evaluation.energy_pj)) <= DUMMY.rank(
            (rival.cycles, rival.energy_pj)
        )


def test_the_engine_knows_it_by_its_name(registered: None) -> None:
    layer = Layer(
        places=(Place(part="forward", layer="fc", times=1),),
        instance={"C": 4, "M": 3},
        depthwise=False,
        word_bits=16,
        lowered_as="matrix product",
    )
    search = Search(objective="ed3p")
    assert search.title == "optimum of ed3p"
    machine = grid(loops=ONE_OF_EACH)
    solved, found = solve(layer, machine, search), optimum(Problem(C=4, M=3), machine, DUMMY).evaluation
    assert (solved.cycles, solved.energy_pj) == (found.cycles, found.energy_pj)
