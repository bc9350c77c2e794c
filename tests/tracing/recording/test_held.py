"""What holds what: the path to every value, how it is replaced, and when a summary says that it has changed."""

from __future__ import annotations

import ctypes
import functools
import itertools
import threading
from array import array
from collections import deque
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from costmodel.tracing.recording.held import Held, Walk, names_of, seen


class Own:
    """An object of a user's file."""

    __slots__ = ("__dict__", "slot")

    def __init__(self) -> None:
        self.n, self.slot = 1, 2


def held(value: Any) -> dict[str, Held]:
    walk = Walk()
    walk.enter("net.", {"x": value})
    return {one.path: one for one in walk.found}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("net.step", {"step"}),
        ("net.counts[3]", {"counts"}),
        ("net.state[0][step]", {"state", "step"}),
        ("net.args.step", {"step"}),
        ("net.x[a.b]", {"x", "a", "b"}),
        ("net.x[a.b].n", {"n"}),
        ("seen", {"seen"}),
    ],
)
def test_what_source_code_mentions_of_a_path(path: str, names: set[str]) -> None:
    assert names_of(path) == names


def test_numbers_are_found_and_replaced_wherever_they_lie() -> None:
    own, local = Own(), threading.local()
    local.n = 1
    count = [1]

    def closed(given: list[int] = [1]) -> int:  # noqa: B006
        return count[0] + given[0]

    closed.n = 1  # type: ignore[attr-defined]
    cases: dict[str, Any] = {
        "net.x": 1,
        "net.x[0]": [1],
        "net.x[a]": {"a": 1},
        "net.x[0][0]": deque([[1]]),
        "net.x.n": own,
        "net.x.slot": Own(),
        "net.x.a": SimpleNamespace(a=1),
        "net.x.m": SimpleNamespace(m=np.int64(1)),
        "net.x[1]": np.array([5, 1]),
        "net.x.c": SimpleNamespace(c=ctypes.c_int(1)),
        "net.x.count[0]": closed,
        "net.x.given[0]": lambda: closed,
    }
    cases["net.x.given[0]"] = closed
    for path, value in cases.items():
        one = held(value)[path]
        assert one.put is not None, path
        one.put(7)
        if path not in ("net.x", "net.x.m"):  # these have no holder but the dictionary that was given
            assert held(value)[path].value == 7, path
    assert held(local)["net.x.n"].value == 1
    assert held(closed)["net.x.n"].value == 1
    assert held(functools.partial(closed, [3]))["net.x[args][0][0]"].value == 3
    assert held([9].count)["net.x[0]"].value == 9
    assert held((1, 2))["net.x[0]"].put is None


def test_it_goes_so_deep_and_so_far() -> None:
    deep: Any = [[[[[1]]]]]
    assert held(deep)["net.x" + 5 * "[0]"].value == 1
    assert "net.x" + 4 * "[0]" in held([deep])
    assert "net.x" + 5 * "[0]" not in held([deep])
    many = held(list(range(60)))
    assert "net.x[49]" in many
    assert "net.x[50]" not in many
    assert len(held([[list(range(50)) for _ in range(50)] for _ in range(20)])) == 20_000
    assert set(held(nn.Linear(1, 1))) == set(held(torch)) == set(held(int)) == set()
    loop: list[Any] = []
    loop.append(loop)
    assert set(held(loop)) == {"net.x"}


def test_a_summary_changes_with_its_value() -> None:
    tick = functools.lru_cache(lambda x: x)
    counting, turning, ring = itertools.count(), itertools.cycle([1]), iter([1, 2])

    def generate() -> Any:
        n = 0
        while True:
            n += 1
            yield n

    running = generate()
    changes: list[tuple[Any, Any]] = [
        (tick, lambda: tick(object())),
        (counting, lambda: next(counting)),
        (turning, lambda: next(turning)),
        (ring, lambda: next(ring)),
        (running, lambda: next(running)),
        *(((box := [0] * 60), lambda box=box: box.__setitem__(55, 1)),),
        *(((row := np.zeros(100)), lambda row=row: row.__setitem__(99, 1)),),
        *(((raw := bytearray(9)), lambda raw=raw: raw.__setitem__(8, 1)),),
        *(((plain := array("i", [0])), lambda plain=plain: plain.append(0)),),
        *(((some := {1}), lambda some=some: some.add(2)),),
        *(((other := {1: 1}), lambda other=other: other.update({2: 2})),),
    ]
    for value, change in changes:
        before = seen(value)
        if value is not turning:  # it does not say where it is
            assert seen(value) == before, value
        change()
        assert seen(value) != before, value
    assert seen(float("nan")) == seen(float("nan"))
    assert seen(torch.zeros(2)) == seen(torch.ones(2)) != seen(torch.ones(3))
    assert seen(np.zeros(5_000)) == seen(np.ones(5_000)) != seen(np.ones(5_001))
