"""The grid of an exploration: axes from words, a sample of it, and the points that no other beats."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from costmodel.errors import UsageError
from costmodel.ir.exploration import Point

MORE_IS_BETTER = frozenset({"accuracy_percent", "points"})
KNOWN_ENDS = MORE_IS_BETTER | {"error_rate_percent"}
"""Figures from outside of which it is known which end is best."""


def parse_axis(text: str) -> tuple[str, tuple[Any, ...]]:
    """``width=16:128:16`` (both ends included), ``depth=2,4,6``, ``norm=true,false``, ``act=relu,gelu``.

    Raises:
        UsageError: not of this form.
    """
    name, equals, values = text.partition("=")
    if not equals or not name.strip() or not values.strip():
        raise UsageError(f"--vary {text!r}: write width=16:128:16 or depth=2,4,6")
    return name.strip(), tuple(value for part in values.split(",") for value in _values(part.strip(), text))


def _values(part: str, text: str) -> Iterator[Any]:
    ends = part.split(":")
    if len(ends) == 1:
        yield _value(part)
        return
    numbers = [_value(end) for end in ends]
    if len(numbers) not in (2, 3) or not all(isinstance(n, int) for n in numbers):
        raise UsageError(f"--vary {text!r}: a range is FIRST:LAST or FIRST:LAST:STEP, of whole numbers")
    first, last, step = (*numbers, 1)[:3]
    if step < 1 or last < first:
        raise UsageError(f"--vary {text!r}: the range is empty")
    yield from range(first, last + 1, step)


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False, "none": None}.get(text.lower(), text)


def grid(axes: Mapping[str, Sequence[Any]], budget: int | None, seed: int = 0) -> list[dict[str, Any]]:
    """Every combination, or as many of them as the budget allows: a sample by the seed, in the grid's order.

    Raises:
        UsageError: no axis, an axis without values, or a budget below one.
    """
    if not axes or not all(axes.values()):
        raise UsageError("explore needs something to vary: --vary width=16:128:16")
    if budget is not None and budget < 1:
        raise UsageError(f"a budget of {budget} points: give at least 1")
    everything = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    if budget is None or budget >= len(everything):
        return everything
    chosen = random.Random(seed).sample(range(len(everything)), budget)
    return [everything[number] for number in sorted(chosen)]


def size_of(axes: Mapping[str, Sequence[Any]]) -> int:
    """Points of the whole grid."""
    size = 1
    for values in axes.values():
        size *= len(values)
    return size


MOST, LEAST = "most", "least"


def parse_front(words: Sequence[str], measured: Sequence[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The figures of a front, and those of them of which more is better: ``cycles``, ``f1:most``.

    Args:
        words: as they are written.
        measured: figures that we do not know: which end of them is best has to be said.

    Raises:
        UsageError: it is not said, or not so.
    """
    names, most = [], []
    for word in words:
        name, colon, end = word.partition(":")
        if colon and end not in (MOST, LEAST):
            raise UsageError(f"--front {word!r}: write {name}:{MOST} or {name}:{LEAST}")
        if not colon and name in measured and name not in KNOWN_ENDS:
            raise UsageError(f"--front {name}: whether more or less of it is best is not known: write {name}:{MOST} or "
                             f"{name}:{LEAST}")  # fmt: skip
        names.append(name)
        if end == MOST or (not colon and name in MORE_IS_BETTER):
            most.append(name)
    return tuple(names), tuple(most)


def on_front(points: Sequence[Point], names: Sequence[str], most: Sequence[str] = tuple(MORE_IS_BETTER)) -> list[bool]:
    """Which points no other beats: none is as good in every figure, and better in one.

    A point that lacks one of the figures is on no front; equal points are on it together.

    Args:
        points: all of them.
        names: figures of the front.
        most: those of which more is better.
    """
    rows = [_row(point, names, most) for point in points]
    return [row is not None and not any(_beats(other, row) for other in rows if other is not None) for row in rows]


def _row(point: Point, names: Sequence[str], most: Sequence[str]) -> tuple[float, ...] | None:
    values = [point.figures.get(name) for name in names]
    if any(value is None for value in values):
        return None
    return tuple(-v if n in most else v for n, v in zip(names, values, strict=True) if v is not None)


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
