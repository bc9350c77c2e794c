"""Where climbs from the same starts end, and what they cost: recorded, as nothing else says that they are as good.

A search without a proof has no right result, only the one that it gives every time. A number here changes only where
the climb, its moves, its starts or its budget do, and then it shows whether the search has become better or worse.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from costmodel.mapping.machine import LoopConstraint, Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import EDP, ENERGY, LATENCY, OBJECTIVES, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.local import climb
from costmodel.mapping.search.local.climb import IDLE, NESTS, Climber, local_front
from costmodel.mapping.search.local.neighbours import MapspacePoint, kicked
from costmodel.mapping.search.local.starts import starting_points
from costmodel.mapping.space.mapspace import mapspace_of
from tests.mapping.lab import simple_weight_stationary
from tests.mapping.machines import grid, stack

LIMITED = (
    LoopConstraint(target="column", spatial=True, factors=(("M", 1), ("R", 1), ("S", 1)), permutation=("Q",), split=9),
    LoopConstraint(target="spad", most=(("C", 2), ("M", 2)), factors=(("N", 1),)),
)
SPLIT = (
    LoopConstraint(target="column", spatial=True, permutation=("Q", "C"), split=2),
    LoopConstraint(target="buffer", permutation=("P",), factors=(("C", 1),)),
)
ROWS = (LoopConstraint(target="fan", spatial=True, factors=(("C", 1),)),)


@dataclass(frozen=True)
class Climb:
    """One search, and its end: places that were looked at, cost, mapping."""

    problem: Problem
    machine: Machine
    objective: Objective
    places: int
    cycles: int
    energy_pj: float
    mapping: str


CLIMBS = (
    Climb(
        Problem(C=16, M=24, R=3, S=3, P=12, Q=12),
        grid(free=True),
        EDP,
        375,
        20736,
        8675424.0,
        "store[WIO] P3 M8 C16 S3 - buffer[I] Q2X - column[] Q2X P2X - local[IO] P2 M3 - row[] Q3Y - spad[IO] R3",
    ),
    Climb(
        Problem(C=12, M=6, R=3, P=8, Q=4, w_stride=2),
        grid("E", loops=LIMITED),
        ENERGY,
        397,
        864,
        184044.0,
        "store[WIO] Q2 C2 - buffer[IO] R3 P2X - column[] P2X - local[I] M3 C3 - row[] M2Y - spad[WO] Q2 P2 C2",
    ),
    Climb(
        Problem(C=12, M=6, R=3, P=8, Q=4, w_stride=2),
        grid("B", loops=SPLIT),
        LATENCY,
        441,
        400,
        158028.0,
        "store[WIO] C12 - buffer[IO] M2X - column[] Q4X - local[I] R3 - row[] M3Y - spad[WO] P8",
    ),
    Climb(
        Problem(C=8, R=3, S=3, P=8, Q=8, depthwise=True),
        simple_weight_stationary(),
        ENERGY,
        329,
        120,
        262774.8588450251,
        "DRAM[WIO] C4 P4 - shared_glb[I] P2 R3Y S3Y C2X Q8X - pe_spad[W] - weight_reg[W] - input_activation_reg[I] - "
        "output_activation_reg[O]",
    ),
)


@pytest.mark.parametrize("found", CLIMBS, ids=lambda one: one.mapping)
def test_a_climb_ends_where_it_ended(found: Climb) -> None:
    space = mapspace_of(found.problem, found.machine)
    front: Front[Mapping] = Front(found.objective)
    climber = Climber(space=space, objective=found.objective, left=250, front=front)
    best = climber.run(starting_points(space, 6))
    assert best is not None
    cycles, energy = climber.seen[best] or (0, 0.0)
    assert (climber.left, len(climber.seen), cycles) == (0, found.places, found.cycles)
    assert energy == pytest.approx(found.energy_pj, rel=1e-12)
    assert {str(mapping) for cost, mapping in front.points if cost == (cycles, energy)} == {found.mapping}


def test_a_search_ends_after_so_many_kicks_that_met_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    space = mapspace_of(Problem(C=4, M=2), stack("D", pad=6, buffer=20, loops=ROWS))
    climber = Climber(space=space, objective=ENERGY, left=10_000, front=Front(ENERGY))
    left: list[int] = []

    def counted(*given: object) -> MapspacePoint:
        left.append(climber.left)
        return kicked(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(climb, "kicked", counted)
    starts = starting_points(space, 6)
    best = climber.run(starts)
    # all there are: M in one of 4 blocks, C = 4 over three of them in 6 ways; C and M in the buffer or in the store
    # have two orders each (3 + 3 more), and M on the fan lies along X or along Y (6 more)
    assert (len(starts), 10_000 - climber.left) == (2, 36)
    assert left.count(climber.left) == IDLE == len(left) - left.index(climber.left)
    assert best is not None
    cycles, energy = climber.seen[best] or (0, 0.0)
    assert cycles == 8
    assert energy == pytest.approx(725.3)


@pytest.mark.parametrize("objective", [LATENCY, EDP, None])
def test_the_budget_is_shared_out(objective: Objective | None, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[str, int, int]] = []

    def run(climber: Climber, starts: list[MapspacePoint]) -> MapspacePoint | None:
        runs.append((climber.objective.name, climber.left, len(starts)))
        return starts[0]

    monkeypatch.setattr(Climber, "run", run)
    local_front(Problem(C=16, M=24, R=3), grid(), Front(objective), 5)
    assert NESTS == 6000
    if objective is None:
        # every search starts from what was best for those before, too
        assert runs == [(name, 400, 6 + number) for number, name in enumerate(OBJECTIVES)]
    elif objective is LATENCY:
        assert runs == [("latency", 1200, 6)]
    else:
        assert runs == [("latency", 600, 6), (objective.name, 600, 7)]
