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


def test_a_machine_is_drawn_in_every_form(run: Run, tmp_path: Path) -> None:
    drawn = run("hardware", "show", "eyeriss_like", "--diagram")
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert "└─ PE_column: 14 along X\n   │\n   └─ PE: 12 along Y\n      │\n      ifmap_spad: 168 × 24" in drawn.stdout
    picture = tmp_path / "eyeriss.svg"
    assert run("hardware", "show", "eyeriss_like", "--diagram", "-o", str(picture)).returncode == 0
    assert picture.read_text(encoding="utf-8").startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert json.loads(run("hardware", "show", "eyeriss_like", "-f", "json").stdout)["macs"] == 168
    for words, said in (
        (("show", "t4", "--diagram"), "t4 is a GPU: it has no levels to draw"),
        (("show", "eyeriss_like", "--diagram", "-f", "yaml"), "leave out one of them"),
        (("show", "eyeriss_like", "-f", "junit"), "unknown report format 'junit'"),
        (("compare", "eyeriss_like", "t4"), "t4 is a GPU"),
        (("compare", "eyeriss_like", LAB, "--batch", "2"), "settings are a model's; name one with --on"),
    ):
        result = run("hardware", *words)
        assert (result.returncode, "Traceback" in result.stderr) == (3, False)
        assert said in result.stderr


def test_two_machines_are_compared_on_a_model(run: Run) -> None:
    words = ("hardware", "compare", LAB, "eyeriss_like", "--on", LENET, "-f", "json")
    found = json.loads(run(*words).stdout)
    energies = [next(d for d in found["on"]["totals"] if d["figure"] == "energy")[side] for side in ("before", "after")]
    analyses = [run("analyze", LENET, "--hardware", name, "-f", "json").stdout for name in (LAB, "eyeriss_like")]
    assert energies == [json.loads(text)["totals"]["energy_mj"] for text in analyses]
    assert {delta["layer"] for delta in found["on"]["layers"] if delta["figure"] == "cycles"} >= {
        "conv1",
        "conv2",
        "fc1",
    }
    assert "words of 16 bits and of 8 bits" in found["warnings"][0]


def test_a_timeloop_folder_is_shown_validated_and_said_what_is_not_modelled(run: Run) -> None:
    folder = "tests/hardware/timeloop/data/eyeriss_like"
    shown = run("hardware", "show", folder)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "not modelled: the energy table has leakage a cycle" in shown.stdout
    assert "eyeriss_like is valid" in run("hardware", "validate", folder).stdout
    assert "eyeriss_like is valid" in run("hardware", "validate", f"{folder}/arch.yaml").stdout
    mapped = run("map", "C=3,M=4,P=4,Q=4", "--hardware", folder, "--effort", "fast")
    assert mapped.returncode == 0
    assert "nobody says how long a cycle is" in mapped.stderr


def test_a_version_is_exported_under_its_number(run: Run, tmp_path: Path) -> None:
    words = ("export", LENET, str(tmp_path), "--hardware", LAB, "--no-mapping")
    assert run(*words, "--version", "0.4").returncode == 0
    (first, *_) = sorted(folder for folder in tmp_path.iterdir() if folder.is_dir())
    assert "- !Component" in (first / "arch.yaml").read_text(encoding="utf-8")
    for more, said in (
        (("--version", "0.5"), "unknown version '0.5'"),
        (("--version", "0.4", "--syntax", "v0.3"), "says the version as well, and --version gives it"),
    ):
        result = run(*words, *more)
        assert result.returncode == 3
        assert said in result.stderr


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
