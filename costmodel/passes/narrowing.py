"""Other channel counts near a given one, and what a layer problem becomes with them."""

from __future__ import annotations

from dataclasses import replace
from math import lcm

from costmodel.ir.workload import LayerProblem

_REACH = 4
"""Counts within a quarter of the given one are near enough to be a small change."""


def nearby(channels: int, lanes: int, multiple_of: int = 1) -> tuple[int, ...]:
    """Counts near ``channels`` that fill an array of ``lanes`` better: multiples of it, of its half and its quarter.

    All of them are multiples of ``multiple_of``.
    """
    found = set()
    for step in {lcm(part, multiple_of) for part in {lanes, lanes // 2, lanes // 4} - {0, 1}}:
        below = channels // step * step
        found |= {below - step, below, below + step} if below == channels else {below, below + step}
    return tuple(sorted(n for n in found if n > 0 and n != channels and abs(n - channels) * _REACH <= channels))


def widened(problem: LayerProblem, dim: str, bound: int) -> LayerProblem:
    """The problem with another bound of one dim."""
    return replace(problem, instance=tuple((name, bound if name == dim else n) for name, n in problem.instance))
