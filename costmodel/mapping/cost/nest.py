"""A mapping flattened into one nest of loops, innermost first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from costmodel.mapping.cost.geometry import Cumulative

NestLoop = tuple[int, int, int]
"""A loop in the nest: (dim number, bound, stride = product of the bounds of the same dim inside)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelLoops:
    """Loops (dim number, bound) of one storage level, innermost first; spatial loops run inside the temporal ones."""

    temporal: tuple[tuple[int, int], ...]
    x: tuple[tuple[int, int], ...] = ()
    y: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nest:
    """The nest; loops of bound 1 are dropped, they move nothing.

    Attributes:
        temporal: all temporal loops.
        outside: per storage level, the number of the first temporal loop outside it.
        spatial: per storage level, its spatial loops, X inside Y.
        rows: per storage level, the length of a row of PEs: the product of its X loops.
        reach: per storage level, cumulative bounds at its outermost loop.
        master: per storage level, cumulative bounds at its outermost spatial loop.
        replication: per storage level, how many instances of it work.
    """

    temporal: tuple[NestLoop, ...]
    outside: tuple[int, ...]
    spatial: tuple[tuple[NestLoop, ...], ...]
    rows: tuple[int, ...]
    reach: tuple[Cumulative, ...]
    master: tuple[Cumulative, ...]
    replication: tuple[int, ...]

    @property
    def compute(self) -> int:
        """Temporal iterations: the cycles of one PE."""
        return prod(bound for _, bound, _ in self.temporal)


def nest_of(levels: Sequence[LevelLoops], dims: int) -> Nest:
    """Flatten the loops of all storage levels, innermost level first."""
    reached = [1] * dims
    temporal: list[NestLoop] = []
    outside, spatial, rows, reach, master = [], [], [], [], []
    for level in levels:
        fan_out = _extend(reached, (*level.x, *level.y))
        spatial.append(tuple(fan_out))
        rows.append(prod(bound for _, bound in level.x))
        master.append(tuple(reached))
        temporal += _extend(reached, level.temporal)
        outside.append(len(temporal))
        reach.append(tuple(reached))
    replication, working = [], 1
    for fan in reversed(spatial):
        replication.append(working)
        working *= prod(bound for _, bound, _ in fan)
    return Nest(
        temporal=tuple(temporal),
        outside=tuple(outside),
        spatial=tuple(spatial),
        rows=tuple(rows),
        reach=tuple(reach),
        master=tuple(master),
        replication=tuple(reversed(replication)),
    )


def _extend(reached: list[int], loops: Sequence[tuple[int, int]]) -> list[NestLoop]:
    steps = []
    for dim, bound in loops:
        if bound != 1:
            steps.append((dim, bound, reached[dim]))
            reached[dim] *= bound
    return steps
