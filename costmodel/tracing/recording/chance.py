"""Python's and NumPy's generators of random numbers while a step runs: the same draws each time, or others."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

ROUNDS = 14
"""Rounds of a step that draws: two whose draws are the smallest and the largest, the others from seeds of their own."""

_AT_END = {4: 0.0, 5: 1 - 2**-53}
"""Rounds with a draw at one end."""


def end_of(number: int) -> float | None:
    """The end at which a round's draws come out, None for any other round."""
    return _AT_END.get(number)


def state() -> Any:
    """Where the generators are; equal as long as nothing is drawn."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return random.getstate(), None
    _, keys, place, *rest = numpy.random.get_state()
    return random.getstate(), (keys.tobytes(), place, rest)


@contextmanager
def seeded() -> Iterator[None]:
    """A stretch that draws the same numbers each time, and leaves the generators as they were."""
    numpy = sys.modules.get("numpy")
    before, theirs = random.getstate(), None if numpy is None else numpy.random.get_state()
    _seed(0)
    try:
        yield
    finally:
        random.setstate(before)
        if numpy is not None:
            numpy.random.set_state(theirs)


@contextmanager
def drawing(number: int) -> Iterator[None]:
    """The draws of one round: all at one end in the fifth and the sixth, else from a seed of its own."""
    _seed(number)
    with ExitStack() as stack:
        if number in _AT_END:
            end = _AT_END[number]
            stack.enter_context(patch("random.random", lambda: end))
            for name in ("random", "rand", "random_sample") if "numpy" in sys.modules else ():
                plain = getattr(sys.modules["numpy"].random, name)
                stack.enter_context(patch(f"numpy.random.{name}", _numbers(plain, end)))
        yield


def _numbers(plain: Any, end: float) -> Any:
    """NumPy's function with every number of its result at one end."""
    return lambda *shape, **named: plain(*shape, **named) * 0 + end


def _seed(number: int) -> None:
    random.seed(number)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(number)
