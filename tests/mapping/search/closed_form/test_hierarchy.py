"""The hierarchy that the closed form knows: the lab's, and nothing that differs from it where the proof rests on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from costmodel.mapping.machine import Constraints, LoopConstraint, Machine
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.hierarchy import all_spreads, recognised, widest_spreads
from tests.mapping.lab import simple_weight_stationary
from tests.mapping.machines import grid, level, stack

LAB = simple_weight_stationary()


def levelled(s: int, **given: Any) -> Machine:
    levels = list(LAB.levels)
    levels[s] = replace(levels[s], **given)
    return replace(LAB, levels=tuple(levels))


def constrained(changed: Callable[[Constraints], Constraints]) -> Machine:
    return replace(LAB, constraints=changed(LAB.constraints), depthwise_constraints=changed(LAB.depthwise_constraints))


def looped(target: str, spatial: bool = False, **given: Any) -> Machine:
    """The lab's with one thing about a block of loops said otherwise."""

    def changed(constraints: Constraints) -> Constraints:
        own = replace(constraints.of(target, spatial=spatial), **given)
        others = [one for one in constraints.loops if (one.target, one.spatial) != (target, spatial)]
        return replace(constraints, loops=(*others, own))

    return constrained(changed)


def kept(name: str, keep: tuple[str, ...], bypass: tuple[str, ...]) -> Machine:
    def changed(constraints: Constraints) -> Constraints:
        return replace(
            constraints,
            keep=(*(pair for pair in constraints.keep if pair[0] != name), (name, keep)),
            bypass=(*(pair for pair in constraints.bypass if pair[0] != name), (name, bypass)),
        )

    return constrained(changed)


ALL = ("Weights", "Inputs", "Outputs")
OTHERS = {
    "a level more": replace(LAB, levels=(*LAB.levels, level("disk", None))),
    "a level less": replace(LAB, levels=LAB.levels[1:]),
    "another register size": levelled(0, entries=2),
    "another weight register": levelled(2, entries=2),
    "an outermost level with an end": levelled(5, entries=10**6),
    "a scratchpad without end": levelled(3, entries=None),
    "a buffer without end": levelled(4, entries=None),
    "a buffer that feeds one PE": levelled(4, fanout_x=1, fanout_y=1),
    "a scratchpad that fans out": levelled(3, fanout_x=2),
    "a store that fans out": levelled(5, fanout_y=2),
    "a slow scratchpad": levelled(3, read_bandwidth=1),
    "a slow register": levelled(0, write_bandwidth=1),
    "a slow store": levelled(5, write_bandwidth=1),
    "a buffer that always keeps inputs": kept("shared_glb", ("Inputs",), ()),
    "a buffer that never keeps inputs": kept("shared_glb", (), ("Inputs",)),
    "inputs in the scratchpad": kept("pe_spad", ("Weights", "Inputs"), ("Outputs",)),
    "a largest factor": looped("DRAM", most=(("C", 2),)),
    "a factor more": looped("DRAM", factors=(("R", 1), ("S", 1), ("C", 1))),
    "a factor less": looped("DRAM", factors=(("R", 1),)),
    "another factor": looped("weight_reg", factors=(("C", 2), ("M", 1), ("R", 1), ("S", 1))),
    "another order": looped("pe_spad", permutation=tuple("QPRS")),
    "an order outside": looped("DRAM", permutation=("P",)),
    "another spread order": looped("shared_glb", spatial=True, permutation=("M", "C")),
    "another split": looped("shared_glb", spatial=True, split=2),
    "P spread": looped("shared_glb", spatial=True, factors=(("C", 16), ("M", 16), ("P", 2), ("R", 1))),
    "a grid": grid(),
    "a stack": stack("D", pad=6, buffer=20),
}


@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("name", OTHERS)
def test_another_machine_is_not_known(name: str, depthwise: bool) -> None:
    assert not recognised(OTHERS[name], depthwise=depthwise)


@pytest.mark.parametrize("depthwise", [False, True])
def test_whatever_the_proof_does_not_rest_on_may_differ(depthwise: bool) -> None:
    for machine in (
        LAB,
        simple_weight_stationary("A"),
        levelled(3, entries=7, words_per_access=2, read_pj=3.0),
        levelled(4, entries=100, fanout_x=3, fanout_y=1, read_bandwidth=None, write_bandwidth=2),
        levelled(5, words_per_access=8),
        replace(LAB, mac_pj=1.0, name="m", mac_units=3),
    ):
        assert recognised(machine, depthwise=depthwise)


def test_the_constraints_that_count_are_those_of_the_kind_of_layer() -> None:
    mixed = replace(LAB, depthwise_constraints=LAB.constraints)
    assert recognised(mixed, depthwise=False)
    assert not recognised(mixed, depthwise=True)
    given = LoopConstraint(target="shared_glb", spatial=True, factors=(("C", 16),))
    spread = replace(LAB.depthwise_constraints, loops=(*LAB.depthwise_constraints.loops, given))
    assert not recognised(replace(LAB, depthwise_constraints=spread), depthwise=True)


def test_spreads_by_the_pes_that_they_use() -> None:
    # the lab wants C16 and M16; 8 does not reach 16 and becomes the whole bound, 24 is not divided by 16 and is free
    assert [(s.of("C"), s.of("M"), s.of("N"), s.width) for s in all_spreads(Problem(C=8, M=16, N=2), LAB)] == [
        (8, 16, 1, 128)
    ]
    found = [(s.of("C"), s.of("M"), s.of("N")) for s in all_spreads(Problem(C=3, M=24, N=3), LAB)]
    # M·N on 16 rows: M of 1 2 3 4 6 8 12, N of 1 3
    right = [(3, 12, 1), (3, 4, 3), (3, 3, 3), (3, 8, 1), (3, 2, 3), (3, 6, 1), (3, 4, 1), (3, 1, 3), (3, 3, 1)]
    assert sorted(found) == sorted([*right, (3, 2, 1), (3, 1, 1)])
    widths = [s.width for s in all_spreads(Problem(C=3, M=24, N=3), LAB)]
    assert widths == sorted(widths, reverse=True)
    assert [(s.of("M"), s.of("N"), s.on_x) for s in widest_spreads(Problem(C=3, M=24, N=3), LAB)] == [
        (4, 3, ("C",)),
        (12, 1, ("C",)),
    ]
