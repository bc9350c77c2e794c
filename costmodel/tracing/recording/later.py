"""What a step keeps, as it will be after many more steps: counters run on as they did, lists grow, iterators go on.

A condition can be read; a size, a number of rounds or a place in a table that grows with a counter is only seen when
the step runs with it. All that moves is moved together, as if so many steps had been done.
"""

from __future__ import annotations

import ast
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import CodeType, GeneratorType
from typing import Any

from costmodel.tracing.recording.conditions import functions_in
from costmodel.tracing.recording.held import Held, seen
from costmodel.tracing.recording.state import State

_FAR = (1_000, 1_000_000)
"""Steps after which a training surely has done all that it does."""
_MOST_NUMBERS = 12
"""Numbers of a program at which a counter may do something."""
_LEAST, _LARGEST = 7, 10_000_000
"""Fewer steps than that are run one by one."""
_LONGEST, _TAKEN, _TAKEN_OF_CODE = 5_000, 2_000, 120
"""Items that something grows by, and that are taken from an iterator, or from one that runs code, at most."""
_DOUBLINGS = 200
_ITERATORS: tuple[Any, ...] = (
    itertools.count, itertools.repeat, type(iter([])), type(iter(())), type(iter("")), type(iter(range(0))),
    type(iter(range(1 << 70))),
)  # fmt: skip
"""Iterators that run no code of their own."""
_RUNNING: tuple[Any, ...] = (
    GeneratorType,
    itertools.cycle,
    itertools.chain,
    itertools.islice,
    enumerate,
    zip,
    map,
    filter,
)


@dataclass(frozen=True)
class Moving:
    """Something that each step moves by as much.

    Attributes:
        to: moves it on by so many steps.
        back: puts it where it is now.
        counter: it is this now, and moves by so much, where it is a number that grows.
        path: how the program reaches it.
    """

    to: Callable[[int], object]
    back: Callable[[], object] = lambda: None
    counter: tuple[int, int] | None = None
    path: str = ""


def moving(earlier: State, before: State, held: Iterable[Held]) -> list[Moving]:
    """What moved since ``before`` was, a round ago, and ``earlier``, two rounds ago."""
    found: list[Moving | None] = []
    shifting: tuple[str, ...] = ()
    for one in held:
        if one.path.startswith(shifting):
            continue  # its items are others now
        value, old = one.value, before.get(one.path)
        if type(value) in (int, float):
            found.append(_number(one, old, earlier.get(one.path)))
        elif isinstance(value, str) and one.put is not None and isinstance(old, str) and len(old) < len(value):
            more = value[len(old) :]
            found.append(Moving(partial(_longer, one.put, value, more), partial(one.put, value)))
        elif isinstance(value, (list, deque, set, dict)):
            found.append(_sized(value, old, before.get(f"{one.path}[0]")))
            shifting = shifting if found[-1] is None else (*shifting, f"{one.path}[")
        elif isinstance(value, _ITERATORS):
            found.append(Moving(partial(_take, value, _TAKEN)))
        elif isinstance(value, _RUNNING):
            found.append(Moving(partial(_take, value, _TAKEN_OF_CODE)))
    return [one for one in found if one is not None]


def _number(one: Held, old: Any, oldest: Any) -> Moving | None:
    value, put = one.value, one.put
    if put is None or type(old) not in (int, float) or not math.isfinite(value) or value == old:
        return None
    back = partial(put, value)
    if old and oldest and old * old == value * oldest:
        ratio = value // old if type(value) is int and value % old == 0 else value / old
        return Moving(lambda steps: put(value * ratio ** min(steps, _DOUBLINGS)), back)
    by = value - old
    counter = (value, by) if type(value) is int and type(by) is int and by > 0 else None
    return Moving(lambda steps: put(value + by * steps), back, counter, one.path)


def _longer(put: Callable[[Any], object], value: str, more: str, steps: int) -> None:
    put(value + more * min(steps, _LONGEST // len(more)))


def _sized(items: Any, old: Any, first: Any) -> Moving | None:
    """What grows, or shrinks, by some items in each step."""
    was = old[1] if isinstance(old, tuple) and len(old) > 1 and isinstance(old[1], int) else len(items)
    by = len(items) - was
    if by == 0:
        return None
    kept = items.copy()

    def back() -> None:
        items.clear()
        (items.extend if isinstance(items, (list, deque)) else items.update)(kept)

    if by > 0:
        return Moving(lambda steps: _grow(items, by, min(steps, _LONGEST // by)), back)
    if by < 0 and isinstance(items, (list, deque)):
        ahead = isinstance(items, deque) or (bool(items) and first is not None and seen(items[0]) != first)
        return Moving(lambda steps: _shrink(items, -by, steps, ahead=ahead), back)
    return None


def _grow(items: Any, by: int, steps: int) -> None:
    if isinstance(items, (list, deque)):
        items.extend(list(items)[-by:] * steps)
        return
    whole = all(type(key) is int for key in items)
    keys = [len(items) + i if whole else object() for i in range(by * steps)]
    items.update(keys if isinstance(items, set) else dict.fromkeys(keys, next(reversed(items.values()))))


def _shrink(items: Any, by: int, steps: int, *, ahead: bool) -> None:
    """As many items less as that, but for those that the next step takes."""
    for _ in range(min(by * steps, len(items) - by)):
        del items[0 if ahead else -1]


def _take(items: Iterator[Any], most: int, steps: int) -> None:
    deque(itertools.islice(items, min(steps, most)), maxlen=0)


@contextmanager
def moved(things: Iterable[Moving], steps: int) -> Iterator[None]:
    """A stretch in which so many more steps have been done."""
    things = list(things)
    try:
        for one in things:
            with suppress(Exception):  # their own item assignment may refuse it
                one.to(steps)
        yield
    finally:
        for one in things:
            one.back()


def without_rings(things: Iterable[Moving], steps: int, after: Iterable[Held]) -> list[Moving]:
    """What has not fallen back in the round that followed so many steps: a place in a ring never comes that far."""
    values = {one.path: one.value for one in after}

    def falls(one: Moving) -> bool:
        return one.counter is not None and values.get(one.path, math.inf) < one.counter[0] + one.counter[1] * steps

    return [one for one in things if not falls(one)]


def steps_to_look_at(things: Iterable[Moving], codes: Iterable[CodeType], kept: Iterable[Held]) -> list[int]:
    """After how many more steps something may be done: far on, and where a counter comes to a number of the program."""
    numbers = list(dict.fromkeys(n for n in (*_written(codes), *_held(kept)) if _LEAST < n <= _LARGEST))
    counters = [one.counter for one in things if one.counter is not None]
    near = (math.floor((n - value) / by) - 1 for n in numbers[:_MOST_NUMBERS] for value, by in counters)
    return [*_FAR, *dict.fromkeys(n for n in near if n > 0)]


def _written(codes: Iterable[CodeType]) -> Iterator[int]:
    """Whole numbers in the functions of a step."""
    for _, body in functions_in(codes):
        for node in ast.walk(body):
            if isinstance(node, ast.Constant) and type(node.value) is int:
                yield node.value


def _held(kept: Iterable[Held]) -> list[int]:
    """Whole numbers that are the keys of tables, then those that something else holds, the least first."""
    kept = list(kept)
    keys = [
        key
        for one in kept
        if isinstance(one.value, dict)
        for key in itertools.islice(one.value, _TAKEN)
        if type(key) is int
    ]
    return [*sorted(keys), *sorted({one.value for one in kept if type(one.value) is int})]
