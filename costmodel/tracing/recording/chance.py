"""Python's and NumPy's generators of random numbers while a step runs: the same draws each time, or others."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from costmodel.tracing.modes.draws import Place

ROUNDS = 14
"""Rounds of a step that draws: two whose draws are the smallest and the largest, the others from seeds of their own."""

_AT_END = {4: 0.0, 5: 1 - 2**-53}
"""Rounds with a draw at one end."""


def end_of(number: int) -> Place | None:
    """The end at which a round's draws come out, None for any other round."""
    return Place(_AT_END[number]) if number in _AT_END else None


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
def drawing(number: int, place: Place | None = None) -> Iterator[None]:
    """The draws of one round, from a seed of its own; all at one place where there is one, or the round has an end."""
    _seed(number)
    with placed(end_of(number) if place is None else place):
        yield


@contextmanager
def placed(place: Place | None) -> Iterator[None]:
    """A stretch in which a uniform draw of Python's or NumPy's comes out at one place of what it may be.

    Their generators are not asked then, and stay where they are. None is anywhere.
    """
    with ExitStack() as stack:
        if place is not None:
            for name, function in _PYTHONS.items():
                stack.enter_context(patch(f"random.{name}", partial(function, place)))
            for name, function in _NUMPYS.items() if "numpy" in sys.modules else ():
                stack.enter_context(patch(f"numpy.random.{name}", partial(function, place)))
        yield


def _below(at: Place, start: int, stop: int | None = None, step: int = 1) -> int:
    numbers = range(start) if stop is None else range(start, stop, step)
    at.among(len(numbers))
    return numbers[math.floor(at * len(numbers))]


_PYTHONS: dict[str, Callable[..., Any]] = {
    "random": lambda at: at.between(0.0, 1.0),
    "uniform": lambda at, a, b: at.between(a, b),
    "randint": lambda at, a, b: _below(at, a, b + 1),
    "randrange": _below,
    "choice": lambda at, items: items[_below(at, len(items))],
}


def _shaped(value: Any, size: Any) -> Any:
    """A number, or an array of it."""
    return value if size is None else sys.modules["numpy"].full(size, value)


_NUMPYS: dict[str, Callable[..., Any]] = {
    "random": lambda at, size=None: _shaped(at.between(0.0, 1.0), size),
    "random_sample": lambda at, size=None: _shaped(at.between(0.0, 1.0), size),
    "rand": lambda at, *size: _shaped(at.between(0.0, 1.0), size or None),
    "uniform": lambda at, low=0.0, high=1.0, size=None: _shaped(at.between(low, high), size),
    "randint": lambda at, low, high=None, size=None, dtype=int: _shaped(_below(at, low, high), size),  # noqa: ARG005
}
"""Of both modules, the functions by which a step decides; any other is drawn as before."""


def _seed(number: int) -> None:
    random.seed(number)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(number)
