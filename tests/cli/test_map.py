from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

LAB = ("--hardware", "simple_weight_stationary")
CONV1 = "C=3,M=6,P=28,Q=28,R=5,S=5"


def test_one_problem_as_json(run: Run) -> None:
    result = run("map", CONV1, *LAB, "-f", "json")
    assert (result.returncode, result.stderr) == (0, "")
    data = json.loads(result.stdout)
    assert {"energy_pj", "cycles", "utilisation", "valid", "optimal", "mapping", "levels"} <= set(data)
    assert (data["cycles"], round(data["energy_pj"], 2), data["optimal"]) == (19_600, 5_601_058.95, True)
    assert set(data["levels"]["shared_glb"]["Inputs"]) == {"reads", "fills", "updates", "energy_pj"}


def test_the_drawn_nest(run: Run) -> None:
    text = run("map", CONV1, *LAB).stdout
    assert "proven optimal" in text
    assert "for C in [0:3) (Spatial-X)" in text
    assert text.index("DRAM [") < text.index("shared_glb [") < text.index("pe_spad [")


def test_the_courses_search_gives_the_recorded_layer(run: Run) -> None:
    # abf149/lab2-2022-abf149, commit db64e27, first layer
    data = json.loads(run("map", CONV1, *LAB, "--search", "course", "-f", "json").stdout)
    assert (data["cycles"], round(data["energy_pj"], 2), data["optimal"]) == (19_600, 5_657_431.58, False)


def test_a_mapping_goes_in_and_comes_out_the_same(run: Run, tmp_path: Path) -> None:
    found = json.loads(run("map", CONV1, *LAB, "-f", "json").stdout)
    file = tmp_path / "mapping.json"
    file.write_text(json.dumps(found["mapping"]), encoding="utf-8")
    evaluated = json.loads(run("map", CONV1, *LAB, "--mapping", str(file), "-f", "json").stdout)
    assert evaluated == {**found, "optimal": False}


def test_many_cases_and_a_bad_one_loses_no_other(run: Run, tmp_path: Path) -> None:
    cases = {
        "good": {"instance": {"C": 16, "M": 16}},
        "unknown dim": {"instance": {"C": 16, "X": 2}},
        "zero": {"instance": {"C": 0, "M": 1}},
        "does not fit": {"instance": {"C": 1, "M": 1, "R": 20, "S": 20}},
        "not a mapping": {"instance": {"C": 16, "M": 16}, "mapping": [{"target": "DRAM"}]},
    }
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": cases}), encoding="utf-8")
    result = run("map", str(file), *LAB, "-f", "json")
    assert result.returncode == 2
    data = json.loads(result.stdout)["cases"]
    assert [name for name, case in data.items() if case["valid"]] == ["good"]
    for name, word in {"unknown dim": "'X'", "zero": "C is 0", "does not fit": "192", "not a mapping": "keep"}.items():
        assert word in data[name]["because"]


def test_a_timeloop_problem_yaml(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "layer.yaml"
    file.write_text("problem:\n  instance: {C: 16, M: 16, N: 1, P: 1, Q: 1, R: 1, S: 1}\n", encoding="utf-8")
    assert json.loads(run("map", str(file), *LAB, "-f", "json").stdout)["cycles"] == 1


def test_other_objectives_and_the_front(run: Run) -> None:
    problem = "C=6,M=16,P=10,Q=10,R=5,S=5"
    least_energy = json.loads(run("map", problem, *LAB, "--objective", "energy", "-f", "json").stdout)
    fastest = json.loads(run("map", problem, *LAB, "-f", "json").stdout)
    front = json.loads(run("map", problem, *LAB, "--objective", "pareto", "-f", "json").stdout)["front"]
    assert (front[0]["cycles"], front[-1]["energy_pj"]) == (fastest["cycles"], least_energy["energy_pj"])
    assert [point["cycles"] for point in front] == sorted(point["cycles"] for point in front)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("C=3;M=6", *LAB), "write C=3,M=6"),
        (("gone.json", *LAB), "gone.json"),
        ((CONV1, "--hardware", "tpu"), "simple_weight_stationary"),
        ((CONV1, *LAB, "--search", "luck"), "course, optimum"),
        ((CONV1, *LAB, "-f", "pdf"), "json, text"),
        ((CONV1, *LAB, "--mapping", "gone.json"), "gone.json"),
        ((CONV1, *LAB, "--objective", "beauty"), "edp, energy, latency"),
        ((CONV1, *LAB, "--objective", "pareto", "--search", "course"), "leave out --search"),
        ((CONV1, *LAB, "--mapping", "given.json", "--search", "course"), "--search searches a mapping"),
        ((CONV1, *LAB, "--jobs", "-1"), "jobs is -1"),
    ],
)
def test_bad_words(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run("map", *words)
    assert result.returncode == 3
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_prove_goes_on_until_there_is_a_proof_and_says_where_there_is_none(run: Run) -> None:
    proven = run("map", "C=96,M=24,P=14,Q=14", "--hardware", "eyeriss_like", "--prove")
    assert (proven.returncode, "proven optimal" in proven.stdout) == (0, True)
    impossible = run("map", "C=3,M=8,R=14,S=14,P=9,Q=9", *LAB, "--prove")
    assert impossible.returncode == 2
    both = run("map", CONV1, *LAB, "--prove", "--effort", "fast")
    assert (both.returncode, "--prove says to prove" in both.stderr) == (3, True)
