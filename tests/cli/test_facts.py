from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from costmodel.ir.codec import loads
from costmodel.ir.facts import SCHEMA, Facts
from tests.cli.conftest import Run

FILES = {
    "table.csv": "name,accuracy_percent,energy_joules\n=A1,96.5,150 kJ\nA2,92.5,10 kJ\n",
    "result.json": '{"accuracy": 0.965, "power_draw": 30000}',
    "board.csv": "TeamId,TeamName,SubmissionDate,Score\n1,alice,2022-02-27,0.91\n",
    "submission-0p4582-0p0616-131072-0227-224005.csv": "Id,Prediction\n0,1\n1,0\n",
    "truth.csv": "Id,Prediction\n0,1\n1,1\n",
    "bad.csv": "name,cycles\na,1,5\n",
}
LAB = "submission-0p4582-0p0616-131072-0227-224005.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_text_shows_values_units_and_rounding(run: Run, folder: Path) -> None:
    result = run("facts", "read", LAB, "--solution", "truth.csv", cwd=folder)
    assert result.returncode == 0, result.stderr
    for word in ("61,600", "50", "cycles", "claimed", "0.4582", "0.00005", "mJ", "error_rate_percent", "measured"):
        assert word in result.stdout
    assert "without year and time zone" in result.stdout


def test_json_can_be_read_again(run: Run, folder: Path) -> None:
    result = run("facts", "read", "table.csv", "-f", "json", "-o", "out.json", cwd=folder)
    assert (result.returncode, result.stdout) == (0, "")
    text = (folder / "out.json").read_text(encoding="utf-8")
    assert json.loads(text)["readings"][1]["measurements"][1]["value"] == 10_000
    again = run("facts", "read", "out.json", "-f", "json", cwd=folder)
    assert again.stdout == text
    assert loads(Facts, text, SCHEMA).readings[0].submission == "=A1"


def test_csv_has_a_row_per_value_and_no_formula(run: Run, folder: Path) -> None:
    result = run("facts", "read", "table.csv", "-f", "csv", cwd=folder)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["submission"] for row in rows] == ["'=A1", "'=A1", "A2", "A2"]
    assert rows[1]["value"] == "150000"


def test_iterations_scale_energies_to_200(run: Run, folder: Path) -> None:
    result = run("facts", "read", "result.json", "--iterations", "40", "-f", "csv", cwd=folder)
    rows = {row["fact"]: row["value"] for row in csv.DictReader(io.StringIO(result.stdout))}
    assert rows == {"accuracy_percent": "96.5", "energy_joules": "150000", "iterations": "200"}


def test_a_file_that_cannot_be_read_loses_no_other(run: Run, folder: Path) -> None:
    result = run("facts", "read", "bad.csv", "table.csv", "gone.csv", cwd=folder)
    assert result.returncode == 3
    assert "150,000" in result.stdout
    lines = result.stderr.splitlines()
    assert lines[0].startswith("costmodel: bad.csv:2: ")
    assert lines[1].startswith("costmodel: gone.csv: ")
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("board.csv",), "--score accuracy-fraction"),
        (("board.csv", "--score", "accuracy"), "accuracy-fraction"),
        (("table.csv", "--as", "zues"), "did you mean 'zeus'"),
        (("table.csv", "--format", "pdf"), "csv, html, json, md, text"),
        (("result.json", "--iterations", "0"), "at least 1"),
        (("table.csv", "--target", "high"), "'high'"),
        (("bad.csv",), "bad.csv:2"),
        (("table.csv", "--as", "predictions"), "table.csv:1: expected columns such as Id,Prediction"),
        ((LAB, "--solution", "gone.csv"), "gone.csv: No such file"),
        ((), "FILE"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_3(run: Run, folder: Path, words: tuple[str, ...], said: str) -> None:
    result = run("facts", "read", *words, cwd=folder)
    assert result.returncode == 3
    assert result.stdout == ""
    assert said in result.stderr
    assert "Traceback" not in result.stderr
