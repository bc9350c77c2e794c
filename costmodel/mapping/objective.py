"""The objectives of a search, one object each, and how much work a search may put into a proof.

To add one, write an :class:`Objective` and put it into ``OBJECTIVES``: no search compares names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Cost = tuple[int, float]
"""(cycles, energy in pJ)."""

Bound = tuple[float, float]
"""(cycles, energy in pJ) that a mapping needs at least."""

SortKey = tuple[float, float]
"""What is compared: the smaller, the better."""

SAME = 1e-12
"""Relative difference below which two energies are the same sum, added in another order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What a search minimises.

    All pruning rests on one property of ``rank``: it never falls when cycles or energy rise. Then the rank of a bound
    is a bound of the ranks, the best cost of every objective lies on the Pareto front, and what the front dominates
    is of no use to any objective.

    Attributes:
        name: as given on the command line.
        title: what it compares, in words.
        rank: the order of costs (and of bounds); the first number decides, the second where the first is equal.
        fewest_cycles: whether the best is always one of the mappings with the fewest cycles there are, so that a
            search may pass over all others.
    """

    name: str
    title: str
    rank: Callable[[Bound], SortKey]
    fewest_cycles: bool = False

    def beyond(self, bound: Bound, best: Cost) -> bool:
        """Whether nothing that needs at least ``bound`` can be as good as ``best``, rounding of sums aside.

        >>> ENERGY.beyond((1, 3.0), (8, 2.5)), ENERGY.beyond((1, 2.5), (8, 2.5))
        (True, False)
        """
        least = self.rank(best)[0]
        return self.rank(bound)[0] > least + abs(least) * SAME


def _cycles_then_energy(cost: Bound) -> SortKey:
    return cost


def _energy_then_cycles(cost: Bound) -> SortKey:
    cycles, energy = cost
    return energy, cycles


def _product_then_cycles(cost: Bound) -> SortKey:
    cycles, energy = cost
    return energy * cycles, cycles


LATENCY = Objective(name="latency", title="cycles, then energy", rank=_cycles_then_energy, fewest_cycles=True)
ENERGY = Objective(name="energy", title="energy, then cycles", rank=_energy_then_cycles)
EDP = Objective(name="edp", title="energy × cycles, then cycles", rank=_product_then_cycles)

OBJECTIVES: dict[str, Objective] = {objective.name: objective for objective in (LATENCY, ENERGY, EDP)}
"""The known objectives by name."""

Effort = Literal["exact", "fast", "prove"]
"""``exact``: prove where that can be done in seconds; ``fast``: stop early, and then without a proof; ``prove``: go on
until there is a proof, however long it takes.
"""

EFFORTS: tuple[Effort, ...] = ("exact", "fast", "prove")
"""The known efforts."""
