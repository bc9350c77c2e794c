"""What a search minimises, and how much work it may put into a proof."""

from __future__ import annotations

from typing import Literal

Objective = Literal["latency", "energy", "edp"]
"""``latency``: cycles, then energy; ``energy``: energy, then cycles; ``edp``: energy × cycles, then cycles."""

OBJECTIVES: tuple[Objective, ...] = ("latency", "energy", "edp")

Effort = Literal["exact", "fast"]
"""``exact``: prove where that can be done in seconds; ``fast``: stop early, and then without a proof."""

EFFORTS: tuple[Effort, ...] = ("exact", "fast")

SAME = 1e-12
"""Relative difference below which two energies are the same sum, added in another order."""

Cost = tuple[int, float]
"""(cycles, energy in pJ)."""

Rank = tuple[float, float]
"""What is compared: the smaller, the better."""


def rank(objective: Objective, cost: Cost) -> Rank:
    """The order of an objective.

    >>> rank("latency", (8, 2.5)), rank("energy", (8, 2.5)), rank("edp", (8, 2.5))
    ((8, 2.5), (2.5, 8), (20.0, 8))
    """
    cycles, energy = cost
    if objective == "latency":
        return cycles, energy
    return (energy, cycles) if objective == "energy" else (energy * cycles, cycles)
