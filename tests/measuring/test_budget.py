"""A budget as words: units, what cannot be meant, and the entry that is run under it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from costmodel.errors import UsageError
from costmodel.measuring.budget import Budget, given
from costmodel.measuring.entry import entry_of, started_as


def test_words_take_the_place_of_what_the_rules_say() -> None:
    rules = Budget(time=600.0, host_memory=12_000_000_000, sources={"time": "rule time", "host_memory": "rule memory"})
    budget = given({"time": "1.5m", "grace": "2 s", "gpu_memory": "6GiB", "cpus": "4", "disk": "1.5 GB"}, rules)
    assert budget.limits() == {
        "time": 90.0, "host_memory": 12e9, "gpu_memory": 6 * 2**30, "cpus": 4.0, "disk": 1.5e9,
    }  # fmt: skip
    assert budget.grace == 2.0
    assert budget.sources["time"] == "--time 1.5m"
    assert budget.sources["host_memory"] == "rule memory"


@pytest.mark.parametrize(
    "words",
    [
        {"time": "0s"}, {"time": "ten"}, {"time": "-1s"}, {"time": "10 GB"}, {"cpus": "1.5"}, {"cpus": "0"},
        {"processes": "few"}, {"disk": "5 s"}, {"host_memory": "0.5"}, {"grace": "1 hourglass"},
    ],
)  # fmt: skip
def test_what_cannot_be_a_limit_is_refused(words: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(words)).replace('_', '-')}"):
        given(words)


def test_an_entry_is_run_by_its_contract_or_by_a_command(tmp_path: Path) -> None:
    for name in ("training.py", "test.py"):
        (tmp_path / name).touch()
    scripts = {"training.py": ("--lr", "--net_sav"), "test.py": ("--net_sav",)}
    training, test = entry_of("orchid", tmp_path, (), scripts).stages
    assert training.words == ("python", "training.py", "--lr", "0.1", "--net_sav", "./checkpoint/ckpt.pth")
    assert (training.goes_on, test.goes_on) == (True, False)
    (own,) = entry_of("orchid", tmp_path, ("make", "DATA"), scripts, goes_on=True).stages
    assert (own.words, own.goes_on) == (("make", "DATA"), True)
    assert started_as(("python", "x.py", "DATA"), Path("/d"), Path("/o")) == [sys.executable, "x.py", "/d"]
    with pytest.raises(UsageError, match="--data"):
        started_as(("python", "DATA"), None, Path("/o"))


@pytest.mark.parametrize(
    ("scripts", "said"),
    [
        ({}, "no script"),
        ({"training.py": ("--wild",)}, "no value is known for --wild"),
    ],
)
def test_an_entry_that_the_rules_cannot_run_says_why(
    tmp_path: Path, scripts: dict[str, tuple[str, ...]], said: str
) -> None:
    (tmp_path / "training.py").touch()
    with pytest.raises(UsageError, match=said):
        entry_of("orchid", tmp_path, (), scripts)
    with pytest.raises(UsageError, match="nothing to run"):
        entry_of("orchid", None, (), scripts)


def test_an_entry_without_its_script_knows_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "training.py").touch()
    scripts = {"training.py": ("--lr",), "test.py": ()}
    assert entry_of("orchid", tmp_path, (), scripts).lacks.startswith("it has no test.py, by which the rules run it")
    assert entry_of("orchid", tmp_path, (), {"training.py": ("--lr",)}).lacks == ""
