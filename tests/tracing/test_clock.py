"""The steady step's own clock, case by case, and the tensors of a nested structure."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
import torch

from costmodel.ir.tensor import Role
from costmodel.tracing.recording.lifetimes import Life
from costmodel.tracing.structures import tensors_in
from costmodel.tracing.tracer import _lifetime

OFFSETS = {2: 0, 4: 100}
"""Segments 2 and 4 are the steady step's two halves; the first has 100 calls."""


@pytest.mark.parametrize(
    ("born", "died", "due"),
    [
        # made in the step
        ((2, 7), (2, 9), (7, 9)), ((2, 7), (4, 3), (7, 103)), ((4, 5), (4, 6), (105, 106)), ((2, 7), None, (7, None)),
        ((4, 5), (5, 1), (105, None)),
        # made in the step, freed between its halves
        ((2, 7), (3, 1), (7, 100)),
        # there before it
        ((1, 7), (2, 3), (-1, 3)), ((1, 7), (4, 3), (-1, 103)), ((0, 7), None, (-1, None)),
        ((1, 7), (5, 1), (-1, None)),
        # never in it: gone before it, made and gone between its halves, made after it
        ((0, 7), (1, 8), (0, 0)), ((3, 1), (3, 2), (0, 0)), ((5, 1), (5, 2), (0, 0)), ((5, 1), None, (0, 0)),
    ],
)  # fmt: skip
def test_when_a_storage_lives(born: tuple[int, int], died: tuple[int, int] | None, due: tuple[int, int | None]) -> None:
    assert _lifetime(Life(4, Role.ACTIVATION, born, died), OFFSETS) == due


def test_the_tensors_of_a_nested_structure() -> None:
    a, b, c, d = (torch.zeros(n) for n in (1, 2, 3, 4))
    held: Any = {"a": a, "rest": [b, (c, None, 1, "x")], "queue": deque([d])}
    assert [len(one) for one in tensors_in(held)] == [1, 2, 3, 4]
    assert [len(one) for one in tensors_in(held, depth=2)] == [1, 2, 4]
    assert [len(one) for one in tensors_in(held, depth=1)] == [1]
    assert list(tensors_in(object())) == []
    for level, found in ((6, 1), (7, 0)):
        nested: Any = a
        for _ in range(level):
            nested = [nested]
        assert len(list(tensors_in(nested))) == found
