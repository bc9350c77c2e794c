from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Run

LENET = "examples/zoo/lenet.py:LeNet5"
FILES = {"problem.yaml", "arch.yaml", "ERT.yaml", "constraints.yaml", "mapper.yaml", "mapping.yaml"}


def test_one_folder_per_layer_and_an_index(run: Run, tmp_path: Path) -> None:
    result = run("export", LENET, str(tmp_path / "out"), "--to", "timeloop")
    assert (result.returncode, result.stderr) == (0, "")
    assert "5 layer problems" in result.stdout
    index = json.loads((tmp_path / "out" / "layers.json").read_text(encoding="utf-8"))
    assert index["layers"][0]["names"] == ["forward:conv1"]
    assert (index["hardware"], index["phase"], index["syntax"]) == ("simple_weight_stationary", "inference", "v0.3")
    for entry in index["layers"]:
        folder = tmp_path / "out" / entry["folder"]
        assert {file.name for file in folder.iterdir()} == FILES
        problem = yaml.safe_load((folder / "problem.yaml").read_text(encoding="utf-8"))["problem"]
        assert problem["instance"] == entry["instance"]


def test_the_same_export_twice_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run("export", LENET, str(tmp_path / name))
    first = sorted((tmp_path / "one").rglob("*.*"))
    assert len(first) == 1 + 5 * len(FILES)
    for file in first:
        assert file.read_bytes() == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()


def test_a_training_step_in_the_newer_syntax_without_mappings(run: Run, tmp_path: Path) -> None:
    result = run("export", LENET, str(tmp_path), "--phase", "training", "--syntax", "v0.4", "--no-mapping")
    assert result.returncode == 0
    assert not list(tmp_path.rglob("mapping.yaml"))
    assert len(list(tmp_path.rglob("problem.yaml"))) > 5
    assert "num_threads" in next(tmp_path.rglob("mapper.yaml")).read_text(encoding="utf-8")


def test_a_depthwise_network_has_depthwise_problems(run: Run, tmp_path: Path) -> None:
    words = ("export", "examples/zoo/mobilenet.py:MobileNetV2", str(tmp_path), "--no-mapping")
    assert run(*words, "--input", "3x224x224").returncode == 0
    index = json.loads((tmp_path / "layers.json").read_text(encoding="utf-8"))
    depthwise = [entry for entry in index["layers"] if entry["depthwise"]]
    assert depthwise
    assert all("M" not in entry["instance"] for entry in depthwise)


def test_a_layer_without_a_mapping_says_so_and_loses_no_other(run: Run, tmp_path: Path) -> None:
    result = run("export", "examples/zoo/transformer.py:ViT", str(tmp_path), "--input", "3x224x224")
    assert result.returncode == 2
    assert "no mapping" in result.stderr
    assert len(list(tmp_path.rglob("mapping.yaml"))) == len(list(tmp_path.rglob("problem.yaml"))) - 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "zigzag"), "known: dot, graph, perfetto, timeloop"),
        (("--syntax", "v1"), "v0.3, v0.4"),
        (("--hardware", "tpu"), "simple_weight_stationary"),
        (("--phase", "dreams"), "inference, training"),
        (("--search", "luck"), "course, optimum"),
    ],
)
def test_bad_words(run: Run, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    result = run("export", LENET, str(tmp_path), *words)
    assert result.returncode == 3
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("export", LENET, str(tmp_path / "file"), "--no-mapping")
    assert result.returncode == 3
    assert "cannot be written" in result.stderr


def test_map_prints_the_mapping_for_timeloop(run: Run) -> None:
    words = ("map", "C=16,M=16", "--hardware", "simple_weight_stationary", "-f", "timeloop")
    result = run(*words)
    assert result.returncode == 0
    directives = yaml.safe_load(result.stdout)["mapping"]
    spatial = next(d for d in directives if d["type"] == "spatial")
    assert spatial["factors"] == "C=16 M=16 R=1 S=1 N=1 P=1 Q=1"


def test_analyze_asks_for_a_machine_and_for_the_binaries(run: Run, tmp_path: Path) -> None:
    result = run("analyze", LENET, "--verify")
    assert (result.returncode, "--hardware" in result.stderr) == (3, True)
    lab = ("--hardware", "simple_weight_stationary")
    result = run("analyze", LENET, *lab, "--backend", "timeloop", "--timeloop-bin", str(tmp_path))
    assert (result.returncode, "timeloop-mapper is not in" in result.stderr) == (3, True)
    result = run("analyze", LENET, *lab, "--backend", "abacus")
    assert (result.returncode, "analytical, timeloop" in result.stderr) == (3, True)


def test_a_viewer_gets_one_file_and_the_command_refuses_what_has_no_effect(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "step.dot"
    result = run("export", LENET, str(file), "--to", "dot")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert file.read_text(encoding="utf-8").startswith("digraph")
    refused = run("export", LENET, str(file), "--to", "dot", "--hardware", "v100-sxm2-16gb")
    assert refused.returncode == 3
    assert "--hardware has no effect: dot shows the step" in refused.stderr
    assert (
        "--no-mapping is about the files of timeloop"
        in run("export", LENET, str(file), "--to", "perfetto", "--no-mapping").stderr
    )
    assert "dot, graph, perfetto" in run("export", LENET, str(file), "--to", "netron").stderr
