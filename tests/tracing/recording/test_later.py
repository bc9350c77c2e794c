"""What is kept, many steps later."""

from __future__ import annotations

import itertools
from collections import deque
from pathlib import Path
from types import CodeType
from typing import Any

from costmodel.tracing.recording.held import Held, Walk
from costmodel.tracing.recording.later import Moving, moved, moving, steps_to_look_at, without_rings
from costmodel.tracing.recording.state import summaries


def held(kept: dict[str, Any]) -> list[Held]:
    walk = Walk()
    walk.enter("", kept)
    return walk.found


def later(kept: dict[str, Any], step: Any, steps: int) -> tuple[dict[str, Any], list[Moving]]:
    """What is kept after three steps and so many more."""
    states = []
    for _ in range(3):
        step(kept)
        states.append(summaries(held(kept)))
    things = moving(states[0], states[1], held(kept))
    with moved(things, steps):
        return {name: list(v) if isinstance(v, (list, deque)) else v for name, v in kept.items()}, things


def test_everything_goes_on_as_it_did_and_comes_back() -> None:
    numbers = itertools.count()
    kept: dict[str, Any] = {
        "n": 0, "down": 10, "half": 1.0, "double": 1, "still": 5, "text": "", "items": [], "names": set(), "table": {},
        "stack": list(range(9)), "queue": deque(range(9)), "front": list(range(9)), "plain": "same", "flag": True,
    }  # fmt: skip

    def step(kept: dict[str, Any]) -> None:
        kept["n"] += 2
        kept["down"] -= 1
        kept["half"] /= 2
        kept["double"] *= 2
        kept["text"] += "ab"
        kept["items"] += [7, 8]
        kept["names"].add(len(kept["names"]))
        kept["table"][len(kept["table"])] = "v"
        kept["stack"].pop()
        kept["queue"].popleft()
        kept["front"].pop(0)
        kept["flag"] = not kept["flag"]

    after, things = later(kept, step, 4)
    assert (after["n"], after["down"], after["still"]) == (6 + 8, 7 - 4, 5)
    assert (after["half"], after["double"]) == (0.125 / 16, 8 * 16)
    assert after["text"] == "ab" * 7
    assert after["items"] == [7, 8] * 7
    assert len(after["names"] or kept["names"]) >= 3
    assert after["stack"] == [0, 1]
    assert after["queue"] == after["front"] == [7, 8]
    assert (kept["n"], kept["down"], kept["half"], kept["double"], kept["text"]) == (6, 7, 0.125, 8, "ab" * 3)
    assert (kept["items"], kept["names"], kept["table"]) == ([7, 8] * 3, {0, 1, 2}, dict.fromkeys(range(3), "v"))
    assert (kept["stack"], list(kept["queue"]), kept["front"]) == ([*range(6)], [*range(3, 9)], [*range(3, 9)])
    with moved(things, 4):
        assert kept["names"] == set(range(7))
        assert kept["table"] == dict.fromkeys(range(7), "v")
    far = moving({}, summaries(held({"i": numbers})), held({"i": numbers}))
    with moved(far, 10**9):
        assert next(numbers) == 2_000
    with moved(things, 10**6):
        assert len(kept["stack"]) == len(kept["queue"]) == 1, "what the next step takes is left"
        assert len(kept["items"]) <= 5_010


def test_where_to_look() -> None:
    def written(n: int) -> bool:
        return n in (3, 40, 50_000_000)

    codes: list[CodeType] = [written.__code__]
    assert Path(written.__code__.co_filename).is_file()
    _, things = later({"n": 0}, lambda kept: kept.update(n=kept["n"] + 2), 1)
    assert steps_to_look_at(things, codes, []) == [1_000, 1_000_000, 16], "n is 6, and comes to 40 in the 17th step"
    table = held({"table": {100: "a", 2: "b"}, "every": 60})
    assert steps_to_look_at(things, [], table) == [1_000, 1_000_000, 46, 26]
    assert steps_to_look_at([], codes, table) == [1_000, 1_000_000]


def test_a_place_in_a_ring_stays_there() -> None:
    def step(kept: dict[str, Any]) -> None:
        kept.update(n=kept["n"] + 1, place=(kept["place"] + 1) % 64)

    kept: dict[str, Any] = {"n": 0, "place": 0}
    _, things = later(kept, step, 1)
    assert [one.path for one in things] == ["n", "place"]
    with moved(things, 1_000):
        step(kept)
        running = without_rings(things, 1_000, held(kept))
    assert [one.path for one in running] == ["n"]
