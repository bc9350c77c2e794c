"""Examples of the rule sets: what their READMEs show is what the commands print, and platforms get valid files."""

from __future__ import annotations

import base64
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from costmodel.measuring.meters import rapl
from costmodel.measuring.no_gpu import has_no_gpu
from tests.warm import Warm

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
BLOCK = re.compile(r"(<!-- run -->\n```console\n\$ (?P<command>[^\n]+)\n)(?P<output>.*?)(```)", re.DOTALL)
MEASURED = re.compile(BLOCK.pattern.replace("run -->", "run, measured -->"), re.DOTALL)
"""What is run for real: numbers and the widths of columns change from run to run, and are not compared."""

SHOWN = sorted(file for file in EXAMPLES.glob("*/README.md") if "<!-- run -->" in file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layers are mapped once for all examples."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that looks like the repository's root to these commands, and may be written to."""
    place = tmp_path / "root"
    shutil.copytree(EXAMPLES, place / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.fixture
def environment(tmp_path: Path, cache: Path) -> dict[str, str]:
    """The variables of a user whose command ``costmodel`` is this repository's."""
    command = tmp_path / "bin" / "costmodel"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m costmodel "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (command.parent / "python").symlink_to(sys.executable)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "COSTMODEL_CACHE": str(cache), "PYTHONPATH": str(ROOT), "PATH": path}


def output_of(command: str, root: Path, environment: dict[str, str], warm: Warm) -> str:
    program, verb, *words = shlex.split(command)
    assert program == "costmodel" or (program == "python" and " && costmodel run " in command)
    if program == "costmodel":
        result = warm.run([verb, *words], cwd=root, environment=environment)
    else:
        result = subprocess.run(
            command, shell=True, cwd=root, env=environment, capture_output=True, text=True, check=False
        )
    # grade says on stderr which wall this machine has, and where the files are; run, which entry is started
    assert verb == "grade" or program == "python" or result.stderr == "", result.stderr
    assert result.returncode in (0, 1, 2), result.stderr
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


@pytest.mark.parametrize("readme", SHOWN, ids=lambda file: file.parent.name)
def test_shown_output_is_real(
    readme: Path, root: Path, environment: dict[str, str], request: pytest.FixtureRequest, warm: Warm
) -> None:
    text = readme.read_text(encoding="utf-8")
    real = BLOCK.sub(lambda m: f"{m[1]}{output_of(m['command'], root, environment, warm)}{m[4]}", text)
    if request.config.getoption("--update-golden"):
        readme.write_text(real, encoding="utf-8")
    assert readme.read_text(encoding="utf-8") == real


@pytest.mark.parametrize(
    "readme", [file for file in SHOWN if MEASURED.search(file.read_text("utf-8"))], ids=lambda file: file.parent.name
)
def test_what_is_run_for_real_ends_as_shown(
    readme: Path, root: Path, environment: dict[str, str], request: pytest.FixtureRequest, warm: Warm
) -> None:
    if not has_no_gpu() or not rapl.METER.missing():
        pytest.skip("shown is a machine without a GPU and without RAPL, and this one has one of them")
    text = readme.read_text(encoding="utf-8")
    real = MEASURED.sub(lambda m: f"{m[1]}{output_of(m['command'], root, environment, warm)}{m[4]}", text)
    if request.config.getoption("--update-golden"):
        readme.write_text(real, encoding="utf-8")
    assert without_numbers(readme.read_text(encoding="utf-8")) == without_numbers(real)


def without_numbers(text: str) -> str:
    """A text in which no number, no width of a column and no line break tells two runs apart."""
    return " ".join(re.sub(r"-{2,}", "--", re.sub(r"[0-9][0-9.,]*", "#", text)).split())


def test_every_rule_set_of_the_seeds_has_an_example() -> None:
    shown = {file.parent.name.partition("_")[2] for file in SHOWN}
    assert {
        "haet-2021", "haet-2022", "budgeted-training-iccv-2023", "energy-cifar10-2021", "mit-lab2-2022", "course",
    } <= shown  # fmt: skip


def test_examples_are_small_and_say_what_they_are() -> None:
    for folder in {file.parent for file in SHOWN}:
        assert sum(file.stat().st_size for file in folder.rglob("*") if file.suffix != ".pyc") < 50_000
        for file in folder.rglob("*.py"):
            assert file.read_text(encoding="utf-8").startswith('"""'), file


def test_the_made_up_log_is_what_its_program_writes(capsys: pytest.CaptureFixture[str]) -> None:
    folder = EXAMPLES / "08_energy-cifar10-2021"
    runpy.run_path(str(folder / "make_log.py"), run_name="__main__")
    assert capsys.readouterr().out == (folder / "power_metrics.json").read_text(encoding="utf-8")


def hand_in(autograder: Path, student: str) -> None:
    """Gradescope's folder with the files that one student of the class hands in."""
    course = EXAMPLES / "10_course"
    (autograder / "source").mkdir(parents=True)
    (autograder / "results").mkdir()
    shutil.copy(course / "facts.csv", autograder / "source")
    folder = course / "submissions" / student.split()[0].lower()
    shutil.copytree(folder, autograder / "submission", ignore=shutil.ignore_patterns("__pycache__"))
    users = [{"id": 1, "name": student, "email": "student@class.example"}]
    (autograder / "submission_metadata.json").write_text(json.dumps({"id": 7, "users": users}), encoding="utf-8")


def run_autograder(autograder: Path, environment: dict[str, str]) -> dict[str, Any]:
    program = EXAMPLES / "11_course_gradescope" / "run_autograder"
    assert os.access(program, os.X_OK)
    variables = {"COSTMODEL": "costmodel", **environment, "AUTOGRADER": str(autograder)}
    subprocess.run([sys.executable, str(program)], env=variables, capture_output=True, check=True, cwd=autograder)
    result: dict[str, Any] = json.loads((autograder / "results" / "results.json").read_text(encoding="utf-8"))
    return result


def assert_is_gradescopes(result: dict[str, Any]) -> None:
    """The schema of gradescope-autograders.readthedocs.io, specifications."""
    numbers, visibilities = (int, float), {"hidden", "after_due_date", "after_published", "visible"}
    formats = {"text", "html", "simple_format", "md", "ansi"}
    kinds: dict[str, tuple[type, ...]] = {
        "score": numbers, "execution_time": numbers, "output": (str,), "output_format": (str,),
        "test_output_format": (str,), "test_name_format": (str,), "visibility": (str,), "stdout_visibility": (str,),
        "extra_data": (dict,), "tests": (list,), "leaderboard": (list,),
    }  # fmt: skip
    of_test: dict[str, tuple[type, ...]] = {
        "score": numbers, "max_score": numbers, "status": (str,), "name": (str,), "name_format": (str,),
        "number": (str,), "output": (str,), "output_format": (str,), "tags": (list,), "visibility": (str,),
        "extra_data": (dict,),
    }  # fmt: skip
    for known, found in [(kinds, result), *((of_test, test) for test in result.get("tests", []))]:
        assert set(found) <= set(known)
        assert all(isinstance(value, known[key]) for key, value in found.items())
        assert found.get("visibility", "visible") in visibilities
        assert found.get("output_format", "text") in formats
        assert found.get("status", "passed") in {"passed", "failed"}
    assert result.get("stdout_visibility", "hidden") in visibilities
    assert "score" in result or all("score" in test for test in result["tests"])
    for row in result.get("leaderboard", []):
        assert set(row) <= {"name", "value", "order"}
        assert {"name", "value"} <= set(row)
        assert row.get("order", "desc") in {"asc", "desc"}


def test_the_gradescope_autograder_writes_valid_results(tmp_path: Path, environment: dict[str, str]) -> None:
    autograder = tmp_path / "autograder"
    hand_in(autograder, "Ada Arslan")
    result = run_autograder(autograder, environment)
    assert_is_gradescopes(result)
    # 37.5 % error, below 0.5 mJ and below 100,000 cycles; no bonus for being first of one
    assert result["score"] == 40 + 20 + 20
    assert sum(test.get("score", 0) for test in result["tests"]) == result["score"]
    assert "Ada Arslan" in result["output"]


def test_a_failure_of_the_gradescope_autograder_is_said_to_be_ours(tmp_path: Path, environment: dict[str, str]) -> None:
    autograder = tmp_path / "autograder"
    hand_in(autograder, "Dmitri Orlov")
    result = run_autograder(autograder, {**environment, "COSTMODEL": "no-such-command"})
    assert_is_gradescopes(result)
    assert result["score"] == 0
    assert "not your fault" in result["output"]


def test_the_classroom_workflow_gives_the_reporter_a_valid_result(tmp_path: Path, environment: dict[str, str]) -> None:
    file = EXAMPLES / "12_github_classroom" / ".github" / "workflows" / "classroom.yml"
    steps = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]["grade"]["steps"]
    (check,) = [step for step in steps if step.get("id") == "costmodel"]
    report = steps[-1]
    # the reporter looks for the result of each runner under this name
    assert set(report["env"]) == {f"{runner.upper()}_RESULTS" for runner in report["with"]["runners"].split(",")}
    clone = tmp_path / "submissions" / "ada"
    (clone / ".git").mkdir(parents=True)
    shutil.copy(EXAMPLES / "10_course" / "submissions" / "ada" / "net.py", clone)
    variables = {**environment, "RULES": check["env"]["RULES"], "STUDENT": "ada", "ERROR_RATE": "37.5"}
    variables |= {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    subprocess.run(["bash", "-e", "-c", check["run"]], cwd=tmp_path, env=variables, capture_output=True, check=True)
    name, _, text = (tmp_path / "output").read_text(encoding="utf-8").strip().partition("=")
    assert (name, "\n" in text) == ("result", False)
    result = json.loads(base64.b64decode(text, validate=True))
    assert set(result) == {"version", "status", "max_score", "tests"}
    assert (result["version"], result["status"], result["max_score"]) == (1, "pass", 120)
    for test in result["tests"]:
        assert set(test) == {"name", "status", "score", "message", "test_code", "filename", "line_no", "duration"}
        assert test["status"] in {"pass", "fail", "error"}
    assert sum(test["score"] for test in result["tests"]) == 80
    assert "ada" in (tmp_path / "summary").read_text(encoding="utf-8")
