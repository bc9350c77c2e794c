from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run

LENET = "examples/zoo/lenet.py:LeNet5"
LAB = "simple_weight_stationary"


def test_analyze_on_hardware_adds_energy_and_cycles(run: Run) -> None:
    result = run("analyze", LENET, "--hardware", LAB, "-f", "json")
    assert (result.returncode, result.stderr) == (0, "")
    data = json.loads(result.stdout)
    assert data["totals"]["cycles"] == 22_354
    assert sum(row["cycles"] or 0 for row in data["layers"]) == 22_354
    assert abs(sum(row["energy_pj"] or 0 for row in data["layers"]) * 1e-9 - data["totals"]["energy_mj"]) < 1e-12
    conv1 = next(row for row in data["layers"] if row["layer"] == "conv1")
    assert 0 < conv1["utilisation"] <= 1
    assert set(data["cost"]["energy_by_component"]) >= {"mac", "pe_spad", "shared_glb", "DRAM"}
    assert run("analyze", LENET, "--hardware", LAB, "-f", "json").stdout == result.stdout


def test_unknown_words_list_the_known_ones(run: Run) -> None:
    for words, said in (
        (("--hardware", "tpu"), LAB),
        (("--hardware", LAB, "--phase", "sleep"), "inference, training"),
        (("--hardware", LAB, "--search", "luck"), "course, optimum"),
    ):
        result = run("analyze", LENET, *words)
        assert result.returncode == 3
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_hardware_list_show_validate(run: Run, tmp_path: Path) -> None:
    assert LAB in run("hardware", "list").stdout
    shown = run("hardware", "show", LAB).stdout
    assert "75.2148" in shown
    assert "2,414,931.7 um2" in shown
    spec = Path("hw_specs") / f"{LAB}.yaml"
    assert run("hardware", "validate", str(spec)).returncode == 0
    broken = tmp_path / "broken.yaml"
    broken.write_text(spec.read_text(encoding="utf-8").replace("units:", "unit:", 1), encoding="utf-8")
    result = run("hardware", "validate", str(broken))
    assert result.returncode == 3
    assert "broken.yaml:" in result.stderr


def test_gpus_are_listed_apart_and_shown(run: Run, tmp_path: Path) -> None:
    text = run("hardware", "list").stdout
    assert text.index("Accelerators") < text.index(LAB) < text.index("GPUs") < text.index("v100-sxm2-16gb")
    listed = json.loads(run("hardware", "list", "-f", "json").stdout)
    v100 = next(gpu for gpu in listed["gpus"] if gpu["name"] == "v100-sxm2-16gb")
    assert (v100["fp32_tflops"], v100["tf32_tflops"], v100["memory_bytes"]) == (15.7, None, 16_160 * 2**20)
    assert listed["accelerators"][0]["name"] == "eyeriss_like"
    assert run("hardware", "list", "-f", "csv").stdout.splitlines()[1].startswith("accelerator,eyeriss_like,")
    shown = run("hardware", "show", "t4").stdout
    assert "no peak of its own for tf32, bf16_tensor" in shown
    assert "15,109" in shown
    own = tmp_path / "own.yaml"
    own.write_text(Path("hw_specs/gpu/t4.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert run("hardware", "show", str(own)).stdout == shown
    assert "t4 is valid" in run("hardware", "validate", str(own)).stdout


def test_the_whole_network_is_priced_where_it_is_asked_for(run: Run) -> None:
    words = ("analyze", LENET, "--hardware", "simba_like", "--effort", "fast")
    plain = json.loads(run(*words, "-f", "json").stdout)
    whole = json.loads(run(*words, "--whole", "-f", "json").stdout)
    fused = json.loads(run(*words, "--whole", "--fused", "-f", "json").stdout)
    assert plain["cost"]["whole"] is None
    # nothing of it is in the figures that rules and searches compare
    assert plain["totals"] == whole["totals"] == fused["totals"]
    assert {**whole["cost"], "whole": None} == plain["cost"] == {**fused["cost"], "whole": None}
    assert 0 < fused["cost"]["whole"]["energy_pj"] < whole["cost"]["whole"]["energy_pj"]
    shown = run(*words, "--whole").stdout
    assert "Work beside the layers, on the vector unit at GlobalBuffer" in shown
    assert "100.00% of 1,314,676 operations have a price" in shown
    assert "average power, W" in run(*words).stdout


def test_whole_and_fused_without_effect_are_refused(run: Run) -> None:
    for words, said in (
        (("--whole",), "--whole is about a machine: name it with --hardware"),
        (("--fused",), "--fused is about a machine"),
        (("--hardware", "t4", "--whole"), "--whole is about an accelerator; t4 is a GPU"),
        (("--hardware", "simba_like", "--fused"), "ask for its price with --whole"),
        (("--hardware", LAB, "--whole"), f"{LAB} has no vector unit"),
    ):
        result = run("analyze", LENET, *words)
        assert result.returncode == 3, words
        assert said in " ".join(result.stderr.split())
        assert "Traceback" not in result.stderr


def test_a_clock_and_a_vector_unit_are_shown(run: Run) -> None:
    shown = run("hardware", "show", "simba_like").stdout
    assert "clock 1 GHz, leakage 11.2 mW" in shown
    assert "vector unit of 8 bits at GlobalBuffer: lanes not known; add 0.0525 pJ, multiply 0.7925 pJ" in shown
    assert "clock" not in run("hardware", "show", LAB).stdout
