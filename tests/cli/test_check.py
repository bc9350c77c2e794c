from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

LENET = "examples/zoo/lenet.py:LeNet5"


@pytest.mark.parametrize(
    ("facts", "code", "outcome"),
    [
        ((), 2, "UNDECIDED"),
        (("--fact", "error_rate=21.7"), 0, "PASS"),
        (("--fact", "error_rate=50"), 1, "FAIL"),
        (("--fact", "accuracy=78.3%"), 0, "PASS"),
    ],
)
def test_exit_codes(run: Run, facts: tuple[str, ...], code: int, outcome: str) -> None:
    result = run("check", LENET, "--rules", "mit-lab2-2022", *facts, "--format", "json")
    assert result.returncode == code, result.stderr
    data = json.loads(result.stdout)
    assert data["schema"] == "costmodel.verdict/1"
    assert (data["rulebook"], data["outcome"]) == ("mit-lab2-2022", outcome)
    assert {"rule", "measured", "limit", "unit", "outcome", "because"} <= set(data["findings"][0])
    assert {"points", "metric"} <= set(data)


def test_verdicts_as_text(run: Run, golden: Callable[[str, str], None]) -> None:
    lab = ("--fact", "error_rate=20", "--fact", "energy=0.12881117", "--fact", "latency=31358")
    golden("lenet.lab2.text", run("check", LENET, "--rules", "mit-lab2-2022", *lab).stdout)
    haet = ("--samples", "50000", "--epochs", "10", "--batch", "128", "--fact", "accuracy=93")
    golden("lenet.haet.text", run("check", LENET, "--rules", "haet-2021", *haet).stdout)


def test_rules_and_ops_and_crosscheck(run: Run, golden: Callable[[str, str], None]) -> None:
    golden("rules.text", run("rules").stdout)
    golden("rules.mit-lab2-2022.text", run("rules", "show", "mit-lab2-2022").stdout)
    assert run("rules", "mit-lab2-2022").stdout == run("rules", "show", "mit-lab2-2022").stdout
    assert "convention haet, edition 1" in run("ops").stdout
    program = run("ops", "log_softmax").stdout
    assert "scalar program" in program
    assert "5C" in program or "5" in program
    golden("lenet.crosscheck.text", run("crosscheck", LENET).stdout)


def test_energy_and_cycles_are_those_of_the_courses_search_and_the_optimum_stands_beside(run: Run) -> None:
    result = run("check", LENET, "--rules", "mit-lab2-2022", "--fact", "error_rate=20", "--format", "json")
    data = json.loads(result.stdout)
    official, optimum = data["estimates"]
    assert (official["search"], official["decides"]) == ("course", True)
    # the course's profiler printed 0.0268069 mJ and 0.022366 million cycles (abf149/lab2-2022-abf149, db64e27)
    assert round(official["energy_mj"], 8) == 0.0268069
    assert official["cycles"] == 22366
    assert optimum["search"] == "optimum"
    assert optimum["cycles"] <= official["cycles"]
    assert optimum["energy_mj"] < official["energy_mj"]
    assert data["points"]["total"] == 90
    assert data["metric"]["value"] == pytest.approx(20 / 12 + 22366 / 300000)


def test_facts_from_files_and_claims_of_the_labs_file_name(run: Run, tmp_path: Path) -> None:
    facts = tmp_path / "class.csv"
    facts.write_text("name,error_rate_percent\nalice,21.7\nbob,51\n", encoding="utf-8")
    for name, code in (("alice", 0), ("bob", 1), ("carol", 3)):
        result = run("check", LENET, "--rules", "mit-lab2-2022", "--facts", str(facts), "--name", name)
        assert result.returncode == code, result.stderr
    assert "no facts of 'carol'" in result.stderr
    labels = "Id,Prediction\n" + "".join(f"{i},{i % 10}\n" for i in range(10))
    (tmp_path / "solution.csv").write_text(labels, encoding="utf-8")
    mine = tmp_path / "submission-0p0268-0p0224-37632-0227-224005.csv"
    mine.write_text(labels.replace("3,3", "3,4"), encoding="utf-8")
    words = ("--facts", str(mine), "--solution", str(tmp_path / "solution.csv"), "--format", "json")
    data = json.loads(run("check", LENET, "--rules", "mit-lab2-2022", *words).stdout)
    assert data["outcome"] == "PASS", data
    assert {c["metric"]: c["agrees"] for c in data["claims"] if c["agrees"] is not None} == {
        "peak_activation_bytes": True, "energy_mj": True, "cycles": True,
    }  # fmt: skip
    assert data["points"]["tables"][0]["measured"] == 10


def test_a_folder_without_a_model_keeps_what_is_known(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing", encoding="utf-8")
    result = run("check", str(tmp_path), "--rules", "mit-lab2-2022", "--fact", "error_rate=51", "--format", "json")
    assert result.returncode == 1, result.stderr
    data = json.loads(result.stdout)
    assert [f["outcome"] for f in data["findings"]] == ["UNDECIDED", "FAIL"]
    assert "there is no Python file in the submission" in data["findings"][0]["because"]


def test_rulebooks_without_static_rules_need_no_model(run: Run, tmp_path: Path) -> None:
    words = ("--fact", "accuracy_percent=60", "--fact", "training_seconds=600")
    assert run("check", "nowhere.py", "--rules", "haet-2022", *words).returncode == 0
    assert run("check", "nowhere.py", "--rules", "haet-2022", *words[:2]).returncode == 2
    # a folder is held to the contract: there is no description and no code in this one
    empty = run("check", str(tmp_path), "--rules", "haet-2022", *words, "--format", "json")
    assert empty.returncode == 1
    assert [f["rule"] for f in json.loads(empty.stdout)["contract"] if f["outcome"] == "FAIL"][:2] == [
        "description", "code",
    ]  # fmt: skip


def test_junit_counts_failures_and_what_is_skipped(run: Run) -> None:
    from xml.etree import ElementTree

    result = run("check", LENET, "--rules", "mit-lab2-2022", "--fact", "error_rate=51", "--format", "junit")
    suite = ElementTree.fromstring(result.stdout)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "0")
    assert run("analyze", LENET, "--format", "junit").returncode == 3


def test_rulebooks_are_validated_and_compared(run: Run, tmp_path: Path) -> None:
    assert run("rules", "validate", "haet-2021", "haet-2022").returncode == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: x\nlimit: []\n", encoding="utf-8")
    result = run("rules", "validate", str(bad), "haet-2021")
    assert result.returncode == 3
    assert "bad.yaml:2: limit: unknown key" in result.stderr
    assert "haet-2021: HAET 2021" in result.stdout
    assert (
        "limits[accuracy].value" in run("rules", "diff", "energy-cifar10-2021", "energy-cifar10-2021-intervals").stdout
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fact", "error_rate=0.375"), "write the % sign"),
        (("--submitted", "2022-02-27T22:40:05-05:00"), "--submitted is about a folder"),
        (("--model", "net.py:Net"), "--model is about a folder"),
        (("--score", "accuracy-percent"), "--score is for a leaderboard"),
        (("--solution", "labels.csv"), "--solution labels.csv: no such file"),
    ],
)
def test_no_word_is_ignored(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run("check", LENET, "--rules", "mit-lab2-2022", *words)
    assert result.returncode == 3
    assert said in result.stderr


def test_what_is_missing_and_how_to_give_it_is_said_beside_the_verdict(run: Run) -> None:
    lab = run("check", LENET, "--rules", "mit-lab2-2022", "--format", "json")
    assert json.loads(lab.stdout)["outcome"] == "UNDECIDED"
    assert "--" not in lab.stdout
    assert lab.stderr == (
        "costmodel: undecided for want of facts; give --fact error_rate_percent=VALUE or --facts FILE\n"
    )
    haet = run("check", LENET, "--rules", "haet-2021", "--fact", "accuracy=93")
    assert haet.stderr == (
        "costmodel: undecided for want of the training's length; give --samples and --epochs, or a recipe\n"
    )
    assert run("check", LENET, "--rules", "mit-lab2-2022", "--fact", "error_rate=21.7").stderr == ""
