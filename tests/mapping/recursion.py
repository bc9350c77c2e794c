"""Timeloop's recursion word for word, on real boxes: what the closed forms are checked against.

Every temporal loop runs its first two iterations, and the second is taken for all others; under a fan-out every PE has
its own box. Exponential in the number of loops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from math import prod

from costmodel.mapping.cost.geometry import Geometry
from costmodel.mapping.cost.nest import NestLoop

Vector = tuple[int, ...]
Box = tuple[Vector, Vector]
"""Lowest corner, and one beyond the highest."""


def moved(box: Box, by: Vector) -> Box:
    low, high = (tuple(a + b for a, b in zip(corner, by, strict=True)) for corner in box)
    return low, high


def volume(box: Box | None) -> int:
    return prod(h - l for l, h in zip(*box, strict=True)) if box else 0


def step(geometry: Geometry, v: int, loop: NestLoop) -> Vector:
    dim, _, stride = loop
    vector = [0] * len(geometry.terms[v])
    if geometry.axis[v][dim] >= 0:
        vector[geometry.axis[v][dim]] = geometry.coefficient[v][dim] * stride
    return tuple(vector)


def subtract(box: Box, last: Box | None) -> Box | None:
    if last is None or any(l >= oh or h <= ol for (l, h, ol, oh) in zip(*box, *last, strict=True)):
        return box
    axes = [a for a in range(len(box[0])) if box[0][a] != last[0][a]]
    if not axes:
        return None
    if len(axes) > 1:
        return box
    low, high = list(box[0]), list(box[1])
    axis = axes[0]
    if box[0][axis] > last[0][axis]:
        low[axis] = last[1][axis]
    else:
        high[axis] = last[0][axis]
    return tuple(low), tuple(high)


class TranslationRule:
    """Behaviours B and D: only a repetition of the last translation is served incrementally."""

    def __init__(self) -> None:
        self.last: Box | None = None
        self.translation: Vector | None = None

    def __call__(self, box: Box) -> Box | None:
        last, self.last = self.last, box
        if last is None:
            return box
        translation = tuple(a - b for a, b in zip(box[0], last[0], strict=True))
        if self.translation in (None, translation):
            self.translation = translation
            return subtract(box, last)
        self.translation = None
        return box


class GradientRule:
    """Behaviour A: a move in the remembered direction, whatever its length, is served incrementally."""

    def __init__(self) -> None:
        self.last: Box | None = None
        self.axis = self.value = 0

    def __call__(self, box: Box) -> Box | None:
        last, self.last = self.last, box
        new, axis, value = subtract(box, last), 0, 0
        if last is not None and new is not None and new != box:
            axis = next(a for a in range(len(box[0])) if box[0][a] != last[0][a])
            value = last[1][axis] - box[0][axis] if box[0][axis] > last[0][axis] else last[0][axis] - box[1][axis]
        same = axis == self.axis and value * self.value > 0
        if self.value == 0 or (value == 0 and new is None) or same:
            self.axis, self.value = axis, value
            return new
        self.axis = self.value = 0
        return box


Rule = Callable[[Box], "Box | None"]


def invocations(
    geometry: Geometry, v: int, loops: Sequence[NestLoop], extents: Sequence[int], rule: Rule
) -> Iterator[tuple[Box | None, int]]:
    """What each invocation of the inside brings, and how many invocations it is taken for."""
    start: Box = ((0,) * len(extents), tuple(extents))

    def walk(j: int, box: Box, epochs: int) -> Iterator[tuple[Box | None, int]]:
        if j < 0:
            yield rule(box), epochs
            return
        yield from walk(j - 1, box, epochs)
        yield from walk(j - 1, moved(box, step(geometry, v, loops[j])), epochs * (loops[j][1] - 1))

    yield from walk(len(loops) - 1, start, 1)


def words(geometry: Geometry, v: int, loops: Sequence[NestLoop], extents: Sequence[int], rule: Rule) -> int:
    """Words brought over a boundary without a fan-out."""
    return sum(volume(new) * times for new, times in invocations(geometry, v, loops, extents, rule))


def fan_out(
    geometry: Geometry, v: int, spatial: Sequence[NestLoop], rows: int, found: Sequence[tuple[Box | None, int]]
) -> tuple[int, int, int]:
    """(accesses, words delivered, words handed on) of a fan-out with multicast, and links in rows of at least 16."""
    shifts: list[Vector] = [(0,) * len(geometry.terms[v])]
    for loop in spatial:
        by = step(geometry, v, loop)
        shifts = [tuple(s + i * b for s, b in zip(shift, by, strict=True)) for i in range(loop[1]) for shift in shifts]
    width = max(16, rows)
    before: Box | None = None
    accesses = delivered = handed_on = 0
    for new, times in found:
        previous, before = before, new
        if new is None:
            continue
        wanted = [moved(new, shift) for shift in shifts]
        held = [moved(previous, shift) for shift in shifts] if previous else []
        left = [box for pe, box in enumerate(wanted) if box not in neighbours(held, pe, width)]
        groups, rest = Counter(wanted), Counter(left)
        used = rest if len(rest) < len(groups) else groups
        accesses += volume(new) * times * len(used)
        delivered += volume(new) * times * used.total()
        handed_on += volume(new) * times * (len(wanted) - used.total())
    return accesses, delivered, handed_on


def neighbours(held: Sequence[Box], pe: int, width: int) -> list[Box]:
    row, column = divmod(pe, width)
    places = [(row, column - 1), (row, column + 1), (row - 1, column), (row + 1, column)]
    ids = [r * width + c for r, c in places if 0 <= c < width and r >= 0]
    return [held[i] for i in ids if i < len(held)]
