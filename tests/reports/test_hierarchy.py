"""A machine drawn, and two side by side."""

from __future__ import annotations

from costmodel.hardware.hierarchy import hierarchy_of
from costmodel.hardware.machines import load_hardware
from costmodel.ir.codec import dumps, loads
from costmodel.ir.hierarchy import Hierarchy, MachineComparison
from costmodel.reports import View, render
from costmodel.reports.hierarchy_drawing import draw_hierarchy
from costmodel.reports.tabulation import records, tables
from costmodel.verbs.hardware import compare_machines

SIMBA = """\
DRAM: unlimited, words of 8 bits; read 512 pJ, write 512 pJ for 8 words [Weights Inputs Outputs]
│
GlobalBuffer: 65,536 words of 8 bits; read 51.8709 pJ, write 66.3109 pJ for 32 words [Inputs Outputs]
│
└─ PE: 16 along X
   │
   PEInputBuffer: 16 × 65,536 words of 8 bits; read 242.08 pJ, write 241.504 pJ for 8 words [Inputs]
   │
   └─ distributed_buffers: 4 along Y
      │
      PEWeightBuffer: 64 × 32,768 words of 8 bits; read 121.364 pJ, write 120.788 pJ for 8 words [Weights]
      │
      PEAccuBuffer: 64 × 128 words of 8 bits; read 3.09106 pJ, write 2.87506 pJ [Outputs]
      │
      └─ reg_mac: 4 along Y
         │
         PEWeightRegs: 256 × 1 word of 8 bits; read 0.004061 pJ, write 0.001252 pJ [Weights]
         │
         256 × multiply-accumulate, 8 bits, 0.315 pJ
"""


def machine(name: str) -> Hierarchy:
    return hierarchy_of(load_hardware(name))


def test_a_hierarchy_is_drawn_from_the_outermost_memory_in() -> None:
    drawn = draw_hierarchy(machine("simba_like"))
    assert SIMBA in drawn
    assert drawn.endswith("area 179,951,989.3 um2, clock 1,000 MHz, leakage 11.2 mW\n")
    lab = draw_hierarchy(machine("simple_weight_stationary"))
    assert "[Weights? Inputs? Outputs?]\n└─ 16 along X, 16 along Y\n   │\n   pe_spad: 256 × 192 words" in lab


def test_a_hierarchy_is_a_picture_and_a_page() -> None:
    picture = render(machine("eyeriss_like"), "svg", View())
    assert picture.count("<rect") == 8  # five memories, two fan-outs, the multipliers
    assert picture.count("stroke-dasharray") == 2
    assert ">PE_column → 14 along X<" in picture
    assert loads(Hierarchy, dumps(machine("eyeriss_like"))) == machine("eyeriss_like")
    page = render(machine("eyeriss_like"), "html", View())
    # a box for each instance, at most 32: 1 + 1 + 1 (a fan-out) + 14 (the rows) + 4 levels of 168
    assert page.count("<rect") == 1 + 1 + 1 + 14 + 4 * 32


def test_two_machines_stand_side_by_side_and_say_what_is_not_alike() -> None:
    found = compare_machines("simple_weight_stationary", "eyeriss_like")
    assert found.warnings == (
        "Weights, Inputs, Outputs have words of 16 bits and of 8 bits: the same layer moves other numbers of bits",
        "behaviour of Timeloop: D and E",
    )
    figures = {delta.figure: (delta.before, delta.after) for delta in found.figures}
    assert figures["multiply-accumulate units"] == (256, 168)
    # 65,536 words and 256 times 192 + 3 words, of 16 bits; 131,072 words and 168 times 24 + 384 + 16, of 8
    assert figures["capacity on the chip"] == (16 * (65536 + 256 * 195), 8 * (131072 + 168 * 424))
    assert figures["clock"] == (None, 1e9)
    whole, memories = tables(found, View())
    assert whole.notes[0].startswith("NOT ALIKE: Weights, Inputs, Outputs have words of 16 bits and of 8 bits")
    # pJ of a read over the bits that it moves: 74.1442 / (4 · 16) and 18.183829 / (8 · 8)
    assert list(memories.rows[1]) == ["shared_glb", 1, 65536, 16, 1.159, "shared_glb", 1, 131072, 8, 0.2841]
    assert list(memories.rows[-1])[:5] == ["output_activation_reg", 256, 1, 16, 0.06094]
    assert list(memories.rows[-1])[5:] == ["", None, None, None, None]
    rows = records(found, View())
    assert rows is not None
    assert len(rows.rows) == len(found.figures)
    assert loads(MachineComparison, dumps(found)) == found


def test_machines_with_the_same_words_are_alike() -> None:
    assert compare_machines("eyeriss_like", "simba_like").warnings == ()
