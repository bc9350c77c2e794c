"""Tips keep their promise: the network with the change written by hand has the figures that the tip says."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch.nn.functional as F
from torch import Tensor, nn

import costmodel
from costmodel.advising.standing import better, rank
from costmodel.errors import UnknownNameError
from costmodel.ir.tips import Standing, Tip, Tips
from costmodel.ir.verdict import Verdict
from costmodel.tracing.finding.plan import plan_object
from costmodel.tracing.surgery.apply import argument_of, changed, possible_changes
from costmodel.tracing.surgery.change import Change

FACTS = {"error_rate_percent": 21.7}


class Net(nn.Module):
    """A small network of the lab: a large stem, a residual pair, and a classifier that reads every place."""

    def __init__(self, stem: nn.Module | None = None, width: int = 12, pooled: bool = False, stride: int = 1) -> None:
        super().__init__()
        self.stem = stem or nn.Conv2d(3, width, 5, padding=2, stride=stride)
        self.one = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.pool = nn.MaxPool2d(4)
        self.average = nn.AdaptiveAvgPool2d(1) if pooled else nn.Identity()
        places = 1 if pooled else (32 // 4 // stride) ** 2
        self.head = nn.Linear(width * places, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        x = self.pool(F.relu(x + self.norm(self.one(x))))
        logits: Tensor = self.head(self.average(x).flatten(1))
        return logits


TWINS: dict[tuple[str, tuple[str, ...], str], Any] = {
    ("kernel", ("stem",), "kernel 5×5 → 3×3"): lambda: Net(nn.Conv2d(3, 12, 3, padding=1)),
    ("kernel", ("stem",), "kernel 5×5 → two of 3×3"): lambda: Net(
        nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1))
    ),
    ("stride", ("stem",), "stride 1 → 2"): lambda: Net(stride=2),
    ("channels", ("stem", "one"), "12 → 8 channels"): lambda: Net(width=8),
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Tips:
    return costmodel.advise(Net, rules="mit-lab2-2022", facts=FACTS)


def by_hand(build: Any) -> dict[str, int | float]:
    verdict: Verdict = costmodel.check(build, "mit-lab2-2022", facts=FACTS)
    assert verdict.metric is not None
    assert verdict.metric.value is not None
    figures = {claim.metric: claim.used for claim in verdict.claims if isinstance(claim.used, (int, float))}
    return {**figures, "metric": verdict.metric.value}


def test_what_is_promised_is_what_comes_out(found: Tips) -> None:
    known: dict[Any, Tip] = {(tip.kind, tip.where, tip.what): tip for tip in found.single}
    for change, build in TWINS.items():
        tip = known.get(change)
        assert tip is not None, (change, list(known))
        assert {**tip.after.figures, "metric": tip.after.metric} == by_hand(build)
        assert tip.parameters == sum(p.numel() for p in build().parameters())
    assert {"metric": found.now.metric, **found.now.figures} == by_hand(Net)


def test_the_receptive_field_before_and_after(found: Tips) -> None:
    # the stem's 5 rows, 2 more of the second convolution, 3 more of the pooling; pooling by 4 doubles nothing before it
    assert str(found.receptive) == "10×10"
    fields = {(tip.kind, tip.what): (str(tip.receptive_before), str(tip.receptive)) for tip in found.single}
    assert fields["kernel", "kernel 5×5 → 3×3"] == ("10×10", "8×8")
    assert fields["kernel", "kernel 5×5 → two of 3×3"] == ("10×10", "10×10")
    assert fields["stride", "stride 1 → 2"] == ("10×10", "15×15")  # 5 + (2 + 3) · 2
    for tip in found.single:
        assert tip.keeps is (tip.keeps_parameters and tip.keeps_receptive_field)
        assert tip.receptive is not None
        (rows, _), parameters = tip.receptive.size, tip.parameters
        assert tip.keeps_receptive_field is (7 <= rows <= 15)
        assert tip.keeps_parameters is (0.7 * tip.parameters_before <= parameters <= 1.5 * tip.parameters_before)


def test_the_layers_that_a_person_has_to_write(found: Tips) -> None:
    tip = next(tip for tip in found.single if tip.what == "12 → 8 channels" and tip.where == ("stem", "one"))
    edits = {edit.layer: edit for edit in tip.layers}
    assert list(edits) == ["stem", "one", "norm", "head"]
    assert edits["stem"].was.startswith("Conv2d(3, 12, kernel_size=(5, 5)")
    assert edits["stem"].becomes.startswith("Conv2d(3, 8, kernel_size=(5, 5)")
    assert edits["one"].gives == ("12×32×32", "8×32×32")
    assert edits["norm"].becomes.startswith("BatchNorm2d(8,")
    assert edits["head"].becomes.startswith("Linear(in_features=512, out_features=10")
    two = next(tip for tip in found.single if tip.what == "kernel 5×5 → two of 3×3")
    (edit,) = two.layers
    assert (edit.layer, edit.becomes.count("Conv2d("), edit.becomes.count("ReLU(")) == ("stem", 2, 1)
    assert edit.where.startswith("test_tips.py:")


def test_a_change_that_an_argument_makes_is_said_as_an_edit(found: Tips) -> None:
    edits = {(tip.where, tip.what): tip.edit for tip in found.single}
    assert edits[("stem", "one"), "12 → 8 channels"] == "width=12 → 8"
    assert {edit for change, edit in edits.items() if change[0] != ("stem", "one")} <= {""}


class Listed(nn.Module):
    """A network whose widths are given as a tuple, and as a list of lists."""

    def __init__(self, channels: tuple[int, ...] = (12, 12, 20), head: Any = (("relu", 40), ("drop", 0.1))) -> None:
        super().__init__()
        first, second, third = channels
        self.stem = nn.Conv2d(3, first, 3, stride=2)
        self.one = nn.Conv2d(first, second, 3, stride=2)
        self.two = nn.Conv2d(second, third, 3, stride=2)
        self.hidden, self.head = nn.Linear(third * 9, head[0][1]), nn.Linear(head[0][1], 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.two(F.relu(self.one(F.relu(self.stem(x))))))
        logits: Tensor = self.head(F.relu(self.hidden(x.flatten(1))))
        return logits


def until_the_sequence(what: str, done: int, total: int) -> None:  # Ctrl-C, as soon as the single changes are tried
    if done == total - 95:
        raise KeyboardInterrupt


def test_an_edit_may_be_inside_a_tuple_or_list() -> None:
    found = costmodel.advise(Listed, rules="mit-lab2-2022", facts=FACTS, progress=until_the_sequence)
    edits = {(tip.where, tip.what): tip.edit for tip in found.single if tip.kind == "channels"}
    assert {edit.partition("=")[0] for edit in edits.values()} == {"channels", "head"}
    layers = {("stem",): 0, ("one",): 1, ("two",): 2}
    for (where, what), edit in edits.items():
        after = int(what.split("→")[1].split()[0])
        if where in layers:
            widths = [12, 12, 20]
            widths[layers[where]] = after
            assert edit == f"channels=(12, 12, 20) → ({', '.join(map(str, widths))})"
        else:
            assert edit == f"head=(('relu', 40), ('drop', 0.1)) → (('relu', {after}), ('drop', 0.1))"


class Layers(nn.Module):
    """Every change of widths is one of an argument."""

    def __init__(self, hidden: int = 40, second: int = 20, shrink: int = 8) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(shrink)
        self.one, self.two = nn.Linear(3 * (32 // shrink) ** 2, hidden), nn.Linear(hidden, second)
        self.head = nn.Linear(second, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.two(F.relu(self.one(self.pool(x).flatten(1)))))
        logits: Tensor = self.head(x)
        return logits


def test_the_best_sequence_as_edits_followed_to_its_end() -> None:
    found = costmodel.advise(Layers, rules="mit-lab2-2022", facts=FACTS)
    assert len(found.sequence) > 1
    given: dict[str, int] = {"hidden": 40, "second": 20}
    for tip in found.sequence:
        name, _, values = tip.edit.partition("=")
        before, after = map(int, values.split(" → "))
        assert given[name] == before  # an edit goes on from those before it
        given[name] = after
        assert {**tip.after.figures, "metric": tip.after.metric} == by_hand(lambda: Layers(**given))


def test_an_edit_beside_changes_that_are_made_by_hand() -> None:
    plan = plan_object(Net, {"input": "3x32x32"})
    stride = Change("stride", ("stem",), "stride 1 → 2", make=strided)
    steps = possible_changes(changed(plan, [stride]), [("stem", "one")], 16)
    narrow = next(c for c in steps if c.where == ("stem", "one") and c.counts == (12, 8))
    resized = argument_of(plan, [stride, narrow], [None])
    assert resized is not None
    assert (resized.name, resized.value, resized.edit) == ("width", 8, "width=12 → 8")
    again = next(c for c in steps if c.where == ("stem", "one") and c.counts is not None and c.counts[1] > 12)
    assert argument_of(plan, [stride, replace(again, counts=(9, 16))], [None]) is None  # no argument is 9


def strided(model: Any) -> None:
    model.stem.stride = (2, 2)


def test_every_tip_is_better_and_breaks_nothing(found: Tips) -> None:
    assert found.tried > 20
    for tip in found.single:
        assert tip.after.failing <= found.now.failing
        assert better(tip.after, found.now, found.order)
    keeps = [tip.keeps for tip in found.single]
    assert keeps == sorted(keeps, reverse=True)
    best = min(rank(tip.after, found.order) for tip in found.single if tip.keeps)
    steps = [rank(tip.after, found.order) for tip in found.sequence]
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] <= best
    assert 1 <= len(steps) <= 5
    before = found.sequence[0].parameters_before
    assert all(0.7 * before <= tip.parameters <= 1.5 * before for tip in found.sequence)


def test_of_equals_the_one_that_takes_least_away_comes_first(found: Tips) -> None:
    def apart(tip: Tip) -> float:
        return abs(math.log(tip.parameters / tip.parameters_before))

    for kept in (True, False):
        keys = [(rank(tip.after, found.order), apart(tip)) for tip in found.single if tip.keeps is kept]
        assert keys == sorted(keys)
    assert len({rank(tip.after, found.order) for tip in found.single}) < len(found.single)  # there are such


def test_what_a_unit_of_each_term_is_worth(found: Tips) -> None:
    # the lab's metric: error / 12 + cycles / 300,000, so one percent is 25,000 cycles
    assert found.worth["error_rate_percent"] / found.worth["cycles"] == pytest.approx(25_000)


def test_standings_are_compared_by_failures_then_points_then_the_metric() -> None:
    def of(failing: int, points: int, metric: float | None) -> Standing:
        return Standing(failing=failing, points=points, metric=metric, figures={})

    worst, *_, best = [of(1, 120, 0.1), of(0, 85, 0.5), of(0, 90, 1.1), of(0, 90, 1.0)]
    ranks = [rank(s, "ascending") for s in (best, of(0, 90, 1.1), of(0, 85, 0.5), worst)]
    assert ranks == sorted(ranks)
    assert not better(of(1, 120, 0.1), of(0, 0, 9.0), "ascending")
    assert better(of(0, 90, 2.0), of(0, 90, 1.0), "descending")
    assert not better(of(0, 90, 1.0), of(0, 90, 1.0), "ascending")


def test_an_unknown_rulebook_is_said_before_anything_is_traced() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'mit-lab2-2022'"):
        costmodel.advise(Net, rules="mit-lab2-2021")
