"""The data-space bypass space: for every free (level, data space) pair, kept or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from costmodel.mapping.machine import Constraints, Machine
from costmodel.mapping.problem import DATASPACES

KeptLevels = tuple[tuple[int, ...], ...]
"""Per data space, the levels that keep it, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassSpace:
    """What each data space may be kept on.

    Attributes:
        always: per data space, the levels that keep it in every choice.
        free: (level, data space) pairs that may be kept or not.
    """

    always: KeptLevels
    free: tuple[tuple[int, int], ...]

    @property
    def anywhere(self) -> KeptLevels:
        """Per data space, the levels that keep it in some choice."""
        return _anywhere(self.always, self.free)

    @property
    def choices(self) -> tuple[KeptLevels, ...]:
        """``choices[number]`` says what is kept; bit i of the number is the i-th free pair, and 0 is bypass."""
        return _choices(self.always, self.free)

    @property
    def by_dataspace(self) -> tuple[KeptLevels, ...]:
        """Per data space, all that it may be kept on; every combination of these is a choice."""
        return _by_dataspace(self.always, self.free)


@lru_cache(maxsize=64)
def _anywhere(always: KeptLevels, free: tuple[tuple[int, int], ...]) -> KeptLevels:
    return _kept(always, free, (1 << len(free)) - 1)


@lru_cache(maxsize=64)
def _choices(always: KeptLevels, free: tuple[tuple[int, int], ...]) -> tuple[KeptLevels, ...]:
    return tuple(_kept(always, free, number) for number in range(1 << len(free)))


@lru_cache(maxsize=64)
def _by_dataspace(always: KeptLevels, free: tuple[tuple[int, int], ...]) -> tuple[KeptLevels, ...]:
    apart = [[pair for pair in free if pair[1] == v] for v in range(len(DATASPACES))]
    return tuple(
        tuple(_kept(always, tuple(pairs), number)[v] for number in range(1 << len(pairs)))
        for v, pairs in enumerate(apart)
    )


def _kept(always: KeptLevels, free: tuple[tuple[int, int], ...], number: int) -> KeptLevels:
    kept = [list(levels) for levels in always]
    for bit, (s, v) in enumerate(free):
        if number >> bit & 1:
            kept[v].append(s)
    return tuple(tuple(sorted(levels)) for levels in kept)


def bypass_space(machine: Machine, constraints: Constraints) -> BypassSpace:
    """All choices that the constraints leave."""
    keep = {name: set(kept) for name, kept in constraints.keep}
    never = {name: set(bypassed) for name, bypassed in constraints.bypass}
    always: list[list[int]] = [[] for _ in DATASPACES]
    free: list[tuple[int, int]] = []
    for s, level in enumerate(machine.levels):
        for v, name in enumerate(DATASPACES):
            if name in keep.get(level.name, ()):
                always[v].append(s)
            elif name not in never.get(level.name, ()):
                free.append((s, v))
    return BypassSpace(always=tuple(map(tuple, always)), free=tuple(free))
