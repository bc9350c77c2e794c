"""Every reason for which a mapping cannot run names the place, the figure and the limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.mapping import LevelMapping, Loop, Mapping, Spatial
from costmodel.mapping.problem import DATASPACES, Problem
from tests.mapping.lab import simple_weight_stationary

LAB = simple_weight_stationary()
KEPT: dict[str, tuple[str, ...]] = {
    "output_activation_reg": ("Outputs",),
    "input_activation_reg": ("Inputs",),
    "weight_reg": ("Weights",),
    "pe_spad": ("Weights",),
    "shared_glb": (),
    "DRAM": DATASPACES,
}


def loops(text: str) -> tuple[Loop, ...]:
    def one(word: str) -> Loop:
        along: Spatial | None = "X" if word.endswith("X") else "Y" if word.endswith("Y") else None
        return Loop(dim=word[0], bound=int(word[1:].rstrip("XY")), spatial=along)

    return tuple(one(word) for word in text.split())


def mapping(**by_level: str) -> Mapping:
    return Mapping(
        levels=tuple(
            LevelMapping(target=level.name, keep=KEPT[level.name], loops=loops(by_level.get(level.name, "")))
            for level in reversed(LAB.levels)
        )
    )


@pytest.mark.parametrize(
    ("problem", "tried", "because"),
    [
        (Problem(C=6), mapping(DRAM="C3"), "the bounds of C multiply to 3; the layer has C=6"),
        (Problem(C=6), mapping(DRAM="C6", pe_spad="K2"), "pe_spad: unknown dim 'K'; known: C, M, R, S, N, P, Q"),
        (Problem(C=6, depthwise=True), mapping(DRAM="C6 M2"), "DRAM: unknown dim 'M'; known: C, R, S, N, P, Q"),
        (Problem(C=6), mapping(DRAM="C0"), "DRAM: loop C has bound 0; it is at least 1"),
        (
            Problem(C=32),
            mapping(shared_glb="C32X"),
            "shared_glb: spatial loops along X multiply to 32; the fan-out is 16",
        ),
        (Problem(C=2), mapping(pe_spad="C2Y"), "pe_spad: spatial loops along Y multiply to 2; the fan-out is 1"),
        (
            Problem(R=14, S=14),
            mapping(pe_spad="R14 S14"),
            "pe_spad: tiles need 196 words (Weights 196); it holds 192",
        ),
        (
            Problem(C=4),
            mapping(output_activation_reg="C4"),
            "input_activation_reg: tiles need 4 words (Inputs 4); it holds 1",
        ),
    ],
)
def test_the_reason_is_precise(problem: Problem, tried: Mapping, because: str) -> None:
    found = evaluate(problem, LAB, tried)
    assert (found.valid, found.because) == (False, because)
    assert (found.energy_pj, found.cycles) == (0, 0)


def test_levels_are_named_outermost_first() -> None:
    upside_down = Mapping(levels=mapping().levels[::-1])
    assert "has, outermost first, DRAM, shared_glb, pe_spad" in evaluate(Problem(), LAB, upside_down).because


def test_what_is_kept_nowhere_is_named() -> None:
    levels = tuple(replace(level, keep=("Inputs", "Outputs")) for level in mapping().levels)
    assert evaluate(Problem(), LAB, Mapping(levels=levels)).because == "Weights are kept on no level"


def test_three_tiles_share_the_buffer() -> None:
    problem = Problem(C=256, M=256, P=16, Q=16)
    levels = [replace(o, keep=DATASPACES) if o.target == "shared_glb" else o for o in mapping().levels]
    levels[1] = replace(levels[1], loops=loops("C16 M16 P16 Q16 C16X M16Y"))
    because = "shared_glb: tiles need 196608 words (Weights 65536 + Inputs 65536 + Outputs 65536); it holds 65536"
    assert evaluate(problem, LAB, Mapping(levels=tuple(levels))).because == because


def test_a_layer_of_one_multiplication_costs_something() -> None:
    found = evaluate(Problem(), LAB, mapping())
    assert (found.valid, found.cycles, found.utilisation) == (True, 1, 1 / 256)
    assert sum(found.energy_by_level.values()) == pytest.approx(found.energy_pj)
