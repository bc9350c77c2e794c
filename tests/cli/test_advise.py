"""``costmodel advise``: every figure after a change is that of the changed network, mapped by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self, width: int = 58):
        super().__init__()
        self.a = nn.Conv2d(3, 32, 3, padding=1)
        self.b = nn.Conv2d(32, width, 3, padding=1)
        self.c = nn.Conv2d(width, 64, 3, padding=1, stride=2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(self.c(self.b(self.a(x).relu()).relu()).relu().mean((2, 3)))
"""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for all tests: what was computed of it once is in the cache."""
    file = tmp_path_factory.mktemp("net") / "net.py"
    file.write_text(NET, encoding="utf-8")
    return file


def test_a_width_that_leaves_the_array_idle_is_found(run: Run, net: Path, golden: Callable[[str, str], None]) -> None:
    words = (str(net), "--hardware", "simple_weight_stationary")
    golden("net58.advice.text", run("advise", *words, "--top", "5").stdout)
    # from the cache it is the same
    golden("net58.advice.text", run("advise", *words, "--top", "5").stdout)
    data = json.loads(run("advise", *words, "--format", "json").stdout)
    assert data["schema"] == "costmodel.advice/1"
    of_b = {s["becomes"]: s for s in data["suggestions"] if s["layers"] == ["b"]}
    assert {56, 64} <= set(of_b)
    assert (of_b[64]["busy_before"], of_b[64]["busy_after"]) == (32, 256)
    assert sum(spot["cycles"] for spot in data["spots"]) == data["cycles"]
    assert sum(spot["energy_share"] for spot in data["spots"]) == pytest.approx(1)


def test_the_figure_after_the_change_is_the_changed_networks_own(run: Run, net: Path) -> None:
    words = ("--hardware", "simple_weight_stationary", "--format", "json")
    data = json.loads(run("advise", str(net), *words).stdout)
    for width in (56, 64):
        said = next(s for s in data["suggestions"] if s["layers"] == ["b"] and s["becomes"] == width)
        changed = json.loads(run("analyze", str(net), "--model-option", f"width={width}", *words).stdout)
        assert said["cycles"] == changed["totals"]["cycles"]
        assert said["energy_pj"] == pytest.approx(changed["cost"]["energy_pj"], rel=1e-12)


def test_a_change_is_shown_as_an_edit(run: Run, net: Path) -> None:
    words = ("advise", str(net), "--hardware", "simple_weight_stationary")
    data = json.loads(run(*words, "--format", "json").stdout)
    numbers = {(tip["kind"], tip["what"], *tip["where"]): n for n, tip in enumerate(data["changes"], 1)}
    width = numbers["channels", "58 → 64 channels", "b"]
    assert "width=58 → 64" in run(*words, "--apply", str(width)).stdout
    stride = numbers["stride", "stride 1 → 2", "b"]
    shown = run(*words, "--apply", str(stride), COLUMNS="200").stdout
    assert "net.py:14" in shown  # the line that calls it
    assert "Conv2d(32, 58, kernel_size=(3, 3), stride=(2, 2)" in " ".join(shown.split())
    assert "58×32×32 → 58×16×16" in shown
    assert f"{data['changes'][stride - 1]['after']['figures']['cycles']:,}" in shown
    assert "accuracy is not known" in shown
    # of the sequence each step up to the one that is asked for
    both = run(*words, "--apply", "s2").stdout
    assert both.count("called in") + both.count("argument of") == 2
    for wrong in ("0", "999", "s9", "x", "-1"):
        refused = run(*words, "--apply", wrong)
        assert (refused.returncode, refused.stdout) == (3, "")
        assert f"--apply {wrong}: no such change; there are 1 to {len(data['changes'])}, s1 to" in refused.stderr


def test_an_unknown_machine_lists_the_known_ones(run: Run, net: Path) -> None:
    result = run("advise", str(net), "--hardware", "abacus")
    assert result.returncode == 3
    assert "simple_weight_stationary" in result.stderr
