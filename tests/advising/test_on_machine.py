"""Advice for a machine: what is promised is what ``estimate`` says of the network written by hand, in both phases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import costmodel
from costmodel.errors import UnknownNameError, UsageError
from costmodel.ir.advice import Advice

MACHINE = "simple_weight_stationary"


class Net(nn.Module):
    def __init__(self, kernel: int = 5, width: int = 12, stride: int = 1) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, width, kernel, padding=kernel // 2, stride=stride)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.one(x).relu().mean((2, 3)))
        return logits


TWINS: dict[tuple[str, str], Any] = {
    ("kernel", "kernel 5×5 → 3×3"): lambda: Net(kernel=3),
    ("stride", "stride 1 → 2"): lambda: Net(stride=2),
    ("channels", "12 → 8 channels"): lambda: Net(width=8),
}


COMPARED: dict[str, Callable[[Mapping[str, int | float]], tuple[int | float, int | float]]] = {
    "latency": lambda f: (f["cycles"], f["energy_mj"]),
    "energy": lambda f: (f["energy_mj"], f["cycles"]),
    "edp": lambda f: (f["energy_mj"] * f["cycles"], f["cycles"]),
}


@pytest.mark.parametrize(
    ("phase", "objective"), [("inference", "energy"), ("training", "latency"), ("training", "edp")]
)
def test_what_is_promised_is_what_comes_out(phase: str, objective: str) -> None:
    found: Advice = costmodel.advise(Net, MACHINE, phase=phase, objective=objective, input="3x8x8")
    assert (found.phase, found.objective) == (phase, objective)
    known = {(tip.kind, tip.what): tip for tip in found.changes}
    for change, build in TWINS.items():
        assert change in known, (change, list(known))
        cost = costmodel.estimate(build, MACHINE, phase=phase, objective=objective, input="3x8x8")
        figures = known[change].after.figures
        assert (figures["cycles"], figures["energy_mj"]) == (cost.cycles, cost.energy_mj)
    own = costmodel.estimate(Net, MACHINE, phase=phase, objective=objective, input="3x8x8")
    assert found.cycles == own.cycles
    assert found.energy_pj == pytest.approx(own.energy_pj, rel=1e-12)
    compared = COMPARED[objective]
    assert found.now is not None
    now = compared(found.now.figures)
    assert all(compared(tip.after.figures) < now for tip in found.changes)
    kept = [compared(tip.after.figures) for tip in found.changes if tip.keeps]
    assert kept == sorted(kept)
    assert sum(spot.cycles for spot in found.spots) == found.cycles
    assert phase == "inference" or not found.suggestions  # channel counts near the present ones are an inference's


def test_wrong_words_are_said_first() -> None:
    with pytest.raises(UnknownNameError, match="training"):
        costmodel.advise(Net, MACHINE, phase="trainin")
    with pytest.raises(UnknownNameError, match="latency"):
        costmodel.advise(Net, MACHINE, objective="speed")
    with pytest.raises(UsageError, match="a rulebook says its own"):
        costmodel.advise(Net, rules="mit-lab2-2022", phase="training")  # type: ignore[call-overload]


def test_ctrl_c_ends_the_search_with_what_it_has_found() -> None:
    def impatient(what: str, done: int, total: int) -> None:
        assert done <= total
        if what == "computing changes" and done == 12:
            raise KeyboardInterrupt

    found = costmodel.advise(Net, MACHINE, input="3x8x8", progress=impatient)
    whole = costmodel.advise(Net, MACHINE, input="3x8x8")
    assert (found.stopped, found.changes_tried, whole.stopped) == (True, 12, False)
    assert 0 < len(found.changes) <= 12 < whole.changes_tried
    assert {tip.what for tip in found.changes} <= {tip.what for tip in whole.changes}
    assert "there may be better ones" in costmodel.render(found)
    assert "there may be better ones" not in costmodel.render(whole)


class Branches(nn.Module):
    """A stride in one branch does not fit the other."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 1)
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(torch.cat([self.one(x), self.two(x)], 1).mean((2, 3)))
        return logits


def test_a_change_that_does_not_fit_is_counted_and_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    found = costmodel.advise(Branches, MACHINE, input="3x8x8")
    assert found.unfit >= 1
    assert not any(tip.kind == "stride" and tip.where == ("one",) for tip in found.changes)
    assert capfd.readouterr() == ("", "")
