"""A format of facts is one module: a new one is recognised, named and asked about its options without another edit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from costmodel.errors import FormatError, UnknownNameError, UsageError
from costmodel.facts import formats
from costmodel.facts.facts_format import facts_formats
from costmodel.facts.reader import read_facts, refuse_idle
from costmodel.facts.source import Options

FORMAT = '''
"""A stopwatch's display."""

from decimal import Decimal

from costmodel.facts.quantity import measurement
from costmodel.ir.facts import Reading

NAME = "stop-watch"
TITLE = "a stopwatch"
PRECEDENCE = 35
OPTIONS = ("window",)


def recognises(source):
    return source.text.startswith("lap")


def read(source, options):
    seconds = Decimal(source.text.removeprefix("lap").strip())
    return (Reading(file=source.name, format=NAME, measurements=(measurement("training_seconds", seconds, "lap"),)),)
'''


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "stop_watch.py").write_text(FORMAT, encoding="utf-8")
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, "costmodel.facts.formats.stop_watch", raising=False)
    file = tmp_path / "lap.txt"
    file.write_text("lap 12.5", encoding="utf-8")
    return file


@pytest.mark.parametrize("named", [None, "stop-watch"])
def test_a_new_format_is_read(log: Path, named: str | None) -> None:
    [reading] = read_facts(log, format=named).readings
    assert reading.format == "stop-watch"
    assert reading.measurements[0].value == 12.5


def test_a_new_format_is_listed(log: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'stop-watch'"):
        read_facts(log, format="stopwatch")
    other = log.with_name("other")
    other.write_text("nothing known", encoding="utf-8")
    with pytest.raises(FormatError, match="codecarbon, eco2ai, stop-watch, zeus"):
        read_facts(other)


def test_a_new_format_may_have_a_use_for_an_option(log: Path) -> None:
    readings = read_facts(log, window="b").readings
    refuse_idle(readings, window="b")
    with pytest.raises(UsageError, match="--target is for a DAWNBench log"):
        refuse_idle(readings, target=5)
    with pytest.raises(UsageError, match="--window is for a stopwatch or a Zeus log"):
        refuse_idle((), window="b")


def test_the_order_in_which_formats_are_tried() -> None:
    assert [module.NAME for module in facts_formats()] == [
        "aipowermeter", "competition-result", "perf-stat", "turbostat", "intel-power-gadget", "nvidia-dmon",
        "tegrastats", "powerstat", "carbontracker", "impact-tracker", "powermetrics", "codecarbon", "eco2ai", "zeus",
        "nvidia-smi", "wandb-system", "pyjoules", "pyrapl", "dawnbench", "submission-times", "kaggle-leaderboard",
        "predictions", "facts-table", "facts",
    ]  # fmt: skip


def test_every_format_keeps_the_protocol() -> None:
    modules = facts_formats()
    assert len({module.NAME for module in modules}) == len({module.PRECEDENCE for module in modules}) == len(modules)
    for module in modules:
        assert module.TITLE
        assert set(module.OPTIONS) <= set(Options.__dataclass_fields__)
