"""What is exported in version 0.4: nodes that are read back as the same machine, and that timeloopfe takes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.backends.analytical.one_layer import solve
from costmodel.backends.backend import Run, Search
from costmodel.backends.timeloop import estimate, export
from costmodel.backends.timeloop.layer_files import layer_documents
from costmodel.backends.timeloop.syntax import SYNTAXES
from costmodel.errors import UsageError
from costmodel.hardware.machines import hardware_names, load_hardware
from costmodel.hardware.spec import HardwareSpec, LevelSpec
from costmodel.ir.cost import LayerCost
from costmodel.ir.workload import Layer, Place, Workload
from costmodel.mapping.machine import Constraints

INSTANCE = {"C": 3, "M": 32, "R": 3, "S": 3, "P": 16, "Q": 16, "N": 1, "Wstride": 2, "Hstride": 2}


def layer(*, depthwise: bool = False) -> Layer:
    instance = {dim: size for dim, size in INSTANCE.items() if not (depthwise and dim == "M")}
    instance |= {"Wdilation": 1, "Hdilation": 1}
    return Layer(
        places=(Place(part="forward", layer="conv", times=1),), instance=instance, depthwise=depthwise, word_bits=16,
        lowered_as="convolution",
    )  # fmt: skip


def solved(machine: HardwareSpec, *, depthwise: bool = False) -> LayerCost:
    return solve(layer(depthwise=depthwise), machine_of(machine), Search(effort="fast"))


def exported(machine: HardwareSpec, folder: Path, *, depthwise: bool = False) -> Path:
    one = layer(depthwise=depthwise)
    workload = Workload(phase="inference", layers=(one,), not_mapped=(), operations=1, bytes_moved=1)
    cost = solved(machine, depthwise=depthwise)
    (found,) = export(workload, [cost], machine, folder, Run(options={"syntax": "v0.4-nodes"}))
    assert not found.because
    return folder / found.folder


def said(constraints: Constraints) -> tuple[object, ...]:
    """Loop constraints without their order; what is kept and bypassed somewhere."""
    loops = {(o.target, o.spatial): (dict(o.factors), dict(o.most), o.permutation, o.split) for o in constraints.loops}
    kept = [{name: set(spaces) for name, spaces in pairs if spaces} for pairs in (constraints.keep, constraints.bypass)]
    return loops, *kept


@pytest.mark.parametrize("name", hardware_names())
@pytest.mark.parametrize("depthwise", [False, True])
def test_what_is_exported_is_read_back_as_the_same_machine(tmp_path: Path, name: str, depthwise: bool) -> None:
    shipped = load_hardware(name)
    spec = load_hardware(str(exported(shipped, tmp_path, depthwise=depthwise)))
    mine, theirs = machine_of(spec), machine_of(shipped)
    assert (mine.levels, mine.mac_pj, mine.mac_units) == (theirs.levels, theirs.mac_pj, theirs.mac_units)
    assert (mine.mapper, mine.behaviour) == (theirs.mapper, "E")  # no older Timeloop reads version 0.4
    assert said(mine.constraints_for(depthwise=depthwise)) == said(theirs.constraints_for(depthwise=depthwise))
    assert spec.area_um2 == pytest.approx(shipped.area_um2)
    assert spec.clock_hz == shipped.clock_hz
    assert spec.leakage_watts == pytest.approx(shipped.leakage_watts) if shipped.clock else spec.leakage_watts is None
    assert [note for note in spec.notes if "a mapping is given" not in note] == []


def test_nodes_say_what_the_spec_says(tmp_path: Path) -> None:
    folder = exported(load_hardware("simple_weight_stationary"), tmp_path)
    text = (folder / "arch.yaml").read_text(encoding="utf-8")
    words = [line.strip() for line in text.splitlines()]
    assert words[:4] == ["architecture:", "version: 0.4", "nodes:", "- !Container"]
    assert words[words.index("name: shared_glb_fanout") + 1] == "spatial: {meshX: 16, meshY: 16}"
    table = yaml.safe_load((folder / "ERT.yaml").read_text(encoding="utf-8"))
    assert table["ERT"]["tables"][0] == {
        "name": "system_top_level.DRAM[1..1]",
        "actions": [{"name": k, "arguments": {}, "energy": e} for k, e in
                    (("read", 512.0), ("write", 512.0), ("update", 512.0), ("leak", 0.0))],
    }  # fmt: skip
    targets = yaml.safe_load((folder / "constraints.yaml").read_text(encoding="utf-8"))["constraints"]["targets"]
    spread = [one for one in targets if one["type"] == "spatial"]
    assert [(one["target"], one["permutation"], one["split"]) for one in spread] == [
        ("shared_glb_fanout", ["C", "M", "P", "Q", "R", "S", "N"], 1)
    ]
    mapping = yaml.safe_load((folder / "mapping.yaml").read_text(encoding="utf-8"))["mapping"]
    assert {one["type"] for one in mapping} == {"dataspace", "temporal", "spatial"}
    assert {one["target"] for one in mapping if one["type"] == "spatial"} == {"shared_glb_fanout"}


def test_instances_that_fan_outs_do_not_make_are_refused() -> None:
    machine = load_hardware("eyeriss_like")
    units = machine.compute.units.model_copy(update={"value": 200})
    odd = machine.model_copy(update={"compute": machine.compute.model_copy(update={"units": units})})
    with pytest.raises(UsageError, match="200 multiply-accumulate units, and fan-outs make 168"):
        layer_documents(layer(), odd, SYNTAXES["v0.4-nodes"])


def test_the_binaries_are_not_given_nodes() -> None:
    workload = Workload(phase="inference", layers=(layer(),), not_mapped=(), operations=1, bytes_moved=1)
    with pytest.raises(UsageError, match=r"v0\.4-nodes is for timeloopfe"):
        estimate(workload, load_hardware("eyeriss_like"), Search(), Run(options={"syntax": "v0.4-nodes"}))


@pytest.mark.skipif(
    importlib.util.find_spec("pytimeloop") is None, reason="exports in version 0.4 without the real Timeloop front end"
)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", hardware_names())
@pytest.mark.parametrize("given", ["constraints", "mapping"])
def test_timeloopfe_makes_the_same_machine_of_it(tmp_path: Path, name: str, given: str) -> None:
    """Its translation, read back: needs timeloop-python's package, and accelergy, on the path."""
    front_end = importlib.import_module("pytimeloop.timeloopfe.v4")
    transpiler = importlib.import_module("pytimeloop.timeloopfe.common.version_transpilers.v4_to_v3")
    text_of = importlib.import_module("accelergy.utils.yaml").to_yaml_string
    shipped = load_hardware(name)
    folder = exported(shipped, tmp_path)
    files = [str(folder / f"{part}.yaml") for part in ("arch", "variables", "problem", "ERT", given)]
    specification = front_end.Specification.from_yaml_files(*files)._process()
    translated = tmp_path / "translated"
    translated.mkdir()
    made = text_of(transpiler.transpile(specification, for_model=given == "mapping"))
    (translated / "parsed-processed-input.yaml").write_text(made, encoding="utf-8")
    levels = [
        level.model_copy(update={"name": level.name.removeprefix("inter_").removesuffix("_spatial")})
        for level in load_hardware(str(translated)).levels
    ]
    mine = {level.name: level.access_pj for level in levels if level.stores}
    assert mine == {level.name: level.access_pj for level in shipped.levels if level.stores}
    spread = {level.name.removesuffix("_fanout"): _fan(level) for level in levels if _fan(level) != (1, 1)}
    assert spread == {level.name: _fan(level) for level in shipped.levels if _fan(level) != (1, 1)}


def _fan(level: LevelSpec) -> tuple[int, int]:
    x, y = (1 if count is None else int(count.value) for count in (level.fanout_x, level.fanout_y))
    return x, y
