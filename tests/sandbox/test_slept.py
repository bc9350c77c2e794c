"""What counts as sleep, look by look: a clock and the use of a tree are given."""

from __future__ import annotations

import time

import pytest

from costmodel.sandbox.process_tree import TreeUsage
from costmodel.sandbox.slept import Slept

Look = tuple[float, dict[int, float], bool]
"""The time, per thread the seconds that it was awake until then, and whether one is awake at that moment."""


def after(looks: list[Look], monkeypatch: pytest.MonkeyPatch) -> float:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock, seconds = Slept(0), 0.0
    for now[0], awake, is_awake in looks:
        seconds = clock.seconds(TreeUsage(awake_seconds=awake, is_awake=is_awake))
    return seconds


@pytest.mark.parametrize(
    ("looks", "seconds"),
    [
        pytest.param([(1.0, {}, False), (4.0, {}, False)], 4.0, id="nothing is known: all that passes"),
        pytest.param([(2.0, {1: 0.5}, False)], 1.5, id="what it ran is no sleep"),
        pytest.param([(2.0, {1: 0.0}, True), (3.0, {1: 0.1}, True)], 1.45, id="awake when looked at: half of the rest"),
        pytest.param([(9.0, {1: 0.1}, True), (9.1, {1: 9.1}, True)], 0.0, id="a long wait is told when it is over"),
        pytest.param([(9.0, {1: 9.0}, True), (19.0, {1: 9.0}, False)], 10.0, id="work saves up no time"),
        pytest.param([(1.0, {1: 1.0, 2: 1.0, 3: 1.0}, True), (3.0, {}, False)], 2.0, id="nor do many threads"),
        pytest.param([(2.0, {1: 0.5, 2: 0.5}, False)], 1.0, id="threads one after the other"),
        pytest.param([(2.0, {1: 1.0}, True), (4.0, {2: 0.5}, False)], 1.5, id="a thread that ended and a new one"),
    ],
)
def test_seconds_slept(looks: list[Look], seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert after(looks, monkeypatch) == pytest.approx(seconds)
