"""``costmodel rank``: tables and verdicts in, a ranking out; and what is wrong with a table is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ENERGY = """name,accuracy_percent,energy_joules
Algo1,96.5,150000
Algo2,92.5,10000
Algo3,98.5,5000000
Algo4,89.9,1
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "energy.csv"
    path.write_text(ENERGY, encoding="utf-8")
    return path


def test_a_table_becomes_a_ranking(run: Run, table: Path, golden: Callable[[str, str], None]) -> None:
    result = run("rank", str(table), "--rules", "energy-cifar10-2021", "--format", "json")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert (data["schema"], data["rulebook"], data["reading"]) == (
        "costmodel.ranking/1", "energy-cifar10-2021", "as-written",
    )  # fmt: skip
    wanted = {"name", "outcome", "points", "bonus", "metric", "bracket", "rank", "award", "because"}
    assert all(wanted <= set(entry) for entry in data["entries"])
    assert [(e["name"], e["bracket"], e["rank"], e["metric"]) for e in data["entries"]] == [
        ("Algo1", "95%", 1, 150000), ("Algo3", "95%", 2, 5000000), ("Algo2", "90%", 1, 10000), ("Algo4", None, None, 1),
    ]  # fmt: skip
    golden("energy.ranking.text", run("rank", str(table), "--rules", "energy-cifar10-2021", "--sensitivity").stdout)
    assert run("rank", str(table), "--rules", "energy-cifar10-2021", "--format", "csv").returncode == 0
    assert run("rank", str(table), "--rules", "energy-cifar10-2021", "--format", "md").returncode == 0


def test_verdicts_become_a_ranking(run: Run, tmp_path: Path) -> None:
    names = []
    for name, model, accuracy in (("big", "LeNet5", "93.5"), ("short", "LeNet5", "92")):
        file = tmp_path / f"{name}.json"
        words = ("--samples", "100", "--epochs", "1", "--fact", f"accuracy={accuracy}", "--name", name)
        made = run(
            "check",
            f"examples/zoo/lenet.py:{model}",
            "--rules",
            "haet-2021",
            *words,
            "--format",
            "json",
            "-o",
            str(file),
        )
        assert made.returncode in (0, 1), made.stderr
        names.append(str(file))
    ranking = json.loads(run("rank", *names, "--rules", "haet-2021", "--format", "json").stdout)
    assert [(e["name"], e["rank"]) for e in ranking["entries"]] == [("big", 1), ("short", None)]
    verdict = json.loads(Path(names[0]).read_text(encoding="utf-8"))
    assert ranking["entries"][0]["metric"] == verdict["metric"]["value"]
    wrong = run("rank", *names, "--rules", "haet-2022")
    assert wrong.returncode == 3
    assert "by haet-2021, not by haet-2022" in wrong.stderr


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 3, "empty"),
        ("accuracy_percent,energy_joules\n96,5\n", 3, "name"),
        ("name,accuracy_percent,energy_joules\na,96,5\na,97,5\n", 3, "a"),
        ("name,accuracy_percent,energy_joules\na,ninety,5\n", 3, "ninety"),
        ("name,acuracy_percent,energy_joules\na,96,5\n", 3, "acuracy_percent"),
        ("name,accuracy_percent,energy_joules\na,0.96,5\nb,0.95,5\n", 3, "accuracy_percent"),
    ],
)
def test_a_bad_table_is_a_clear_line(run: Run, tmp_path: Path, text: str, code: int, said: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text, encoding="utf-8")
    result = run("rank", str(file), "--rules", "energy-cifar10-2021")
    assert result.returncode == code, result.stdout + result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_byte_order_mark_and_semicolons_are_read(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "excel.csv"
    file.write_text("\ufeff" + ENERGY.replace(",", ";"), encoding="utf-8")
    result = run("rank", str(file), "--rules", "energy-cifar10-2021", "--format", "json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["entries"][0]["name"] == "Algo1"


def test_several_runs_of_an_entry_stand_in_one_cell(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    file.write_text("name,accuracy_percent,training_seconds\na,81.2; 80.9; 81,590\nb,80,600\n", encoding="utf-8")
    data = json.loads(run("rank", str(file), "--rules", "haet-2022", "--format", "json").stdout)
    assert [(e["name"], round(e["metric"], 6)) for e in data["entries"]] == [("a", 81.033333), ("b", 80)]


def test_two_files_about_the_same_entries_are_joined(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,accuracy_percent\nx,80\ny,70\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("name,training_seconds\nx,600\ny,601\n", encoding="utf-8")
    files = (str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))
    data = json.loads(run("rank", *files, "--rules", "haet-2022", "--format", "json").stdout)
    assert [(e["name"], e["rank"]) for e in data["entries"]] == [("x", 1), ("y", None)]
