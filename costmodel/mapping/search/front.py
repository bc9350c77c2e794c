"""The Pareto front: costs of which none has both fewer cycles and less energy than another.

The best cost of every objective is on the front, so one search serves all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from costmodel.mapping.objective import SAME, Bound, Cost, Objective

Chosen = TypeVar("Chosen")

Figures = NDArray[np.float64]


def _ranked(objective: Objective, cycles: Figures, energy: Figures) -> tuple[Figures, Figures]:
    """The rank of many bounds at once: what an objective does with two numbers it does with two arrays of them."""
    first, second = objective.rank(cast(Bound, (cycles, energy)))
    return cast(Figures, first), cast(Figures, second)


class Front(Generic[Chosen]):
    """Non-dominated costs by ascending cycles (and so by descending energy), each with what has it.

    Args:
        objective: what the front is asked for in the end, so that costs which can only matter to another objective
            are known to be hopeless; None for the whole front.
    """

    def __init__(self, objective: Objective | None = None) -> None:
        self.objective = objective
        self._cycles: list[int] = []
        self._energy: list[float] = []
        self._chosen: list[Chosen] = []

    def __len__(self) -> int:
        return len(self._cycles)

    @property
    def points(self) -> list[tuple[Cost, Chosen]]:
        """The front."""
        return [((c, e), x) for c, e, x in zip(self._cycles, self._energy, self._chosen, strict=True)]

    def best(self, objective: Objective) -> Chosen:
        """What has the best cost.

        Raises:
            ValueError: the front is empty.
        """
        return min(self.points, key=lambda point: objective.rank(point[0]))[1]

    def open_to(self, cycles: float, energy: float) -> bool:
        """Whether no cost here has as few cycles and as little energy."""
        place = bisect_right(self._cycles, cycles)
        return place == 0 or energy < self._energy[place - 1] * (1 - SAME)

    def hopeless(self, cycles: float, energy: float) -> bool:
        """Whether nothing that needs at least this many cycles and this much energy can be of use."""
        if not self.open_to(cycles, energy):
            return True  # :meth:`offer` refuses whatever needs as much
        if self.objective is None or not self._cycles:
            return False
        best = min(zip(self._cycles, self._energy, strict=True), key=self.objective.rank)
        return self.objective.beyond((cycles, energy), best)

    def offer(self, cycles: int, energy: float, chosen: Chosen) -> bool:
        """Take a cost in if nothing here dominates it, and drop what it dominates; whether it was taken."""
        if not self.open_to(cycles, energy):
            return False
        # As energy falls along the front, what is dominated is one run: from equal cycles on, while energy is not less.
        place = bisect_right(self._cycles, cycles)
        first = place - 1 if place and self._cycles[place - 1] == cycles else place
        while place < len(self._cycles) and self._energy[place] >= energy * (1 - SAME):
            place += 1
        self._cycles[first:place] = [cycles]
        self._energy[first:place] = [energy]
        self._chosen[first:place] = [chosen]
        return True

    def promising(self, cycles: NDArray[np.float64], energy: NDArray[np.float64]) -> list[int]:
        """Numbers of the bounds that are not hopeless yet, by what the front is asked for."""
        found = np.flatnonzero(np.isfinite(energy) & np.isfinite(cycles))
        if self._cycles:
            limits = np.array([np.inf, *self._energy])
            places = np.searchsorted(np.array(self._cycles, dtype=np.float64), cycles[found], side="right")
            found = found[energy[found] < limits[places] * (1 - SAME)]
        first, second = cycles[found], energy[found]
        if self.objective is not None:
            first, second = _ranked(self.objective, first, second)
            if self._cycles:
                least = self.objective.rank(min(zip(self._cycles, self._energy, strict=True), key=self.objective.rank))[
                    0
                ]
                near = first <= least + abs(least) * SAME
                found, first, second = found[near], first[near], second[near]
        return [int(number) for number in found[np.lexsort((second, first))]]

    def survivors(self, cycles: NDArray[np.float64], energy: NDArray[np.float64]) -> list[int]:
        """Numbers of the costs that neither this front nor one another dominates, by ascending cycles."""
        found = np.flatnonzero(np.isfinite(energy))
        # against the front: the least energy of a point with as few cycles is that of the last such point
        if self._cycles:
            limits = np.array([np.inf, *self._energy])
            places = np.searchsorted(np.array(self._cycles, dtype=np.float64), cycles[found], side="right")
            found = found[energy[found] < limits[places] * (1 - SAME)]
        # against one another: by ascending cycles, each has to need less energy than all before it
        found = found[np.lexsort((energy[found], cycles[found]))]
        if not len(found):
            return []
        least = np.minimum.accumulate(energy[found])
        new = np.concatenate(([True], energy[found][1:] < least[:-1] * (1 - SAME)))
        return [int(number) for number in found[new]]
