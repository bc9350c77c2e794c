"""The course's preference between two mappings."""

from __future__ import annotations

from costmodel.mapping.objective import Cost


def better(candidate: Cost, incumbent: Cost, tolerance: float) -> bool:
    """Whether the candidate replaces the incumbent; a cost is (cycles, energy).

    The first metric that differs by more than the tolerance decides; if none does, fewer cycles win and equal cycles
    keep the incumbent, even at a lower energy. The relation is not transitive, so the order of visits matters.
    """
    cycles = _gain(candidate[0], incumbent[0])
    if abs(cycles) > tolerance:
        return cycles > 0
    energy = _gain(candidate[1], incumbent[1])
    if abs(energy) > tolerance:
        return energy > 0
    return cycles > 0


def is_slower(candidate: Cost, incumbent: Cost, tolerance: float) -> bool:
    """Whether the cycles alone decide against the candidate, as they then do against every one with more of them."""
    return _gain(candidate[0], incumbent[0]) < -tolerance


def _gain(candidate: float, incumbent: float) -> float:
    return (incumbent - candidate) / incumbent if incumbent else 1.0
