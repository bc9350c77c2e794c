"""The delta rule of behaviour A (Timeloop of October 2021): only the direction of a move is remembered.

A move in the remembered direction, or onto the same tile, is served incrementally whatever its length; a move in
another direction brings the whole tile and forgets the direction. What is left of the state between two moves is
(axis, sign) or nothing, so the recursion of Timeloop's ComputeDeltas has few distinct calls and is memoised: with A
axes there are at most 2·A + 1 states before each of the loops, where the recursion itself has two calls per loop and
would take 2^loops.

No closed form as for the later rule (``deltas``): there the state before an outer move is always the innermost move,
here it is a direction that moves of several loops can share.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from costmodel.mapping.cost.geometry import Geometry
from costmodel.mapping.cost.nest import NestLoop

Vector = tuple[int, ...]
Direction = tuple[int, int] | None
"""(axis, sign) of the last accepted move that left an overlap; None where there is none."""


def gradient_traffic(geometry: Geometry, v: int, loops: Sequence[NestLoop], extents: Sequence[int]) -> int:
    """Words brought over the boundary by behaviour A."""
    steps = [_vector(geometry, v, dim, stride, len(extents)) for dim, _, stride in loops]
    moves, inner = [], (0,) * len(extents)
    for step in steps:
        moves.append(tuple(s - i for s, i in zip(step, inner, strict=True)))
        inner = tuple(s + i for s, i in zip(step, inner, strict=True))
    memo: dict[tuple[int, Direction, Vector | None], tuple[int, Direction]] = {}

    def run(j: int, direction: Direction, entry: Vector | None) -> tuple[int, Direction]:
        """Words of the j innermost loops, entered with the move ``entry``, and the direction left behind."""
        if j == 0:
            return _accept(extents, direction, entry)
        key = (j, direction, entry)
        if key not in memo:
            first, between = run(j - 1, direction, entry)
            again, after = run(j - 1, between, moves[j - 1])
            memo[key] = (first + (loops[j - 1][1] - 1) * again, after)
        return memo[key]

    return run(len(loops), None, None)[0]


def _vector(geometry: Geometry, v: int, dim: int, stride: int, axes: int) -> Vector:
    moved = [0] * axes
    if geometry.axis[v][dim] >= 0:
        moved[geometry.axis[v][dim]] = geometry.coefficient[v][dim] * stride
    return tuple(moved)


# nest-analysis.cpp of October 2021 (41c6df7): the gradient, and when a delta by subtraction is accepted
def _accept(extents: Sequence[int], direction: Direction, move: Vector | None) -> tuple[int, Direction]:
    full = prod(extents)
    if move is None:
        return full, None
    new, towards = _subtract(extents, full, move)
    if direction is None or towards == direction or (towards is None and new == 0):
        return new, towards
    return full, None


def _subtract(extents: Sequence[int], full: int, move: Vector) -> tuple[int, Direction]:
    moved = [axis for axis, distance in enumerate(move) if distance]
    if not moved:
        return 0, None
    # the difference of two boxes is a box only if they differ along one axis; else Timeloop takes the whole
    if len(moved) > 1 or abs(move[moved[0]]) >= extents[moved[0]]:
        return full, None
    axis = moved[0]
    return full // extents[axis] * abs(move[axis]), (axis, 1 if move[axis] > 0 else -1)
