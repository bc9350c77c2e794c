"""The program of dropout, whose draws no other run repeats: what it keeps, what it scales, and when it does nothing."""

from __future__ import annotations

import pytest

from costmodel.ops.families.random import native_dropout
from costmodel.ops.number import Tally


@pytest.mark.parametrize(
    ("p", "value", "kept"), [(0.25, 4.0, True), (0.5, 6.0, True), (0.75, 0.0, False), (0.0, 3.0, True)]
)
def test_what_is_drawn_stays_and_is_scaled_by_what_stays(p: float, value: float, kept: bool) -> None:
    # the number that is drawn is 0.5
    tally = Tally()
    program = native_dropout.scalar_program
    assert program is not None
    result, mask = program(tally.number(3.0), p)
    assert (result.value, bool(mask)) == (value, kept)
    ops = tally.scalar_ops()
    assert (ops.random, ops.compare, ops.multiply, ops.total) == (1, 1, 2, 4)


def test_nothing_is_drawn_outside_training() -> None:
    tally = Tally()
    number = tally.number(3.0)
    assert native_dropout.scalar_program is not None
    assert native_dropout.scalar_program(number, 0.5, False) == (number, True)
    assert tally.scalar_ops().total == 0
