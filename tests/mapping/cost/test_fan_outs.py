"""Several fan-outs and levels without storage, boundary by boundary, against Timeloop's recursion on single PEs."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.cost.geometry import OUTPUTS, geometry_of
from costmodel.mapping.cost.nest import LevelLoops, Nest, nest_of
from costmodel.mapping.cost.traffic import round_half_up, traffic_of
from costmodel.mapping.machine import Behaviour, Constraints, Machine
from costmodel.mapping.mapping import LevelMapping, Loop, Mapping
from costmodel.mapping.problem import DATASPACES, Problem
from tests.mapping import machines
from tests.mapping.machines import grid, level
from tests.mapping.recursion import TranslationRule, fan_out, invocations, words

GRID = grid()
FANS = {1: (1, 3), 3: (4, 1), 4: (2, 1)}
"""By level: how wide X and Y are."""


@st.composite
def nests(draw: st.DrawFn) -> tuple[Problem, list[LevelLoops]]:
    """A problem and loops for the grid: at most five temporal loops, at most one spatial loop a fan-out."""
    depthwise = draw(st.booleans())
    dims = "CRSNPQ" if depthwise else "CMRSNPQ"
    number = st.integers(0, len(dims) - 1)
    temporal: list[list[tuple[int, int]]] = [[] for _ in GRID.levels]
    for _ in range(draw(st.integers(0, 5))):
        temporal[draw(st.sampled_from([0, 2, 4, 5]))].append((draw(number), draw(st.integers(2, 3))))
    x: dict[int, tuple[tuple[int, int], ...]] = {}
    y: dict[int, tuple[tuple[int, int], ...]] = {}
    for s, (across, down) in FANS.items():
        for chosen, width in ((x, across), (y, down)):
            if width > 1 and draw(st.booleans()):
                chosen[s] = ((draw(number), draw(st.integers(2, width))),)
    bounds = dict.fromkeys(range(len(dims)), 1)
    for dim, bound in [o for part in (*temporal, *x.values(), *y.values()) for o in part]:
        bounds[dim] *= bound
    small = st.integers(1, 2)
    problem = Problem(
        **{dims[d]: bound for d, bound in bounds.items()},
        w_stride=draw(small),
        h_stride=draw(small),
        w_dilation=draw(small),
        depthwise=depthwise,
    )
    return problem, [LevelLoops(temporal=tuple(t), x=x.get(s, ()), y=y.get(s, ())) for s, t in enumerate(temporal)]


def boundary(problem: Problem, nest: Nest, v: int, s: int) -> tuple[int, Fraction, Fraction]:
    """Over the outer boundary of level s: accesses of an instance of level s + 1, words that one child receives.

    And words that all children there are hand on, each its share of one parent's.
    """
    geometry = geometry_of(problem)
    loops, extents = nest.temporal[nest.outside[s] :], geometry.extents(v, nest.reach[s])
    if not nest.spatial[s + 1]:
        found = words(geometry, v, loops, extents, TranslationRule())
        return found, Fraction(found), Fraction(0)
    moves = list(invocations(geometry, v, loops, extents, TranslationRule()))
    accesses, delivered, handed_on = fan_out(geometry, v, nest.spatial[s + 1], nest.rows[s + 1], moves)
    children = prod(bound for _, bound, _ in nest.spatial[s + 1])
    return accesses, Fraction(delivered, children), Fraction(handed_on, nest.replication[s])


@pytest.mark.parametrize("v", range(3))
@settings(derandomize=True, deadline=None, max_examples=200)
@given(case=nests())
def test_every_boundary_is_the_recursions(v: int, case: tuple[Problem, list[LevelLoops]]) -> None:
    problem, levels = case
    nest = nest_of(levels, len(problem.dims))
    traffic = traffic_of(geometry_of(problem), GRID, nest, v)
    for s in range(len(GRID.levels) - 1):
        accesses, received, handed_on = boundary(problem, nest, v, s)
        assert traffic.content[s + 1] == accesses
        assert traffic.fills[s] == pytest.approx(float(received), rel=1e-15)  # as Timeloop, in floating point
        assert traffic.handed_on[s] == handed_on


@settings(derandomize=True, deadline=None, max_examples=100)
@given(case=nests(), behaviour=st.sampled_from(["D", "E"]))
def test_levels_without_storage_pass_on_what_they_are_asked(
    case: tuple[Problem, list[LevelLoops]], behaviour: Behaviour
) -> None:
    """The grid's counters put together by hand: what crosses each boundary, times what each fan-out shares."""
    problem, levels = case
    nest = nest_of(levels, len(problem.dims))
    found = evaluate(problem, grid(behaviour), mapping_of(problem, levels))
    if not found.valid:
        return
    by_place = {(a.level, a.dataspace): a for a in found.accesses}
    asked = {}
    for v in range(3):
        for s in range(len(GRID.levels) - 1):
            asked[v, s] = boundary(problem, nest, v, s)
    # weights: spad → (row → local → column → buffer) → store; each step multiplies what its fan-out does not share
    crossing = Fraction(asked[0, 0][0])
    for s in (1, 2, 3, 4):
        accesses, received, _ = asked[0, s]
        crossing *= Fraction(accesses) / received
    assert by_place["store", "Weights"].reads == crossing
    assert by_place["spad", "Weights"].fills == asked[0, 0][1]
    # inputs: spad does not keep them; local does, and under the columns its neighbours hand some on
    crossing = nest.compute * Fraction(asked[1, 0][0]) / asked[1, 0][1] * (Fraction(asked[1, 1][0]) / asked[1, 1][1])
    assert by_place["local", "Inputs"].reads == round_half_up(crossing + asked[1, 2][2])
    assert by_place["local", "Inputs"].fills == int(asked[1, 2][1] + asked[1, 2][2])
    outputs = by_place["spad", "Outputs"]
    new = traffic_of(geometry_of(problem), GRID, nest, OUTPUTS).first_touch[0]
    assert (outputs.updates, outputs.reads) == (nest.compute, nest.compute - new)
    assert outputs.fills == max(0, int(asked[2, 0][1]) - (new if behaviour == "E" else 0))
    slowest = max(
        max((a.reads for a in found.accesses if a.level == "spad"), default=0) / 4,
        sum(a.fills + a.updates for a in found.accesses if a.level == "local") / 2,
        nest.compute,
    )
    assert found.cycles >= slowest


def mapping_of(problem: Problem, levels: list[LevelLoops]) -> Mapping:
    kept = {"spad": ("Weights", "Outputs"), "local": ("Inputs",), "buffer": ("Inputs", "Outputs"), "store": DATASPACES}
    entries = []
    for place, loops in zip(reversed(GRID.levels), reversed(levels), strict=True):
        found = [Loop(dim=problem.dims[d], bound=n) for d, n in reversed(loops.temporal)]
        found += [Loop(dim=problem.dims[d], bound=n, spatial="Y") for d, n in reversed(loops.y)]
        found += [Loop(dim=problem.dims[d], bound=n, spatial="X") for d, n in reversed(loops.x)]
        entries.append(LevelMapping(target=place.name, keep=kept.get(place.name, ()), loops=tuple(found)))
    return Mapping(levels=tuple(entries))


def test_words_received_are_cut_off_where_timeloop_cuts_them_off() -> None:
    """Release 3.0.3 of Timeloop says 1 fill of each of the PEs' registers, though 5/3 fetched and 1/3 handed on are 2.

    Its sum is 2/3 + 3/3 + 1/3 in floating point, which is a bit less (``parent_access_share`` and ``peer_fills`` of
    tiling.cpp); found by its mapper on a random machine.
    """
    problem = Problem(R=3, S=2, P=3, Q=2, h_dilation=2)
    machine = Machine(
        name="three by four",
        levels=(
            level("pad", 4),
            machines.fan_out("row", across=3, down=2),
            level("local", 4),
            machines.fan_out("column", across=4),
            level("store", None),
        ),
        mac_pj=0.5,
        mac_units=24,
        behaviour="E",
        constraints=Constraints(loops=()),
    )
    mapping = Mapping.from_json(
        [
            {"target": "store", "keep": ["Weights", "Inputs", "Outputs"], "loops": [{"dim": "R", "bound": 3}]},
            {
                "target": "column",
                "keep": [],
                "loops": [{"dim": "Q", "bound": 2, "spatial": "X"}, {"dim": "S", "bound": 2, "spatial": "X"}],
            },
            {"target": "local", "keep": ["Inputs"], "loops": []},
            {"target": "row", "keep": [], "loops": [{"dim": "P", "bound": 3, "spatial": "X"}]},
            {"target": "pad", "keep": ["Weights", "Inputs"], "loops": []},
        ]
    )
    found = evaluate(problem, machine, mapping)
    assert {(a.level, a.dataspace): (a.reads, a.fills, a.updates) for a in found.accesses} == {
        ("pad", "Weights"): (3, 3, 0),
        ("pad", "Inputs"): (3, 1, 0),
        ("local", "Inputs"): (5, 5, 0),
        ("store", "Weights"): (6, 0, 0),
        ("store", "Inputs"): (20, 0, 0),
        ("store", "Outputs"): (12, 0, 18),
    }
