"""The closed forms of traffic against Timeloop's recursion, on random nests."""

from __future__ import annotations

from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.mapping.cost.deltas import moves_of
from costmodel.mapping.cost.geometry import geometry_of
from costmodel.mapping.cost.gradient_deltas import gradient_traffic
from costmodel.mapping.cost.nest import LevelLoops, Nest, nest_of
from costmodel.mapping.cost.traffic import traffic_of
from costmodel.mapping.problem import DATASPACES, Problem
from tests.mapping.lab import simple_weight_stationary
from tests.mapping.recursion import GradientRule, TranslationRule, fan_out, invocations, words

quick = settings(derandomize=True, deadline=None, max_examples=150)
LAB, GLB = simple_weight_stationary(), 4


@st.composite
def nests(draw: st.DrawFn) -> tuple[Problem, Nest]:
    """A random nest of at most nine loops, six of them temporal, and the problem that it runs."""
    depthwise = draw(st.booleans())
    dims = "CRSNPQ" if depthwise else "CMRSNPQ"
    loop = st.tuples(st.integers(0, len(dims) - 1), st.integers(2, 4))
    temporal: list[list[tuple[int, int]]] = [[] for _ in range(6)]
    for one in draw(st.lists(loop, max_size=6)):
        temporal[draw(st.integers(0, 5))].append(one)
    x = draw(st.lists(loop, max_size=2, unique_by=lambda o: o[0]))
    taken = {dim for dim, _ in x}
    y = [o for o in draw(st.lists(loop, max_size=2, unique_by=lambda o: o[0])) if o[0] not in taken]
    bounds = dict.fromkeys(range(len(dims)), 1)
    for dim, bound in [*x, *y, *(o for level in temporal for o in level)]:
        bounds[dim] *= bound
    small = st.integers(1, 3)
    problem = Problem(
        **{dims[d]: bound for d, bound in bounds.items()},
        w_stride=draw(small),
        h_stride=draw(small),
        w_dilation=draw(small),
        h_dilation=draw(small),
        depthwise=depthwise,
    )
    levels = [
        LevelLoops(temporal=tuple(t), x=tuple(x) if s == GLB else (), y=tuple(y) if s == GLB else ())
        for s, t in enumerate(temporal)
    ]
    return problem, nest_of(levels, len(dims))


@pytest.mark.parametrize("v", range(3))
@quick
@given(case=nests())
def test_words_over_every_boundary_are_those_of_the_recursion(v: int, case: tuple[Problem, Nest]) -> None:
    problem, nest = case
    geometry = geometry_of(problem)
    for s in range(5):
        loops, extents = nest.temporal[nest.outside[s] :], geometry.extents(v, nest.reach[s])
        d = words(geometry, v, loops, extents, TranslationRule())
        a = words(geometry, v, loops, extents, GradientRule())
        assert moves_of(geometry, v, loops, extents).traffic == d
        assert gradient_traffic(geometry, v, loops, extents) == a
        assert d >= a


@pytest.mark.parametrize("v", range(3))
@settings(quick, max_examples=400)
@given(case=nests())
def test_multicast_and_links_are_those_of_single_pes(v: int, case: tuple[Problem, Nest]) -> None:
    problem, nest = case
    if not nest.spatial[GLB]:
        return
    geometry = geometry_of(problem)
    loops, extents = nest.temporal[nest.outside[GLB - 1] :], geometry.extents(v, nest.reach[GLB - 1])
    found = list(invocations(geometry, v, loops, extents, TranslationRule()))
    accesses, delivered, handed_on = fan_out(geometry, v, nest.spatial[GLB], nest.rows[GLB], found)
    traffic = traffic_of(geometry, LAB, nest, v)
    pes = prod(bound for _, bound, _ in nest.spatial[GLB])
    assert traffic.content[GLB] == accesses
    assert traffic.fills[GLB - 1] * pes == delivered
    assert traffic.handed_on[GLB - 1] * pes == handed_on
    assert traffic.per_child[GLB] * delivered == accesses * pes


@quick
@given(case=nests())
def test_everything_is_touched_once(case: tuple[Problem, Nest]) -> None:
    problem, nest = case
    for v, name in enumerate(DATASPACES):
        touched = traffic_of(geometry_of(problem), LAB, nest, v).first_touch
        assert touched[-1] == (geometry_of(problem).size(v, nest.reach[-1]) if name == "Outputs" else 0)


def test_a_neighbour_hands_on_what_it_had() -> None:
    # Three taps side by side; when the position advances, each PE needs what its right neighbour had: of the 3·4
    # words only those of the first position and one for each of the three further ones come from outside.
    problem = Problem(R=3, P=4, depthwise=True)
    empty = LevelLoops(temporal=())
    levels = [empty, empty, empty, empty, LevelLoops(temporal=((4, 4),), x=((1, 3),)), empty]
    traffic = traffic_of(geometry_of(problem), LAB, nest_of(levels, 6), 1)
    assert traffic.content[GLB] == 3 + 3
    assert traffic.fills[GLB - 1] * 3 == 3 + 3
    assert traffic.handed_on[GLB - 1] * 3 == 2 * 3
    without = traffic_of(geometry_of(problem), simple_weight_stationary("A"), nest_of(levels, 6), 1)
    assert without.content[GLB] == 3 * 4
