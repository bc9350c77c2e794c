"""Answers to a step that asks for values, and the draws of its rounds: how often which, and when there is no end."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from costmodel.errors import TraceError
from costmodel.tracing.recording import chance
from costmodel.tracing.recording.answers import ORDINARY, PROBES, Answers, Probe

WHOLE, REAL, FLAG = torch.zeros(1, dtype=torch.int64), torch.zeros(1), torch.zeros(1, dtype=torch.bool)


def test_the_answers_by_what_a_value_is() -> None:
    assert (
        Probe(False, 0, 0.0), (Probe(True, 1, 100.0), Probe(True, 100, -100.0), Probe(True, 10_000, 1e7)),
    ) == (ORDINARY, PROBES)  # fmt: skip
    probe = Probe(True, 7, 0.5)
    assert probe.of(torch.bool) is True
    assert [probe.of(dtype) for dtype in (torch.int64, torch.uint8, torch.float32, torch.bfloat16)] == [7, 7, 0.5, 0.5]


def test_ordinary_answers_until_patience_ends_and_then_no_more() -> None:
    answers = Answers()
    given = [answers.to(WHOLE, "net.py:1") for _ in range(300)]
    assert given == [0] * 64 + [1] * 236
    # another place is asked for the first time
    assert (answers.to(FLAG, "net.py:2"), answers.to(REAL, "net.py:3")) == (False, 0.0)
    with pytest.raises(
        TraceError, match=r"^net\.py:1: a loop runs until a tensor has a certain value, which it never gets"
    ):
        answers.to(WHOLE, "net.py:1")


def test_a_probe_is_given_three_times_at_a_place_and_a_new_run_begins_anew() -> None:
    answers = Answers()
    answers.to(REAL, "net.py:1")
    for probe in PROBES:
        answers.begin(probe)
        assert [answers.to(REAL, "net.py:1") for _ in range(5)] == [probe.real] * 3 + [0.0] * 2
        assert answers.asked == {"net.py:1": 5}
    answers.begin(ORDINARY)
    assert [answers.to(FLAG, "net.py:1") for _ in range(65)] == [False] * 64 + [True]


def test_a_stretch_draws_the_same_numbers_each_time_and_leaves_no_trace() -> None:
    def drawn() -> tuple[float, float]:
        with chance.seeded():
            return random.random(), float(np.random.rand())

    random.seed(5)
    np.random.seed(5)
    before = chance.state()
    assert drawn() == drawn()
    assert chance.state() == before
    random.random()
    one = chance.state()
    assert one != before
    np.random.rand()
    assert chance.state() != one


def test_rounds_draw_other_numbers_and_two_of_them_the_ends() -> None:
    def drawn(number: int) -> tuple[float, float, float, list[float]]:
        with chance.drawing(number):
            return random.random(), float(np.random.rand()), float(np.random.random()), list(np.random.random_sample(2))

    rounds = [drawn(number) for number in range(chance.ROUNDS)]
    assert len(rounds) == 14
    assert rounds[4] == (0.0, 0.0, 0.0, [0.0, 0.0])
    last = 1 - 2**-53
    assert rounds[5] == (last, last, last, [last, last])
    others = [one[:2] for number, one in enumerate(rounds) if number not in (4, 5)]
    assert len(set(others)) == 12
    assert drawn(3) == rounds[3]
    assert random.random() not in (0.0, last)
