"""The files that Timeloop is given, in both syntaxes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from costmodel.backends.timeloop.layer_files import MAPPER_INPUTS, MODEL_INPUTS, layer_documents, mapping_text
from costmodel.backends.timeloop.syntax import SYNTAXES, syntax_named
from costmodel.errors import FormatError, UnknownNameError
from costmodel.hardware.machines import load_hardware
from costmodel.ir.cost import LoopSpec, MappedLevel
from costmodel.ir.workload import Layer, Place

LAB = load_hardware("simple_weight_stationary")
LEVELS = ["output_activation_reg", "input_activation_reg", "weight_reg", "pe_spad", "shared_glb", "DRAM"]
EVERYTHING = ("Weights", "Inputs", "Outputs")


def layer(depthwise: bool = False, **instance: int) -> Layer:
    places = (Place(part="forward", layer="x", times=1),)
    return Layer(places=places, instance=instance, depthwise=depthwise, word_bits=16, lowered_as="convolution")


CONV = layer(C=3, M=6, P=28, Q=28, R=5, S=5, Wstride=2)


def loops(text: str) -> tuple[LoopSpec, ...]:
    """``P2 M6Y`` as loops."""
    found = []
    for word in text.split():
        spatial = word[-1] if word[-1] in "XY" else None
        found.append(LoopSpec(dim=word[0], bound=int(word[1:].rstrip("XY")), spatial=spatial))
    return tuple(found)


MAPPING = (
    MappedLevel(target="DRAM", keep=EVERYTHING, loops=loops("Q14")),
    MappedLevel(target="shared_glb", keep=("Inputs", "Outputs"), loops=loops("P2 Q2 M6Y C3X")),
    MappedLevel(target="pe_spad", keep=("Weights",), loops=loops("S5 R5 P2")),
)


def documents(wanted: Layer = CONV, syntax: str = "v0.3") -> dict[str, Any]:
    texts = layer_documents(wanted, LAB, SYNTAXES[syntax], MAPPING if wanted is CONV else ())
    return {name: yaml.safe_load(text) for name, text in texts.items()}


def test_every_file_that_a_binary_is_given_is_written() -> None:
    assert set(documents()) == {*MAPPER_INPUTS, *MODEL_INPUTS}
    assert set(documents(layer(C=2, M=2))) == set(MAPPER_INPUTS)


def test_the_problem_brings_its_shape_in_the_courses_order() -> None:
    problem = documents()["problem.yaml"]["problem"]
    assert problem["shape"]["dimensions"] == ["C", "M", "R", "S", "N", "P", "Q"]
    assert [space["name"] for space in problem["shape"]["data-spaces"]] == list(EVERYTHING)
    inputs = problem["shape"]["data-spaces"][1]["projection"]
    assert inputs == [[["N"]], [["C"]], [["R", "Wdilation"], ["P", "Wstride"]], [["S", "Hdilation"], ["Q", "Hstride"]]]
    assert problem["instance"]["Wstride"] == 2
    assert (problem["instance"]["N"], problem["instance"]["Hstride"]) == (1, 1)


def test_a_depthwise_problem_has_no_m_and_the_depthwise_constraints() -> None:
    found = documents(layer(True, C=8, R=3, S=3, P=8, Q=8))
    shape = found["problem.yaml"]["problem"]["shape"]
    assert shape["dimensions"] == ["C", "R", "S", "N", "P", "Q"]
    outputs = shape["data-spaces"][2]
    assert outputs["projection"] == [[["N"]], [["C"]], [["Q"]], [["P"]]]
    assert outputs["read-write"] is True
    targets = found["constraints.yaml"]["mapspace_constraints"]["targets"]
    assert not [t for t in targets if t["type"] == "spatial" or "M" in t.get("factors", "")]


def test_the_architecture_is_a_tree_with_the_specs_sizes() -> None:
    system = documents()["arch.yaml"]["architecture"]["subtree"][0]
    array = system["subtree"][0]
    assert [c["name"] for c in (*system["local"], *array["local"])] == [*reversed(LEVELS), "mac"]
    assert (system["name"], array["name"]) == ("system", "array1[0..255]")
    glb = system["local"][1]["attributes"]
    assert (glb["depth"], glb["block-size"], glb["width"], glb["read_bandwidth"]) == (16384, 4, 64, 16)
    assert "depth" not in system["local"][0]["attributes"]
    assert {c["attributes"]["meshX"] for c in array["local"]} == {16}


def test_a_fan_out_without_storage_is_one_that_everything_bypasses() -> None:
    spec = load_hardware("eyeriss_like")
    texts = layer_documents(CONV, spec, SYNTAXES["v0.3"])
    system = yaml.safe_load(texts["arch.yaml"])["architecture"]["subtree"][0]
    column = system["subtree"][0]
    spads = column["subtree"][0]
    assert [node["name"] for node in (system, column, spads)] == ["system", "array1[0..13]", "array2[0..11]"]
    assert [c["name"] for c in system["local"]] == ["DRAM", "shared_glb", "PE_column"]
    assert {c["attributes"]["meshX"] for c in (*column["local"], *spads["local"])} == {14}
    targets = yaml.safe_load(texts["constraints.yaml"])["mapspace_constraints"]["targets"]
    assert {"target": "PE", "type": "bypass", "bypass": list(EVERYTHING)} in targets
    # no loops, and one order for them: free orders put simba_like's mapspace beyond the 2^128 that the mapper takes
    ones = {"factors": "C=1 M=1 R=1 S=1 N=1 P=1 Q=1", "permutation": "CMRSNPQ"}
    assert {"target": "PE", "type": "temporal", **ones} in targets


def test_the_energy_table_has_the_specs_energies() -> None:
    ert = documents()["ERT.yaml"]["ERT"]
    energies = {t["name"].split(".")[-1]: {a["name"]: a["energy"] for a in t["actions"]} for t in ert["tables"]}
    for level in LAB.levels:
        assert (energies[level.name]["read"], energies[level.name]["write"]) == level.access_pj
    assert energies["mac"]["mac"] == energies["mac"]["compute"] == 2.20035
    areas = {t["name"].split(".")[-1]: t["area"] for t in documents()["ERT.yaml"]["ART"]["tables"]}
    assert areas["pe_spad"] == 3634.68


def test_constraints_and_mapper_are_the_courses() -> None:
    found = documents()
    targets = found["constraints.yaml"]["mapspace_constraints"]["targets"]
    spatial = next(t for t in targets if t["type"] == "spatial")
    assert spatial == {
        "target": "shared_glb",
        "type": "spatial",
        "factors": "P=1 Q=1 R=1 S=1 C=16 M=16",
        "permutation": "CM",
        "split": 1,
    }
    assert "shared_glb" not in [t["target"] for t in targets if t["type"] == "bypass"]
    mapper = found["mapper.yaml"]["mapper"]
    assert (mapper["num-threads"], mapper["victory-condition"], mapper["algorithm"]) == (8, 200, "random-pruned")


def test_a_mapping_lists_the_innermost_loop_first_and_every_dim() -> None:
    directives = documents()["mapping.yaml"]["mapping"]
    by_kind = {(d["target"], d["type"]): d for d in directives}
    assert by_kind["pe_spad", "temporal"]["permutation"] == "PRSCMNQ"
    assert by_kind["pe_spad", "temporal"]["factors"] == "C=1 M=1 R=5 S=5 N=1 P=2 Q=1"
    spatial = by_kind["shared_glb", "spatial"]
    assert (spatial["permutation"][:2], spatial["split"]) == ("CM", 1)
    assert by_kind["shared_glb", "bypass"]["bypass"] == ["Weights"]
    assert ("DRAM", "spatial") not in by_kind
    assert yaml.safe_load(mapping_text(CONV, LAB, MAPPING)) == documents()["mapping.yaml"]


def test_two_loops_of_a_dim_in_one_block_cannot_be_said() -> None:
    twice = (MappedLevel(target="DRAM", keep=EVERYTHING, loops=loops("Q2 P2 Q7")),)
    with pytest.raises(FormatError, match="DRAM has two temporal loops"):
        mapping_text(CONV, LAB, twice)


def test_the_newer_syntax_has_no_hyphens() -> None:
    texts = layer_documents(CONV, LAB, SYNTAXES["v0.4"], MAPPING)
    keys = [line.split(":")[0] for text in texts.values() for line in text.splitlines()]
    assert not [key for key in keys if "-" in key.strip(" -")]
    assert yaml.safe_load(texts["arch.yaml"])["architecture"]["version"] == 0.4
    assert "data_spaces" in texts["problem.yaml"]
    with pytest.raises(UnknownNameError, match=r"v0\.3, v0\.4"):
        syntax_named("v0.5")
