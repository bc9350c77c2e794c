"""How a depthwise layer can be spread over the PEs: any dims on X and Y, as many PEs as possible."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, takewhile
from math import prod

from costmodel.mapping.factor_space import divisors
from costmodel.mapping.machine import StorageLevel
from costmodel.mapping.problem import DEPTHWISE, Problem
from costmodel.mapping.stationary_machine import Spread


def widest_depthwise_spreads(problem: Problem, buffer: StorageLevel) -> tuple[Spread, ...]:
    """All spatial factors that use the most PEs, each with one way to put its dims on X and Y."""
    found = depthwise_spreads(problem, buffer)
    widest = next(found)
    return (widest, *takewhile(lambda spread: spread.width == widest.width, found))


def depthwise_spreads(problem: Problem, buffer: StorageLevel) -> Iterator[Spread]:
    """All spatial factors, those that use the most PEs first, each with one way to put its dims on X and Y."""
    limit = buffer.fanout_x * buffer.fanout_y
    partial: list[tuple[int, tuple[int, ...]]] = [(1, ())]
    for dim in DEPTHWISE:
        options = [n for n in sorted(divisors(getattr(problem, dim))) if n <= max(buffer.fanout_x, buffer.fanout_y)]
        partial = [(used * n, (*chosen, n)) for used, chosen in partial for n in options if used * n <= limit]
    for _, chosen in sorted(partial, key=lambda item: -item[0]):
        factors = tuple((dim, n) for dim, n in zip(DEPTHWISE, chosen, strict=True) if n > 1)
        placed = next(_placements(factors, buffer), None)
        if placed is not None:
            yield Spread(factors=factors, on_x=placed)


def _placements(factors: tuple[tuple[str, int], ...], buffer: StorageLevel) -> Iterator[tuple[str, ...]]:
    whole = prod(n for _, n in factors)
    for count in range(len(factors) + 1):
        for on_x in combinations(factors, count):
            across = prod(n for _, n in on_x)
            if across <= buffer.fanout_x and whole // across <= buffer.fanout_y:
                yield tuple(dim for dim, _ in on_x)
