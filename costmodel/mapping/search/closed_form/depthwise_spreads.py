"""The spatial factors of a depthwise layer: any dims on X and Y, as many PEs as possible."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, takewhile
from math import prod

from costmodel.mapping.machine import Machine, StorageLevel
from costmodel.mapping.problem import DEPTHWISE, Problem
from costmodel.mapping.search.closed_form.hierarchy import BUFFER, PAD, Spread
from costmodel.mapping.space.factors import divisors


def widest_depthwise_spreads(problem: Problem, machine: Machine) -> tuple[Spread, ...]:
    """All spatial factors that use the most PEs, each with one way to put its dims on X and Y; none if none fits."""
    found = depthwise_spreads(problem, machine)
    widest = next(found, None)
    if widest is None:
        return ()
    return (widest, *takewhile(lambda spread: spread.width == widest.width, found))


def depthwise_spreads(problem: Problem, machine: Machine) -> Iterator[Spread]:
    """All spatial factors, those that use the most PEs first, each with one way to put its dims on X and Y.

    Only those that leave each PE a kernel that fits its scratchpad.
    """
    buffer, capacity = machine.levels[BUFFER], machine.levels[PAD].entries or 0
    limit = buffer.fanout_x * buffer.fanout_y
    # dim by dim: a product beyond the array is not extended, for further factors only make it larger
    partial: list[tuple[int, tuple[int, ...]]] = [(1, ())]
    for dim in DEPTHWISE:
        options = [n for n in sorted(divisors(getattr(problem, dim))) if n <= max(buffer.fanout_x, buffer.fanout_y)]
        partial = [(used * n, (*chosen, n)) for used, chosen in partial for n in options if used * n <= limit]
    for _, chosen in sorted(partial, key=lambda item: -item[0]):
        factors = tuple((dim, n) for dim, n in zip(DEPTHWISE, chosen, strict=True) if n > 1)
        placed = next(placements(factors, buffer), None)
        if placed is None:
            continue
        spread = Spread(factors=factors, on_x=placed)
        # a PE's taps have to be in its scratchpad together: R and S have no loops outside the PEs but the spatial ones
        if problem.R * problem.S // (spread.of("R") * spread.of("S")) <= capacity:
            yield spread


def placements(factors: tuple[tuple[str, int], ...], buffer: StorageLevel) -> Iterator[tuple[str, ...]]:
    """Which dims can lie on X, the others on Y."""
    whole = prod(n for _, n in factors)
    for count in range(len(factors) + 1):
        for on_x in combinations(factors, count):
            across = prod(n for _, n in on_x)
            if across <= buffer.fanout_x and whole // across <= buffer.fanout_y:
                yield tuple(dim for dim, _ in on_x)
