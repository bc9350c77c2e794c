"""Pieces of the cost of a mapping on small numbers: nests, boxes, moves, sharing, counters, energy, cycles."""

from __future__ import annotations

from fractions import Fraction

import pytest

from costmodel.errors import FormatError
from costmodel.mapping.cost.counters import Counters, access_energy, counters, throttled_cycles
from costmodel.mapping.cost.deltas import moves_of
from costmodel.mapping.cost.geometry import INPUTS, OUTPUTS, WEIGHTS, geometry_of
from costmodel.mapping.cost.mapping_cost import Accesses, Evaluation
from costmodel.mapping.cost.multicast import links_possible, sharing, shifts_of
from costmodel.mapping.cost.nest import LevelLoops, nest_of
from costmodel.mapping.cost.traffic import Traffic, first_touch
from costmodel.mapping.machine import Constraints, LoopConstraint, Machine, MapperSettings, StorageLevel
from costmodel.mapping.objective import EDP, EFFORTS, ENERGY, LATENCY, OBJECTIVES
from costmodel.mapping.problem import Problem
from costmodel.mapping.space.bypasses import bypass_space
from costmodel.mapping.space.factors import blocks_of, factor_space
from tests.mapping.machines import fan_out, grid, level

C, M, R, S, N, P, Q = range(7)


def test_boxes_of_a_window_with_a_stride_and_a_dilation() -> None:
    geometry = geometry_of(
        Problem(C=3, M=6, R=5, S=2, N=2, P=7, Q=4, w_stride=2, h_stride=3, w_dilation=1, h_dilation=4)
    )
    reach = (3, 2, 5, 2, 1, 7, 4)
    assert geometry.extents(WEIGHTS, reach) == [3, 2, 5, 2]
    # (5 - 1) + 2·(7 - 1) + 1 = 17 across, 4·(2 - 1) + 3·(4 - 1) + 1 = 14 down
    assert geometry.extents(INPUTS, reach) == [1, 3, 17, 14]
    assert geometry.extents(OUTPUTS, reach) == [1, 2, 4, 7]
    assert [geometry.size(v, reach) for v in (WEIGHTS, INPUTS, OUTPUTS)] == [60, 714, 56]
    assert geometry.axis[INPUTS] == (1, -1, 2, 3, 0, 2, 3)
    assert geometry.coefficient[INPUTS] == (1, 0, 1, 4, 1, 2, 3)


def test_a_nest_from_the_inside_out() -> None:
    nest = nest_of(
        [
            LevelLoops(temporal=((R, 3), (P, 1))), LevelLoops(temporal=((P, 2), (R, 5)), x=((C, 4), (M, 1)), y=((M, 2), (C, 3))),  # noqa: E501
            LevelLoops(temporal=((C, 7),)),
        ],
        7,
    )  # fmt: skip
    assert nest.temporal == ((R, 3, 1), (P, 2, 1), (R, 5, 3), (C, 7, 12))
    assert (nest.outside, nest.rows, nest.replication, nest.compute) == ((1, 3, 4), (1, 4, 1), (24, 1, 1), 210)
    assert nest.spatial == ((), ((C, 4, 1), (M, 2, 1), (C, 3, 4)), ())
    assert nest.master == ((1, 1, 1, 1, 1, 1, 1), (12, 2, 3, 1, 1, 1, 1), (12, 2, 15, 1, 1, 2, 1))
    assert nest.reach == ((1, 1, 3, 1, 1, 1, 1), (12, 2, 15, 1, 1, 2, 1), (84, 2, 15, 1, 1, 2, 1))


@pytest.mark.parametrize(
    ("loops", "extents", "words"),
    [
        # a tile of 2 positions: 3 tiles of P side by side, then M, which moves nothing of the inputs but P back
        ([(P, 3, 2)], [1, 1, 2, 1], 6), ([(P, 3, 2), (M, 4, 1)], [1, 1, 2, 1], 24), ([], [1, 1, 2, 1], 2),
        # a window of 3 over P: one new word for each step
        ([(P, 6, 1)], [1, 1, 3, 1], 3 + 5), ([(M, 6, 1)], [1, 1, 3, 1], 3), ([(M, 2, 1), (P, 4, 1)], [1, 1, 3, 1], 3 + 3 * 3),  # noqa: E501
        ([(P, 4, 1), (Q, 2, 1)], [1, 1, 3, 1], 3 + 3 + 3 + 3),
    ],
)  # fmt: skip
def test_words_that_cross_a_boundary(loops: list[tuple[int, int, int]], extents: list[int], words: int) -> None:
    geometry = geometry_of(Problem(C=1, M=8, R=3, P=8, Q=4))
    assert moves_of(geometry, INPUTS, loops, extents).traffic == words


def test_pes_that_want_the_same_words() -> None:
    geometry = geometry_of(Problem(C=4, M=6, R=3, P=8))
    assert sharing(geometry, WEIGHTS, [(M, 3, 1), (P, 2, 1)]).groups == 3
    assert sharing(geometry, OUTPUTS, [(C, 4, 1)]).groups == 1
    shared = sharing(geometry, INPUTS, [(R, 3, 1), (P, 4, 1)])
    # shifts 0 … 5, of 12 PEs: 1, 2, 3, 3, 2, 1 of them
    assert (shared.fanout, shared.groups, shared.sizes, len(shared.shifts)) == (12, 6, 3, 12)
    unit = geometry.unit[INPUTS][P]
    assert shifts_of(geometry, INPUTS, [(P, 3, 2), (M, 2, 1)]) == (0, 2 * unit, 4 * unit) * 2
    apart = sharing(geometry, INPUTS, [(P, 4, 1), (M, 2, 1)])
    assert (apart.groups, apart.sizes, apart.shifts) == (4, 1, ())


def test_neighbours_can_help_where_taps_and_positions_meet() -> None:
    geometry = geometry_of(Problem(C=4, M=6, R=3, P=8, Q=4))
    assert links_possible(geometry, INPUTS, [(R, 3, 1)], [(P, 8, 1)])
    assert links_possible(geometry, INPUTS, [(C, 4, 1)], [(P, 8, 1), (R, 3, 1)])
    assert not links_possible(geometry, INPUTS, [(C, 4, 1)], [(P, 8, 1), (P, 2, 8)])
    # no two dims meet on an axis of weights or outputs, nor on the inputs' height, where there is one tap
    assert not links_possible(geometry, WEIGHTS, [(R, 3, 1)], [(P, 8, 1)])
    assert not links_possible(geometry, INPUTS, [(Q, 4, 1)], [(M, 2, 1)])


def test_counters_of_what_is_kept_and_passed_on() -> None:
    traffic = Traffic(
        content=(100, 40, 10), per_child=(1, 3, 2), fills=(40, 20, 0), handed_on=(0, 5, 0), first_touch=(0, 0, 0)
    )
    assert counters(traffic, WEIGHTS, (0, 1, 2)) == (
        Counters(level=0, reads=100, fills=40, updates=0), Counters(level=1, reads=45, fills=25, updates=0),
        Counters(level=2, reads=10, fills=0, updates=0),
    )  # fmt: skip
    # level 0 keeps nothing: its 100 accesses go outwards, three for each
    assert counters(traffic, WEIGHTS, (1, 2))[0] == Counters(level=1, reads=305, fills=25, updates=0)
    assert counters(traffic, WEIGHTS, (2,)) == (Counters(level=2, reads=600, fills=0, updates=0),)
    outputs = Traffic(
        content=(100, Fraction(81, 2), 10),
        per_child=(1, 1, 1),
        fills=(40, 20, 0),
        handed_on=(0, 0, 0),
        first_touch=(30, 20, 10),
    )
    assert counters(outputs, OUTPUTS, (0, 1, 2)) == (
        Counters(level=0, reads=70, fills=40, updates=100), Counters(level=1, reads=21, fills=20, updates=41),
        Counters(level=2, reads=0, fills=0, updates=10),
    )  # fmt: skip


def test_words_are_rounded_up_once_for_each_kind_of_access() -> None:
    wide = StorageLevel(name="a", entries=1, words_per_access=4, read_pj=2.0, write_pj=3.0)
    assert access_energy(wide, Counters(level=0, reads=9, fills=5, updates=4)) == 3 * 2.0 + (2 + 1) * 3.0
    assert access_energy(wide, Counters(level=0, reads=0, fills=0, updates=0)) == 0


def throttled(read: float | None, write: float | None, *entries: Counters, compute: int = 100) -> int:
    one = StorageLevel(name="a", entries=1, read_pj=1, write_pj=1, read_bandwidth=read, write_bandwidth=write)
    free = StorageLevel(name="b", entries=1, read_pj=1, write_pj=1)
    return throttled_cycles(Machine(name="m", levels=(one, free), mac_pj=1, mac_units=1), compute, entries)


def test_no_level_moves_more_than_its_bandwidth() -> None:
    moved = Counters(level=0, reads=300, fills=100, updates=150)
    assert throttled(None, None, moved) == throttled(3, 2.5, moved) == 100
    assert throttled(2, None, moved) == 150
    assert throttled(None, 2, moved) == 125
    assert throttled(2, 2, moved) == 150
    assert throttled(2, 2, moved, moved) == 300
    assert throttled(7, None, Counters(level=0, reads=1000, fills=0, updates=0)) == 143
    assert throttled(1, 1, Counters(level=1, reads=300, fills=300, updates=0)) == 100
    assert throttled(1, 1, Counters(level=0, reads=0, fills=0, updates=0)) == 100


def test_outputs_that_are_touched_first() -> None:
    geometry = geometry_of(Problem(C=2, M=6, P=8))
    nest = nest_of(
        [
            LevelLoops(temporal=((P, 4),)),
            LevelLoops(temporal=((P, 2),), x=((M, 3),)),
            LevelLoops(temporal=((M, 2), (C, 2))),
        ],
        7,
    )
    # all 48 at the buffer, which goes through them; each of three PEs is the first at a third of those
    assert first_touch(geometry, nest) == (16, 48, 48)


def test_an_evaluation_by_level() -> None:
    rows = [("a", "Outputs", 1.5), ("a", "Weights", 2.0), ("b", "Inputs", 4.0)]
    accesses = tuple(
        Accesses(level=name, dataspace=space, reads=n, fills=n + 10, updates=n + 20, energy_pj=pj)
        for n, (name, space, pj) in enumerate(rows)
    )
    found = Evaluation(valid=True, energy_pj=8.5, mac_energy_pj=1.0, cycles=7, utilisation=0.5, accesses=accesses)
    assert found.energy_by_level == {"mac": 1.0, "a": 3.5, "b": 4.0}
    assert found.to_json() == {
        "valid": True, "because": "", "energy_pj": 8.5, "cycles": 7, "utilisation": 0.5,
        "levels": {
            "a": {"Weights": {"reads": 1, "fills": 11, "updates": 21, "energy_pj": 2.0},
                  "Outputs": {"reads": 0, "fills": 10, "updates": 20, "energy_pj": 1.5}},
            "b": {"Inputs": {"reads": 2, "fills": 12, "updates": 22, "energy_pj": 4.0}},
        },
    }  # fmt: skip
    assert list(found.to_json()["levels"]["a"]) == ["Weights", "Outputs"]


def test_objectives() -> None:
    assert list(OBJECTIVES) == ["latency", "energy", "edp"]
    assert [o.rank((3, 5.0)) for o in (LATENCY, ENERGY, EDP)] == [(3, 5.0), (5.0, 3), (15.0, 3)]
    assert [o.fewest_cycles for o in (LATENCY, ENERGY, EDP)] == [True, False, False]
    assert EFFORTS == ("exact", "fast", "prove")
    assert LATENCY.beyond((4, 0.0), (3, 9.0))
    assert not LATENCY.beyond((3, 99.0), (3, 9.0))
    # sums that were added in another order are the same
    assert not ENERGY.beyond((1, 1.0 + 1e-13), (1, 1.0))
    assert ENERGY.beyond((1, 1.0 + 1e-11), (1, 1.0))


def test_machines() -> None:
    assert [one.fans_out for one in (level("a", 1), level("a", 1, across=2), fan_out("a", down=3))] == [
        False,
        True,
        True,
    ]
    assert MapperSettings() == MapperSettings(threads=8, timeout=200, victory=200, max_permutations=8, tolerance=0.001)
    wanted = LoopConstraint(target="a", spatial=True, split=2)
    constraints = Constraints(loops=(LoopConstraint(target="a"), wanted))
    assert constraints.of("a", spatial=True) == wanted
    assert constraints.of("b", spatial=True) == LoopConstraint(target="b", spatial=True)
    machine = grid()
    assert [(b.level, b.spatial) for b in blocks_of(machine, constraints)] == [
        (0, False), (1, True), (2, False), (3, True), (4, True), (4, False), (5, False),
    ]  # fmt: skip


def test_what_may_be_kept_where() -> None:
    levels = (level("a", 8), level("b", 8), level("c", None))
    machine = Machine(name="m", levels=levels, mac_pj=1, mac_units=1)
    constraints = Constraints(
        keep=(("c", ("Weights", "Inputs", "Outputs")), ("a", ("Weights",))),
        bypass=(("a", ("Inputs",)), ("b", ("Inputs", "Outputs"))),
    )
    space = bypass_space(machine, constraints)
    assert (space.always, space.free) == (((0, 2), (2,), (2,)), ((0, 2), (1, 0)))
    assert space.anywhere == ((0, 1, 2), (2,), (0, 2))
    assert space.choices == (
        ((0, 2), (2,), (2,)), ((0, 2), (2,), (0, 2)), ((0, 1, 2), (2,), (2,)), ((0, 1, 2), (2,), (0, 2)),
    )  # fmt: skip
    assert space.by_dataspace == (((0, 2), (0, 1, 2)), ((2,),), ((2,), (0, 2)))


def test_factors_with_a_most() -> None:
    loops = (LoopConstraint(target="a", most=(("C", 2),)), LoopConstraint(target="b", factors=(("M", 3),)))
    machine = Machine(name="m", levels=(level("a", 8), level("b", None)), mac_pj=1, mac_units=1)
    space = factor_space(Problem(C=8, M=6), blocks_of(machine, Constraints(loops=loops)))
    assert space.by_dim[0] == ((1, 8), (2, 4))
    assert space.by_dim[1] == ((2, 3),)
    assert space.size == 2


def test_a_dimension_ends_where_timeloops_do() -> None:
    assert Problem(C=2**31 - 1).C == 2_147_483_647
    with pytest.raises(FormatError, match=r"^problem: C is 2147483648; Timeloop's dimensions end at 2147483647$"):
        Problem(C=2**31)
