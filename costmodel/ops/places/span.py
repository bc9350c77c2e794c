"""A span: along one axis, the first and the last place of the input that each position has seen.

It is a function on all whole numbers, as if the input had no end, and repeats itself: after as many positions as it has
ends, both are ``step`` places further on. So a stride, an upsampling and a branch that joins another are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd, lcm

Looks = Callable[[int], tuple[int, ...]]
"""Position of the result → positions of the operand that it looks at."""


@dataclass(frozen=True, slots=True)
class Span:
    """What the positions of one axis have seen.

    >>> Span().windows(3, 1).windows(3, 2).size
    5
    """

    ends: tuple[tuple[int, int], ...] = ((0, 0),)
    step: int = 1

    @property
    def size(self) -> int:
        """Places that a position has seen, the largest over all positions."""
        return max(last - first + 1 for first, last in self.ends)

    def at(self, position: int) -> tuple[int, int]:
        """First and last place that a position has seen."""
        rounds, rest = divmod(position, len(self.ends))
        first, last = self.ends[rest]
        return first + rounds * self.step, last + rounds * self.step

    def windows(self, kernel: int, stride: int, before: int = 0, dilation: int = 1) -> Span:
        """Behind windows that slide; ``before`` is the padding in front."""
        return self.seen(stride, 1, lambda p: tuple(p * stride - before + k * dilation for k in range(kernel)))

    def spread(self, kernel: int, stride: int, before: int = 0, dilation: int = 1) -> Span:
        """Behind a transposed convolution: each position is a sum over the windows that reach it."""

        def looks(p: int) -> tuple[int, ...]:
            starts = [p + before - k * dilation for k in range(kernel)]
            return tuple(s // stride for s in starts if s % stride == 0) or ((p + before) // stride,)

        return self.seen(1, stride, looks)

    def seen(self, forward: int, positions: int, looks: Looks) -> Span:
        """Behind an op that repeats itself: ``positions`` further on it looks ``forward`` positions further on."""
        rounds = len(self.ends) // gcd(len(self.ends), forward)
        ends = []
        for position in range(rounds * positions):
            found = [self.at(other) for other in looks(position)]
            ends.append((min(first for first, _ in found), max(last for _, last in found)))
        return Span(tuple(ends), self.step * rounds * forward // len(self.ends))

    def joined(self, other: Span) -> Span | None:
        """What has seen both; None where they do not move on alike, which no two branches of one size do."""
        length = lcm(len(self.ends), len(other.ends))
        step = self.step * length // len(self.ends)
        if step != other.step * length // len(other.ends):
            return None
        both = [(self.at(p), other.at(p)) for p in range(length)]
        return Span(tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in both), step)
