"""Explorations: every point has the figures of its network, and the front is what nothing beats."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import costmodel
from costmodel.advising.grid import grid, on_front, parse_axis
from costmodel.errors import UnknownNameError, UsageError
from costmodel.ir.exploration import Point


class Net(nn.Module):
    def __init__(self, width: int = 4, kernel: int = 4) -> None:
        super().__init__()
        if width == 7:
            raise ValueError("seven is too many")
        self.conv = nn.Conv2d(3, width, kernel, stride=4)
        self.head = nn.Linear(width * 64, 10)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.conv(x).relu().flatten(1))
        return logits


def parameters_of(width: int, kernel: int) -> int:
    return width * (3 * kernel * kernel + 1) + 10 * (width * 64 + 1)


def test_every_point_has_the_figures_of_its_network() -> None:
    found = costmodel.explore(Net, {"width": [4, 6, 7, 8], "kernel": [4, 3]}, batch=2)
    assert [tuple(point.settings.values()) for point in found.points] == [
        (str(width), str(kernel)) for width in (4, 6, 7, 8) for kernel in (4, 3)
    ]
    for point in found.points:
        width, kernel = (int(point.settings[name]) for name in ("width", "kernel"))
        if width == 7:
            assert (point.figures, point.on_front) == ({}, False)
            assert "seven is too many" in point.error
            continue
        assert point.figures["parameters"] == parameters_of(width, kernel)
        assert point.figures["macs"] == 2 * 64 * width * (3 * kernel * kernel + 10)
    assert [tuple(point.settings.values()) for point in found.points if point.on_front] == [("4", "3")]
    assert (found.of, found.front) == (8, ("parameters", "operations", "peak_activation_bytes"))


def test_under_a_rulebook_each_point_is_judged_as_check_does_it() -> None:
    facts = {"error_rate_percent": 21.7}
    found = costmodel.explore(Net, {"width": [4, 8]}, rules="mit-lab2-2022", facts=facts)
    for point in found.points:
        verdict = costmodel.check(lambda w=int(point.settings["width"]): Net(w), "mit-lab2-2022", facts=facts)
        claims = {claim.metric: claim.used for claim in verdict.claims}
        for name in ("energy_mj", "cycles", "peak_activation_bytes"):
            assert point.figures[name] == claims[name]
        assert verdict.metric is not None
        assert point.figures["metric"] == verdict.metric.value
        assert point.outcome == verdict.outcome.value
    assert found.front == ("energy_mj", "cycles", "parameters")
    on_machine = costmodel.explore(Net, {"width": [4]}, hardware="simple_weight_stationary").points[0]
    estimate = costmodel.estimate(Net, "simple_weight_stationary")
    assert (on_machine.figures["energy_mj"], on_machine.figures["cycles"]) == (estimate.energy_mj, estimate.cycles)


def test_a_budget_takes_a_sample_and_wrong_words_are_said_first() -> None:
    space: dict[str, Any] = {"width": range(1, 101), "kernel": [3, 4]}
    some = grid(space, 10, seed=3)
    assert len(some) == 10
    assert some == grid(space, 10, seed=3) != grid(space, 10, seed=4)
    assert some == [point for point in grid(space, None) if point in some]
    with pytest.raises(UnknownNameError, match="did you mean"):
        costmodel.explore(Net, {"width": [4]}, rules="mit-lab2-2021")
    with pytest.raises(UsageError, match="has the figure speed; known: parameters"):
        costmodel.explore(Net, {"width": [4]}, front=["speed"])
    with pytest.raises(UsageError, match="needs something to vary"):
        costmodel.explore(Net, {})


def test_axes_from_words() -> None:
    assert parse_axis("width=16:64:16") == ("width", (16, 32, 48, 64))
    assert parse_axis("n=1:3") == ("n", (1, 2, 3))
    assert parse_axis("mixed=2,4:6,0.5,relu,true,none") == ("mixed", (2, 4, 5, 6, 0.5, "relu", True, None))
    for text, said in (
        ("width", "write width=16:128:16"), ("=3", "write width"), ("w=", "write width"), ("w=1:2:3:4", "a range is"),
        ("w=a:b", "a range is"), ("w=5:1", "the range is empty"), ("w=1:5:0", "the range is empty"),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=said):
            parse_axis(text)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_the_front_is_what_nothing_beats(rows: list[tuple[int, int, int]]) -> None:
    names = ("cycles", "energy_mj", "accuracy_percent")
    points = [Point(settings={}, figures=dict(zip(names, row, strict=True))) for row in rows]
    found = on_front(points, names)
    for row, is_best in zip(rows, found, strict=True):
        as_good = [o for o in rows if o[0] <= row[0] and o[1] <= row[1] and o[2] >= row[2]]
        assert is_best is all(other == row for other in as_good)
    assert not points or any(found)
    assert on_front([*points, Point(settings={}, figures={"cycles": 0})], names)[-1] is False
