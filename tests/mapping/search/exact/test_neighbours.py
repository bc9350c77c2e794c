"""Neighbours by their places, against those that the cost model finds among the shifts of all PEs."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.cost.multicast import _served_by_neighbours, shifts_of
from costmodel.mapping.cost.nest import nest_of
from costmodel.mapping.machine import Constraints, LoopConstraint, Machine
from costmodel.mapping.problem import DATASPACES, Problem
from costmodel.mapping.search.exact.neighbours import neighbours
from costmodel.mapping.search.exact.spreads import arrangements, spreads
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.machines import fan_out, level

FAN = 1


def machine(across: int, down: int, *, listed: tuple[str, ...], split: int | None) -> Machine:
    levels = (level("pad", 9), fan_out("fan", across=across, down=down), level("store", None))
    loops = (
        LoopConstraint(target="fan", spatial=True, permutation=listed, split=split),
        LoopConstraint(target="pad", factors=tuple((dim, 1) for dim in "CMRSNPQ")),
    )
    constraints = Constraints(loops=loops, keep=(("store", DATASPACES),), bypass=(("fan", DATASPACES),))
    return Machine(
        name="mesh", levels=levels, mac_pj=1.0, mac_units=across * down, behaviour="D", constraints=constraints
    )


@settings(max_examples=60, deadline=None)
@given(
    across=st.integers(2, 6),
    down=st.integers(1, 4),
    listed=st.sampled_from([(), ("Q",), ("S", "Q"), ("C", "S")]),
    split=st.sampled_from([None, None, 1, 2]),
    layer=st.builds(
        Problem,
        C=st.integers(1, 2),
        M=st.integers(1, 2),
        P=st.integers(1, 2),
        Q=st.integers(1, 6),
        S=st.integers(1, 4),
        w_stride=st.integers(1, 2),
        w_dilation=st.integers(1, 3),
    ),
)
def test_every_move_that_a_neighbour_helps_with_is_known_and_no_other(
    across: int, down: int, listed: tuple[str, ...], split: int | None, layer: Problem
) -> None:
    space = mapspace_of(layer, machine(across, down, listed=listed, split=split))
    unit, moving = space.geometry.unit[INPUTS], [d for axis in space.geometry.terms[INPUTS] for _, d in axis]
    block = next(b for b, block in enumerate(space.blocks) if block.spatial)
    for spread in spreads(space):
        helped: set[int] = set()
        rest = [bound // chosen[block] for bound, chosen in zip(space.geometry.bounds, spread, strict=True)]
        whole = tuple((*chosen[:-1], left) for chosen, left in zip(spread, rest, strict=True))
        for pattern, across_first in arrangements(space, block, spread):
            dims = tuple(range(len(spread)))
            patterns = [pattern if b == block else dims for b in range(len(space.blocks))]
            levels = space.loops(whole, patterns, {block: across_first})
            assert levels is not None
            nest = nest_of(levels, len(spread))
            shifts = shifts_of(space.geometry, INPUTS, nest.spatial[FAN])
            helped |= set(_served_by_neighbours(shifts, max(across, nest.rows[FAN])))
        found = neighbours(space, spread, FAN, moving)
        said = {
            sign * sum(k * unit[d] for k, d in zip(apart, moving, strict=True))
            for apart, sign in product(found, (1, -1))
        }
        assert said == helped
