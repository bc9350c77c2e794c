"""The designs beside the lab's against the counters that Timeloop 3.0.3 published for them.

Source: repository timeloop-accelergy-exercises at 2d55108, workspace/example_designs, the ref_outputs of each design
for its default problem (timeloop-mapper.map.txt and timeloop-mapper.stats.txt); leakage is not compared.
"""

from __future__ import annotations

from typing import Literal

import pytest

from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.hardware.machines import hardware_names, load_hardware
from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.mapping import LevelMapping, Loop, Mapping
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.optimum import optimum

PROBLEM = Problem(C=3, M=32, R=3, S=3, P=112, Q=112, w_stride=2, h_stride=2)
SPACES = {"W": "Weights", "I": "Inputs", "O": "Outputs"}

Counts = tuple[int, int, int, float]
"""Scalar reads, fills and updates per instance; energy of all instances in pJ."""

MAPPINGS = {
    "eyeriss_like": (
        "DRAM WIO P8 Q2 M4 / shared_glb IO P14 Q4 / PE_column - Q14X / PE - C3Y S3Y / ifmap_spad I / "
        "weights_spad W R3 / psum_spad O M8"
    ),
    "simba_like": (
        "DRAM WIO Q28 / GlobalBuffer IO P4 / PE - C3X M4X / PEInputBuffer I Q4 / distributed_buffers - M4Y / "
        "PEWeightBuffer W R3 P4 S3 / PEAccuBuffer O M2 P7 / reg_mac - / PEWeightRegs W"
    ),
    "simple_output_stationary": (
        "DRAM WIO P2 Q8 M2 / shared_glb WI Q14 R3 / PE - M16Y / pe_spad O C3 P4 S3 / weight_reg W P14 / "
        "input_activation_reg I / output_activation_reg O"
    ),
}
CYCLES = {"eyeriss_like": 86016, "simba_like": 225792, "simple_output_stationary": 677376}
PUBLISHED: dict[str, dict[tuple[str, str], Counts]] = {
    "eyeriss_like": {
        ("psum_spad", "Outputs"): (57344, 0, 86016, 4190338.25),
        ("weights_spad", "Weights"): (86016, 1536, 0, 10893306.24),
        ("ifmap_spad", "Inputs"): (86016, 10752, 0, 1216735.96),
        ("shared_glb", "Inputs"): (1354752, 157296, 0, 3357302.30),
        ("shared_glb", "Outputs"): (0, 0, 401408, 709384.73),
        ("DRAM", "Weights"): (13824, 0, 0, 884736.00),
        ("DRAM", "Inputs"): (157296, 0, 0, 10066944.00),
        ("DRAM", "Outputs"): (0, 0, 401408, 25690112.00),
    },
    "simba_like": {
        ("PEAccuBuffer", "Outputs"): (200704, 50176, 225792, 67862952.49),
        ("PEWeightBuffer", "Weights"): (32256, 18, 0, 23505671.40),
        ("PEInputBuffer", "Inputs"): (225792, 56700, 0, 102530765.43),
        ("GlobalBuffer", "Inputs"): (170100, 151875, 0, 590523.43),
        ("GlobalBuffer", "Outputs"): (802816, 0, 1204224, 3796748.18),
        ("DRAM", "Weights"): (864, 0, 0, 55296.00),
        ("DRAM", "Inputs"): (151875, 0, 0, 9720320.00),
        ("DRAM", "Outputs"): (0, 0, 401408, 25690112.00),
    },
    "simple_output_stationary": {
        ("output_activation_reg", "Outputs"): (652288, 652288, 677376, 1502871.55),
        ("input_activation_reg", "Inputs"): (677376, 677376, 0, 1560674.30),
        ("weight_reg", "Weights"): (677376, 48384, 0, 1560674.30),
        ("pe_spad", "Outputs"): (652288, 0, 677376, 24252456.40),
        ("shared_glb", "Weights"): (774144, 13824, 0, 6356663.22),
        ("shared_glb", "Inputs"): (677376, 157296, 0, 6511574.88),
        ("DRAM", "Weights"): (13824, 0, 0, 1769472.00),
        ("DRAM", "Inputs"): (157296, 0, 0, 20133888.00),
        ("DRAM", "Outputs"): (0, 0, 401408, 51380224.00),
    },
}


def read(text: str) -> Mapping:
    """``level kept loop loop / …``, outermost first; a loop is dim, bound, and X or Y."""
    levels = []
    for part in text.split(" / "):
        target, kept, *loops = part.split()
        keep = tuple(SPACES[letter] for letter in kept if letter != "-")
        levels.append(LevelMapping(target=target, keep=keep, loops=tuple(map(read_loop, loops))))
    return Mapping(levels=tuple(levels))


def read_loop(word: str) -> Loop:
    along: Literal["X", "Y"] | None = "X" if word.endswith("X") else "Y" if word.endswith("Y") else None
    return Loop(dim=word[0], bound=int(word[1:].rstrip("XY")), spatial=along)


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_counter_is_the_published_one(name: str) -> None:
    found = evaluate(PROBLEM, machine_of(load_hardware(name)), read(MAPPINGS[name]))
    assert found.valid, found.because
    assert found.cycles == CYCLES[name]
    entries = {(entry.level, entry.dataspace): entry for entry in found.accesses}
    for place, (reads, fills, updates, energy) in PUBLISHED[name].items():
        entry = entries.pop(place)
        assert (entry.reads, entry.fills, entry.updates) == (reads, fills, updates), place
        assert entry.energy_pj == pytest.approx(energy, abs=0.00501), place
    # the published energy of Simba's weight registers depends on how many lanes of a cluster work; ours is per lane
    assert set(entries) == ({("PEWeightRegs", "Weights")} if name == "simba_like" else set())


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_published_mapping_is_in_the_mapspace_and_is_beaten(name: str) -> None:
    machine = machine_of(load_hardware(name))
    published = evaluate(PROBLEM, machine, read(MAPPINGS[name]))
    found = optimum(PROBLEM, machine, effort="fast")
    assert (found.evaluation.cycles, found.evaluation.energy_pj) < (published.cycles, published.energy_pj)


@pytest.mark.parametrize("name", hardware_names())
@pytest.mark.parametrize(
    "problem",
    [
        Problem(C=512, M=10),
        Problem(C=16, M=24, R=1, S=1, P=7, Q=7, N=2),
        Problem(C=32, R=3, S=3, P=14, Q=14, w_stride=2, h_stride=2, depthwise=True),
    ],
    ids=["linear", "pointwise", "depthwise"],
)
def test_every_machine_maps_every_kind_of_layer(name: str, problem: Problem) -> None:
    found = optimum(problem, machine_of(load_hardware(name)), effort="fast")
    assert found.evaluation.valid, found.evaluation.because
    assert found.evaluation.utilisation > 0.01
