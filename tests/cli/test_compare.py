"""Two subjects, two files, two machines: deltas by layer, aligned by the module's path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import costmodel
from costmodel.errors import UsageError
from tests.cli.conftest import Run

NET = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, width=8, extra=False):
        super().__init__()
        self.a = nn.Linear(4, width)
        self.b = nn.Linear(width, 2)
        if extra:
            self.c = nn.ReLU()
        self.extra = extra
    def forward(self, x):
        x = self.b(self.a(x))
        return self.c(x) if self.extra else x

class Wide(Net):
    def __init__(self):
        super().__init__(width=16, extra=True)
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    file = tmp_path / "net.py"
    file.write_text(NET, encoding="utf-8")
    return file


def test_layers_are_aligned_by_their_path(net: Path) -> None:
    found = costmodel.compare(f"{net}:Net", f"{net}:Wide", input="4")
    assert (found.before, found.after, found.warnings) == ("net.py:Net", "net.py:Wide", ())
    rows = {(row.layer, row.figure): (row.before, row.after, row.change) for row in (*found.totals, *found.layers)}
    # weights and biases: 4·w + w, and 2·w + 2
    assert rows["", "parameters"] == (40 + 18, 80 + 34, 56)
    assert rows["a", "parameters"] == (40, 80, 40)
    assert rows["b", "parameters"] == (18, 34, 16)
    assert rows["c", "parameters"] == (None, 0, None)
    # of one sample: forward 4·w and w·2; backward the weights' gradients again, and b's input's
    assert rows["a", "MACs of a step"] == (32 + 32, 64 + 64, 64)
    assert rows["b", "MACs of a step"] == (16 + 32, 32 + 64, 48)
    assert list(dict.fromkeys(row.layer for row in found.layers))[-1] == "c"  # what only the second has comes last
    assert costmodel.Noun.load(_saved(found, net.parent / "c.json")).to_json() == found.to_json()


def _saved(noun: costmodel.Noun, path: Path) -> Path:
    noun.save(path)
    return path


def test_files_are_compared_and_what_is_not_alike_is_said(run: Run, net: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    run("analyze", f"{net}:Net", "--input", "4", "-o", str(one))
    run("analyze", f"{net}:Net", "--input", "4", "--batch", "3", "--optimizer", "adam", "-o", str(other))
    result = run("compare", str(one), str(other), "--format", "json")
    data = json.loads(result.stdout)
    assert data["schema"] == "costmodel.comparison/1"
    assert data["warnings"] == ["batch: 1 and 3", "optimizer: sgd and adam"]
    text = run("compare", str(one), str(other)).stdout
    assert "NOT ALIKE: batch: 1 and 3" in text
    assert "Layers: 3 of 3 differ" in text  # a, b and the loss
    for words in (("--hardware", "eyeriss_like", "simba_like"), ("--batch", "2")):
        refused = run("compare", str(one), str(other), *words)
        assert refused.returncode == 3
        assert "already" in refused.stderr


def test_two_machines_with_words_of_two_widths(net: Path) -> None:
    both = ("simple_weight_stationary", "eyeriss_like")
    analyses = [costmodel.analyze(f"{net}:Net", input="4", hardware=machine) for machine in both]
    found = costmodel.compare(*analyses, rules="haet-2021")
    assert found.warnings == ("words of the accelerator, bits: 16 and 8",)  # as their files say
    cycles = next(row for row in found.totals if row.figure == "cycles")
    assert (cycles.before, cycles.after) == tuple(a.totals.cycles for a in analyses)
    assert [rule.rule for rule in found.rules]
    assert found.before == "net.py:Net on simple_weight_stationary"


def test_only_analyses_are_compared(net: Path, tmp_path: Path) -> None:
    verdict = costmodel.judge(costmodel.analyze(f"{net}:Net", input="4"), "haet-2021")
    with pytest.raises(UsageError, match="holds a Verdict: only analyses are compared"):
        costmodel.compare(_saved(verdict, tmp_path / "v.json"), f"{net}:Net")


def test_one_network_twice_is_told_apart(net: Path) -> None:
    def names(before: dict[str, int], after: dict[str, int]) -> tuple[str, str]:
        both = [costmodel.analyze(f"{net}:Net", input="4", model_options=options) for options in (before, after)]
        found = costmodel.compare(*both)
        return found.before, found.after

    wide = "net.py:Net (width=16, extra=False)"
    assert names({"width": 8}, {"width": 16}) == ("net.py:Net (width=8, extra=False)", wide)
    assert names({}, {"width": 16}) == ("net.py:Net (width=8, extra=False)", wide)
    assert names({"width": 8}, {"width": 8}) == ("net.py:Net (before)", "net.py:Net (after)")
