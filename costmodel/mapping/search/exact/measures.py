"""What a bound counts: energy, or the words that a level with a bandwidth moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from costmodel.mapping.objective import SAME
from costmodel.mapping.search.exact.lattice import Figures

Words = TypeVar("Words", float, Figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is summed: energy in pJ, or the words that one instance of a level with a bandwidth reads or writes.

    Attributes:
        level: None for energy.
        writes: words written and not read.
        bandwidth: words a cycle.
    """

    level: int | None = None
    writes: bool = False
    bandwidth: float = 0.0

    def cycles(self, words: Words) -> Words:
        """Cycles that so many words take at least; room is left for the order of floating point sums."""
        least: Words = np.ceil(words / self.bandwidth * (1 - SAME))
        return least


ENERGY = Measure()
