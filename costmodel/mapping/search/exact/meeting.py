"""Loops over both dims of a window's axis: how often their moves can be alike, in any order and any factors.

A window's axis is moved by two dims, taps and positions. Timeloop lets every loop inside an advancing one jump back by
one step (``deltas``), so that a loop moves by its step less the sum of the steps inside it; moves that equal the
innermost loop's are served incrementally. Where two dims move one axis, such sums can cancel: after P at step 1, R at
step 1 does not move at all, and at step 2 it moves as P does. How often that can be is small arithmetic on the factors
that are left to the outside, done here once for all; loops that move anything else, in between, make it less.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from math import isqrt


class Meets(IntEnum):
    """What comes outside a sliding loop before any that moves the inputs elsewhere.

    After one that does, no loop can move by the same step as the sliding one, or by nothing.
    """

    NOTHING = 0
    ITSELF = 1
    """Loops over the same dim, none over the axis' other dim."""
    BOTH = 2
    """A loop over the same dim, and then some over the other, too."""
    OTHER = 3
    """A loop over the other dim."""
    EITHER = 4


@lru_cache(maxsize=1 << 16)
def least_unlike(first: int, trips: int, own: int, other: int, step: int, other_step: int, meets: Meets) -> float:
    """The least part of all trips in which a loop moves otherwise than the innermost one.

    Args:
        first: by how much the innermost loop moves the axis; 0 for a loop that does not.
        trips: its bound (if it moves the axis; else 1).
        own: iterations of all loops over the dim whose innermost loop it is, that one included.
        other: iterations of all loops over the other dim.
        step: by how much the innermost loop over the own dim moves the axis.
        other_step: likewise over the other dim.
        meets: what comes next.
    """
    return (1.0 - _most(first, own // trips, other, step * trips, other_step, first, meets)) / trips


@lru_cache(maxsize=1 << 16)
def most_stays(trips: int, own: int, other: int, step: int, other_step: int, meets: Meets) -> float:
    """The largest part of all trips in which a loop outside the innermost one moves the axis by nothing."""
    return _most(0, own // trips, other, step * trips, other_step, step, meets) / trips


@lru_cache(maxsize=1 << 16)
def _most(first: int, own: int, other: int, step: int, other_step: int, inside: int, meets: Meets) -> float:
    """The largest part of the trips of the loops still to come in which one moves by ``first``."""
    best, after = 0.0, Meets.ITSELF if meets == Meets.ITSELF else Meets.EITHER
    for mine, left, by in ((True, own, step), (False, other, other_step)):
        if meets in ((Meets.OTHER,) if mine else (Meets.ITSELF, Meets.BOTH)):
            continue
        for factor in _factors(left):
            alike = (1 - 1 / factor) if by - inside == first else 0.0
            rest = (
                (left // factor, other, step * factor, other_step) if mine else (own, left // factor, step, by * factor)
            )
            best = max(best, alike + _most(first, *rest, inside + by, after) / factor)
    return best


@lru_cache(maxsize=1 << 12)
def _factors(number: int) -> tuple[int, ...]:
    found = {factor for one in range(1, isqrt(number) + 1) if number % one == 0 for factor in (one, number // one)}
    return tuple(sorted(found - {1}))
