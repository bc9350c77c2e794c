"""The data-space bypass space: for every free (level, data space) pair, kept or not."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.mapping.machine import Constraints, Machine
from costmodel.mapping.problem import DATASPACES

Kept = tuple[tuple[int, ...], ...]
"""Per data space, the levels that keep it, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BypassSpace:
    """``choices[number]`` says what is kept; bit i of the number is the i-th free pair, and 0 is bypass.

    Attributes:
        anywhere: per data space, the levels that keep it in some choice.
    """

    choices: tuple[Kept, ...]
    anywhere: Kept


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
    choices = []
    for number in range(1 << len(free)):
        kept = [list(levels) for levels in always]
        for bit, (s, v) in enumerate(free):
            if number >> bit & 1:
                kept[v].append(s)
        choices.append(tuple(tuple(sorted(levels)) for levels in kept))
    return BypassSpace(choices=tuple(choices), anywhere=choices[-1])
