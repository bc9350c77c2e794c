"""A layout: which axes of a tensor are places of the input, through views that join axes and take them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import prod

from costmodel.ops.places.span import Span


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an axis: its size, and what its positions have seen; None where they are no places (channels)."""

    size: int
    span: Span | None = None


Axis = tuple[Part, ...]
"""The outermost part first; none for an axis of one element."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A tensor whose places are known, axis by axis."""

    axes: tuple[Axis, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """Those of its places, in the order of its axes."""
        return tuple(part.span for axis in self.axes for part in axis if part.span is not None)

    @property
    def places(self) -> int:
        """How many there are."""
        return prod(part.size for axis in self.axes for part in axis if part.span is not None)

    def has_places(self, axis: int) -> bool:
        """Whether an axis holds more than one of them."""
        return any(part.span is not None and part.size > 1 for part in self.axes[axis])

    def with_axis(self, axis: int, becomes: Axis) -> Layout:
        """With another axis in the place of one."""
        axis %= len(self.axes)
        return Layout((*self.axes[:axis], becomes, *self.axes[axis + 1 :]))


@dataclass(frozen=True, slots=True)
class Whole:
    """A tensor every element of which has seen the whole input; ``pooled``: it has no places any more."""

    pooled: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """A tensor of which it is not known; of how many places it was made, as far as that is known."""

    places: int = 0


Seen = Layout | Whole | Lost


def plain(size: int) -> Axis:
    """An axis of channels, samples, or anything else that is no place."""
    return () if size == 1 else (Part(size),)


def reshaped(layout: Layout, shape: Sequence[int]) -> Seen:
    """The same elements in the same order under another shape; a part with places is never cut."""
    parts = [part for axis in layout.axes for part in axis if part.size != 1]
    axes: list[Axis] = []
    for size in shape:
        axis: list[Part] = []
        while size > 1:
            if not parts:
                return Lost(layout.places)
            part = parts.pop(0)
            if size % part.size == 0:
                axis.append(part)
                size //= part.size
            elif part.span is None and part.size % size == 0:
                axis.append(Part(size))
                parts.insert(0, Part(part.size // size))
                size = 1
            else:
                return Lost(layout.places)
        axes.append(tuple(axis))
    return Layout(tuple(axes))


def together(all_seen: Sequence[Seen]) -> Seen:
    """What has seen all of them: a sum, a product, a concatenation along channels; shapes are broadcast."""
    layouts = [seen for seen in all_seen if isinstance(seen, Layout)]
    if any(isinstance(seen, Whole) for seen in all_seen):
        pooled = all(not isinstance(seen, Layout) or not seen.spans for seen in all_seen)
        return Whole(pooled and all(seen.pooled for seen in all_seen if isinstance(seen, Whole)))
    if len(layouts) < len(all_seen):
        return Lost(max(seen.places for seen in all_seen if not isinstance(seen, Whole)))
    joined: Layout | None = layouts[0]
    for other in layouts[1:]:
        joined = joined and _joined(joined, other)
    return joined or Lost(max(layout.places for layout in layouts))


def _joined(one: Layout, other: Layout) -> Layout | None:
    axes: list[Axis] = []
    for a, b in zip_longest(reversed(one.axes), reversed(other.axes), fillvalue=()):
        axis = _axis(a, b)
        if axis is None:
            return None
        axes.append(axis)
    return Layout(tuple(reversed(axes)))


def _axis(a: Axis, b: Axis) -> Axis | None:
    if not a or not b:
        return a or b
    if len(a) != len(b):
        return None
    parts = []
    for mine, its in zip(a, b, strict=True):
        if (mine.span is None) != (its.span is None):
            return None
        span = mine.span and its.span and mine.span.joined(its.span)
        if mine.span is not None and span is None:
            return None
        parts.append(Part(max(mine.size, its.size), span))
    return tuple(parts)


def fitted(seen: Seen, shape: Sequence[int]) -> Seen:
    """The result of an op that keeps every axis in its place: what was broadcast has the result's size."""
    if not isinstance(seen, Layout):
        return seen
    axes: list[Axis] = [()] * (len(shape) - len(seen.axes)) + list(seen.axes)
    found: list[Axis] = []
    for axis, size in zip(axes, shape, strict=False):
        alone = not axis or (len(axis) == 1 and axis[0].span is None)
        if not alone and prod(part.size for part in axis) != size:
            return Lost(seen.places)
        found.append(plain(size) if alone else axis)
    return Layout(tuple(found)) if len(axes) == len(shape) else Lost(seen.places)
