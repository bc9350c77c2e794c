from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_what_works_and_what_to_do(run: Run, tmp_path: Path) -> None:
    result = run("doctor", "--timeloop-bin", str(tmp_path))
    assert (result.returncode, result.stderr) == (0, "")
    for name in (
        "torch",
        "cache folder",
        "backend analytical",
        "wall bubblewrap",
        "wall landlock",
        "accelergy",
        "run behind namespaces",
        "meter rapl",
        "meter gpu_memory",
        "control group v2",
    ):
        assert name in result.stdout
    assert "What to do:" in result.stdout
    assert "--timeloop-bin" in result.stdout


def test_the_same_as_json(run: Run, tmp_path: Path) -> None:
    data = json.loads(run("doctor", "-f", "json", "--timeloop-bin", str(tmp_path)).stdout)
    findings = {finding["name"]: finding for finding in data["findings"]}
    assert findings["backend analytical"]["works"]
    model = findings["backend timeloop: timeloop-model"]
    assert (model["works"], model["needed"]) == (False, False)
    assert "build Timeloop" in model["advice"]
    assert all(bool(finding["advice"]) != finding["works"] for finding in data["findings"])


def test_a_broken_build_is_told_from_a_missing_one(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "timeloop-model"
    file.write_text("#!/bin/sh\necho 'ERROR: no library' >&2\nexit 127\n", encoding="utf-8")
    file.chmod(0o755)
    data = json.loads(run("doctor", "-f", "json", "--timeloop-bin", str(tmp_path)).stdout)
    model = next(f for f in data["findings"] if f["name"] == "backend timeloop: timeloop-model")
    assert not model["works"]
    assert "ERROR: no library" in model["seen"]


def test_a_cache_folder_that_cannot_be_written_is_no_failure(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("doctor", "-f", "json", COSTMODEL_CACHE=str(tmp_path / "file" / "cache"))
    assert result.returncode == 0
    cache = next(f for f in json.loads(result.stdout)["findings"] if f["name"] == "cache folder")
    assert not cache["works"]
    assert "COSTMODEL_CACHE" in cache["advice"]


def test_an_unknown_format(run: Run) -> None:
    result = run("doctor", "-f", "pdf")
    assert (result.returncode, "json, text" in result.stderr) == (3, True)
