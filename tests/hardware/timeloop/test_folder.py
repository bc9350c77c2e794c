"""A course's own Timeloop folder, read as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.errors import UnknownNameError, UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.timeloop.folder import read_timeloop_folder
from costmodel.mapping.machine import Constraints, Machine
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.optimum import optimum
from costmodel.mapping.search.timeloop.mapper import course_search
from tests.hardware.timeloop.design import (
    ARCH,
    COMPONENTS,
    CONSTRAINTS,
    ERT,
    FILES,
    MAPPER,
    MAPSPACE,
    write,
)

ARCHITECTURE = "arch/simple_weight_stationary.yaml"


def said(constraints: Constraints) -> dict[tuple[str, bool], object]:
    """Loop constraints without the order in which files say them."""
    return {(o.target, o.spatial): (dict(o.factors), dict(o.most), o.permutation, o.split) for o in constraints.loops}


def kept(constraints: Constraints) -> set[tuple[str, tuple[str, ...]]]:
    return {*constraints.keep, *((f"not {name}", spaces) for name, spaces in constraints.bypass)}


def test_the_labs_folder_is_the_labs_machine(tmp_path: Path) -> None:
    spec = load_hardware(str(write(tmp_path)))
    mine, shipped = machine_of(spec), machine_of(load_hardware("simple_weight_stationary"))
    for name in ("name", "levels", "mac_pj", "mac_units", "behaviour", "mapper"):
        assert getattr(mine, name) == getattr(shipped, name), name
    for depthwise in (False, True):
        ours, theirs = (machine.constraints_for(depthwise=depthwise) for machine in (mine, shipped))
        assert said(ours) == said(theirs)
        assert kept(ours) == kept(theirs)
    assert spec.area_um2 == pytest.approx(2414931.7, abs=0.05)
    same_results(mine, shipped)


def same_results(mine: Machine, shipped: Machine) -> None:
    for problem in (Problem(C=84, M=10), Problem(C=8, R=3, S=3, P=4, Q=4, depthwise=True)):
        assert optimum(problem, mine) == optimum(problem, shipped)
    # timeloop.md's first test vector of the course's search
    assert round(course_search(Problem(C=84, M=10), mine).evaluation.energy_pj, 2) == 129233.83


def test_the_digest_does_not_know_where_the_folder_lies(tmp_path: Path) -> None:
    one, other = write(tmp_path / "a" / "lab"), write(tmp_path / "b" / "lab")
    assert read_timeloop_folder(one).digest == read_timeloop_folder(other).digest


def test_a_table_in_the_folder_is_what_counts(tmp_path: Path) -> None:
    art = "ART:\n  tables: [{name: board.chip.shared_glb, area: 12.5}]\n"
    spec = read_timeloop_folder(write(tmp_path, {"ERT.yaml": ERT, "ART.yaml": art}))
    energies = {level.name: level.access_pj for level in spec.levels}
    assert energies["DRAM"] == (100, 101)
    assert energies["shared_glb"] == (7.5, 8)  # the largest of all arguments
    assert energies["pe_spad"] == (1, 2)
    # neither read nor write: Timeloop's own register model, whatever the table says of "access"
    assert energies["weight_reg"] == load_hardware("simple_weight_stationary").levels[2].access_pj
    assert float(spec.compute.energy.value) == 3
    assert [float(level.area.value) for level in spec.levels if level.area] == [12.5]


def test_recorded_outputs_are_asked_last(tmp_path: Path) -> None:
    spec = read_timeloop_folder(write(tmp_path, {"example_outputs/timeloop-mapper.ERT.yaml": ERT}))
    assert float(spec.compute.energy.value) == 2.20035
    unknown = {ARCHITECTURE: ARCH.replace("memory_depth: 192", "memory_depth: 96")}
    spec = read_timeloop_folder(write(tmp_path, unknown))
    assert {level.name: level.access_pj for level in spec.levels}["pe_spad"] == (1, 2)


def test_without_constraints_of_its_own_depthwise_takes_the_others_without_m(tmp_path: Path) -> None:
    machine = machine_of(read_timeloop_folder(write(tmp_path, {"constraints_dw/all.yaml": None})))
    spread = machine.depthwise_constraints.of("shared_glb", spatial=True)
    assert (dict(spread.factors), spread.permutation, spread.split) == (
        {"R": 1, "S": 1, "P": 1, "Q": 1, "C": 16},
        ("C",),
        1,
    )
    assert optimum(Problem(C=32, R=3, S=3, P=4, Q=4, depthwise=True), machine, effort="fast").evaluation.valid


def test_columns_of_pes_and_largest_factors(tmp_path: Path) -> None:
    column = "- {name: 'column[0..15]', class: regfile, attributes: {depth: 16, width: 16, meshX: 16}}"
    arch = ARCH.replace(
        "          subtree:\n            - name: PE",
        f"            {column}\n          subtree:\n            - name: PE",
    )
    extra = (
        "    - {target: column, type: bypass, bypass: [Weights, Inputs, Outputs]}\n"
        "    - {target: column, type: temporal, factors: N=1 M=1 C=1 P=1 Q=1 R=1 S=1}\n"
        "    - {target: column, type: spatial, factors: R=1 S=1 P=1 Q=1 C<=8 N=1}\n"
    )
    changes = {
        ARCHITECTURE: arch,
        "constraints/arch.yaml": CONSTRAINTS + extra,
        "constraints/map.yaml": MAPSPACE.replace("M=16", "M=1"),
        "constraints_dw/all.yaml": None,
    }
    spec = read_timeloop_folder(write(tmp_path, changes))
    machine = machine_of(spec)
    fans = {level.name: (level.fanout_x, level.fanout_y) for level in machine.levels}
    assert (fans["shared_glb"], fans["column"]) == ((16, 1), (1, 16))
    assert machine.levels[4].entries == 16
    assert machine.constraints.of("column", spatial=True).most == (("C", 8),)
    found = optimum(Problem(C=64, M=10, N=2), machine, effort="fast")
    assert found.mapping is not None
    across = next(level for level in found.mapping.levels if level.target == "column")
    assert all(loop.bound <= 8 for loop in across.ordered if loop.dim == "C")


@pytest.mark.parametrize(
    ("file", "old", "new", "error"),
    [
        (ARCHITECTURE, "memory_depth: 192", "memory_depth: 96", r"class smartbuffer_RF\) costs; put the ERT"),
        (ARCHITECTURE, "version: 0.3", "version: 0.5", r"yaml:2: version 0.5"),
        (ARCHITECTURE, "memory_depth: 192", "memory_depth: many", r"memory_depth is 'many'"),
        (ARCHITECTURE, "PE[0..255]", "PE[0-255]", r"NAME\[0..N\] is expected"),
        (ARCHITECTURE, "class: intmac", "class: wires", "0 kinds of multipliers"),
        (ARCHITECTURE, "word-bits: 16, meshX: 16}", "word-bits: 16, meshX: 7}", "mesh of 7 by"),
        (ARCHITECTURE, "write_bandwidth: 16}", "bandwidth: 16}", "give read_bandwidth and write_bandwidth"),
        (ARCHITECTURE, "architecture:", "architecture: !Thing", "not plain YAML: unknown tag !Thing"),
        (ARCHITECTURE, "architecture:", "machine:", "found none"),
        ("constraints/map.yaml", "target: DRAM", "target: SRAM", r"map\.yaml:5: target 'SRAM' is not a storage level"),
        ("constraints/map.yaml", "M=16 C=16", "K=16", r"map\.yaml:3: factors 'K=16'"),
        ("constraints/map.yaml", "M=16 C=16", "P=4", "shared_glb spatial already has P=1"),
        ("constraints/map.yaml", "type: temporal", "type: utilization", "constraint type 'utilization'"),
        ("constraints/map.yaml", "factors: M=16 C=16", "no_reuse: [Inputs]", "no_reuse is not understood"),
        ("constraints/map.yaml", "{target: DRAM, type: temporal", "{target: DRAM, type: spatial", "no spatial loops"),
        ("constraints/arch.yaml", "permutation: CM", "permutation: CC", "each once"),
        ("constraints/arch.yaml", "split: 1", "split: half", "split is 'half'"),
        ("constraints/arch.yaml", "keep: [Weights]", "keep: [Kernels]", "unknown data space 'Kernels'"),
        ("constraints/arch.yaml", "keep: [Weights]", "keep: [Weights, Inputs]", "both kept and bypassed"),
        ("constraints_dw/all.yaml", "keep: [Weights], bypass: [Inputs, Outputs]", "keep: [Weights]", "keep and bypass"),
        ("mapper/mapper.yaml", "timeout: 200", "timeout: soon", r"mapper\.yaml:5: timeout is 'soon'"),
        ("mapper/mapper.yaml", "  timeout: 200\n", "", "does not give timeout"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, file: str, old: str, new: str, error: str) -> None:
    assert old in FILES[file]
    with pytest.raises(UsageError, match=error) as caught:
        read_timeloop_folder(write(tmp_path, {file: FILES[file].replace(old, new, 1)}))
    assert str(tmp_path) in str(caught.value)


def test_another_search_than_random_pruned_has_no_settings_of_ours(tmp_path: Path) -> None:
    changes = {"mapper/mapper.yaml": MAPPER.replace("random-pruned", "exhaustive")}
    assert read_timeloop_folder(write(tmp_path, changes)).mapper is None


def test_a_changed_component_is_not_taken_for_the_known_one(tmp_path: Path) -> None:
    changed = COMPONENTS.replace("class: regfile", "class: SRAM")
    with pytest.raises(UsageError, match="nothing says what an access to pe_spad"):
        read_timeloop_folder(write(tmp_path, {"arch/components/all.yaml": changed}))


def test_what_is_no_machine_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one YAML file with an architecture"):
        load_hardware(str(tmp_path))
    with pytest.raises(UsageError, match="no such folder"):
        read_timeloop_folder(tmp_path / "nowhere")
    with pytest.raises(UnknownNameError):
        load_hardware(str(tmp_path / "nowhere"))
