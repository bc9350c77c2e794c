"""The front against the definition: what no other cost beats in both cycles and energy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.mapping.objective import LATENCY, OBJECTIVES, Objective
from costmodel.mapping.search.front import Front

costs = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 8).map(float)), min_size=1, max_size=12)


def non_dominated(found: list[tuple[int, float]]) -> list[tuple[int, float]]:
    beaten = [one for one in found for c, e in found if c <= one[0] and e <= one[1] and (c, e) != one]
    return sorted({one for one in found if one not in beaten})


@settings(derandomize=True)
@given(found=costs)
def test_the_front_is_what_nothing_beats(found: list[tuple[int, float]]) -> None:
    front: Front[int] = Front()
    for number, (cycles, energy) in enumerate(found):
        open_to = front.open_to(cycles, energy)
        assert front.offer(cycles, energy, number) is open_to
    assert [cost for cost, _ in front.points] == non_dominated(found)
    assert all(found[number] == cost for cost, number in front.points)
    for objective in OBJECTIVES.values():
        best = min(found, key=lambda cost: objective.rank(cost))
        assert objective.rank(found[front.best(objective)]) == objective.rank(best)


@settings(derandomize=True)
@given(known=costs, new=costs)
def test_survivors_are_what_an_offer_would_leave(known: list[tuple[int, float]], new: list[tuple[int, float]]) -> None:
    front: Front[int] = Front()
    for cycles, energy in known:
        front.offer(cycles, energy, 0)
    columns = np.array(new, dtype=np.float64).T
    left = {new[number] for number in front.survivors(columns[0], columns[1])}
    assert left == set(non_dominated([*known, *new])) - set(known)


@settings(derandomize=True)
@given(known=costs, bound=costs, objective=st.sampled_from([*OBJECTIVES.values(), None]))
def test_what_is_hopeless_changes_nothing(
    known: list[tuple[int, float]], bound: list[tuple[int, float]], objective: Objective | None
) -> None:
    front: Front[int] = Front(objective)  # sampled from the objectives
    for cycles, energy in known:
        front.offer(cycles, energy, 0)
    for cycles, energy in bound:
        if front.hopeless(cycles, energy):
            if objective is None:
                assert non_dominated([*known, (cycles, energy)]) == non_dominated(known)
            else:
                best = min(objective.rank(cost) for cost in known)
                assert best <= objective.rank((cycles, energy))


@settings(derandomize=True)
@given(known=costs, bound=costs, objective=st.sampled_from([*OBJECTIVES.values(), None]))
def test_the_promising_are_those_that_are_not_hopeless(
    known: list[tuple[int, float]], bound: list[tuple[int, float]], objective: Objective | None
) -> None:
    front: Front[int] = Front(objective)
    for cycles, energy in known[1:]:
        front.offer(cycles, energy, 0)
    columns = np.array([*bound, (1.0, np.inf), (np.inf, 1.0)], dtype=np.float64).T
    found = front.promising(columns[0], columns[1])
    assert set(found) == {number for number, one in enumerate(bound) if not front.hopeless(*one)}
    ranks = [objective.rank(bound[number]) if objective is not None else bound[number] for number in found]
    assert ranks == sorted(ranks)


def test_a_sum_in_another_order_is_the_same_energy() -> None:
    front: Front[str] = Front()
    front.offer(4, 0.1 + 0.2 + 0.3, "first")
    assert not front.offer(5, 0.3 + 0.2 + 0.1, "an ulp less and slower")
    assert front.offer(3, 0.3 + 0.2 + 0.1, "faster")
    assert [chosen for _, chosen in front.points] == ["faster"]


def test_an_empty_front_has_no_best() -> None:
    with pytest.raises(ValueError, match="empty"):
        Front[int]().best(LATENCY)
