"""How many steps a proof takes, and with which mapping it ends: recorded, so that a weaker bound shows.

A bound that is too high loses a mapping, which ``test_search`` notices. One that is too low loses nothing but time: the
same mapping is found, after more tiles, tables and nests. These numbers change only where the search does.
"""

from __future__ import annotations

import pytest

from costmodel.mapping.machine import Constraints, LoopConstraint, Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import ENERGY
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.exact import search
from costmodel.mapping.search.exact.branching import Steps
from costmodel.mapping.search.exact.search import proven_front
from costmodel.mapping.search.front import Front
from tests.mapping.lab import simple_weight_stationary
from tests.mapping.machines import fan_out, level, stack

MOST = 10_000
REGISTERS = "weight_reg[W] - input_activation_reg[I] - output_activation_reg[O]"
SPREAD = (
    LoopConstraint(target="fan", spatial=True, factors=(("C", 1), ("S", 1), ("Q", 1)), permutation=("R",)),
    LoopConstraint(target="pad", factors=(("N", 1), ("Q", 1))),
)
LISTED = (
    LoopConstraint(target="fan", spatial=True, factors=(("M", 1), ("S", 1)), permutation=("P", "R"), split=1),
    LoopConstraint(target="buffer", permutation=("R", "P", "M"), most=(("C", 2),)),
    LoopConstraint(target="store", permutation=("Q", "C", "P")),
)
EVERY = ("Weights", "Inputs", "Outputs")
TWO_FAN_OUTS = Constraints(
    keep=(("pad", ("Inputs",)), ("buffer", ("Inputs", "Outputs")), ("store", EVERY)),
    bypass=(("pad", ("Weights", "Outputs")), ("buffer", ("Weights",)), ("fan", EVERY), ("outer fan", EVERY)),
)
CASES = {
    "a window over two fan-outs": (
        Problem(M=2, R=2, S=3, P=4, Q=2),
        Machine(
            name="two fan-outs",
            levels=(
                level("pad", 4),
                fan_out("fan", across=2),
                level("buffer", 8),
                fan_out("outer fan", across=2, down=2),
                level("store", None),
            ),
            mac_pj=0.1,
            mac_units=8,
            behaviour="D",
            constraints=TWO_FAN_OUTS,
        ),
    ),
    "two windows": (Problem(M=2, R=2, S=2, P=4, Q=2), stack("D", pad=9, loops=SPREAD)),
    "a window with a stride, throttled": (
        Problem(R=3, S=2, P=4, Q=3, w_stride=2),
        stack("E", pad=12, bandwidth=1, loops=SPREAD),
    ),
    "taps apart, no reduction outside": (
        Problem(M=3, R=2, P=4, h_dilation=2, w_dilation=3),
        stack("B", pad=6, buffer=60),
    ),
    "a listed order": (Problem(C=4, M=2, R=3, P=4, Q=2), stack("D", pad=6, buffer=30, loops=LISTED)),
    "depthwise": (Problem(C=2, R=3, P=4, Q=2, depthwise=True), stack("D", pad=6, buffer=20, loops=SPREAD)),
    "fully connected": (Problem(C=12, M=6, N=2), stack("E", pad=6, buffer=20, bandwidth=0.5)),
    "kept wherever": (Problem(C=4, M=3, P=2), stack("D", pad=6, buffer=20, bandwidth=0.5, free=True)),
    "the lab's": (Problem(C=6, M=20, P=4), simple_weight_stationary()),
}

RECORDED: dict[str, tuple[int, int, list[tuple[int, str]]]] = {
    "a window over two fan-outs": (
        155,
        155,
        [(12, "store[WIO] S3 - outer fan[] Q2Y P2X - buffer[IO] R2 - fan[] P2X - pad[I] M2")],
    ),
    "two windows": (39, 39, [(16, "store[WIO] P2 Q2 - fan[] P2Y R2X - pad[I] S2 M2")]),
    "a window with a stride, throttled": (15, 15, [(12, "store[WIO] P2 Q3 - fan[] P2Y R3X - pad[I] S2")]),
    "taps apart, no reduction outside": (54, 104, [(16, "store[WIO] - buffer[IO] P2 - fan[] P2Y R2X - pad[I] M3")]),
    "a listed order": (
        30,
        65,
        [
            (88, "store[WIO] P2 Q2 - buffer[IO] - fan[] C2Y P2X - pad[I] R3 M2 C2"),
            (128, "store[WIO] C4 - buffer[IO] - fan[] Q2Y P2X - pad[I] P2 R3 M2"),
        ],
    ),
    "depthwise": (46, 66, [(28, "store[WIO] Q2 C2 - buffer[IO] P2 - fan[] P2Y R3X - pad[I]")]),
    "fully connected": (38, 158, [(48, "store[WIO] C4 - buffer[IO] - fan[] N2Y C3X - pad[I] M6")]),
    "kept wherever": (
        150,
        648,
        [
            (8, "store[WIO] - buffer[] - fan[] C2Y M3X - pad[I] P2 C2"),
            (9, "store[WIO] - buffer[O] - fan[] C2Y M3X - pad[I] P2 C2"),
            (12, "store[WIO] - buffer[O] - fan[] P2Y C2X - pad[I] M3 C2"),
        ],
    ),
    "the lab's": (
        165,
        185,
        [
            (8, f"DRAM[WIO] - shared_glb[] P4 M10Y C6X - pe_spad[W] M2 - {REGISTERS}"),
            (16, f"DRAM[WIO] - shared_glb[] P4 M5Y C6X - pe_spad[W] M4 - {REGISTERS}"),
            (20, f"DRAM[WIO] - shared_glb[] P4 M4Y C6X - pe_spad[W] M5 - {REGISTERS}"),
            (40, f"DRAM[WIO] - shared_glb[] P4 M2Y C6X - pe_spad[W] M10 - {REGISTERS}"),
            (80, f"DRAM[WIO] - shared_glb[] P4 C6X - pe_spad[W] M20 - {REGISTERS}"),
        ],
    ),
}
"""Steps for the least energy, steps for the front, and the front: cycles and mapping."""


@pytest.mark.parametrize("name", CASES)
def test_a_proof_takes_as_many_steps_as_it_took(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (problem, machine), (energy, front, points) = CASES[name], RECORDED[name]
    assert _steps(problem, machine, Front(ENERGY), monkeypatch) == energy
    found: Front[Mapping] = Front()
    assert _steps(problem, machine, found, monkeypatch) == front
    assert [(cost[0], str(mapping)) for cost, mapping in found.points] == points


def test_without_its_last_step_there_is_no_proof() -> None:
    problem, machine = CASES["taps apart, no reduction outside"]
    assert proven_front(problem, machine, Front(ENERGY), 54)
    assert not proven_front(problem, machine, Front(ENERGY), 53)


def _steps(problem: Problem, machine: Machine, front: Front[Mapping], monkeypatch: pytest.MonkeyPatch) -> int:
    made: list[Steps] = []

    def counted(**given: int) -> Steps:
        made.append(Steps(**given))
        return made[-1]

    monkeypatch.setattr(search, "Steps", counted)
    assert proven_front(problem, machine, front, MOST)
    return MOST - made[0].left
