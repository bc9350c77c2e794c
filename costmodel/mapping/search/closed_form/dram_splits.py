"""The DRAM level: its factors fix the buffer's tiles, and its innermost loop what of them is reused.

Words over the buffer's outer boundary = tile · rounds, but for what the innermost DRAM loop leaves in place
(``mapping.cost.deltas``: only moves equal to the innermost loop's are incremental; and R and S have no DRAM loops, so
no two DRAM loops move one axis):

* a loop that does not move a data space at all divides its rounds by its bound; so do, behind it without a gap,
  further loops that do not move it either (P, Q, N for the weights);
* P or Q innermost move the inputs along one axis, and the overlap of two windows stays: a slab comes, not a tile.

So of the 120 orders of five loops only the innermost loop counts, and four of the five: N innermost reuses the weights
only, and that P and Q do as well.

All splits of one spread are columns of arrays. Counts are float64: they stay far below 2^53, so they are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.hierarchy import Spread
from costmodel.mapping.space.factors import divisors

Column = NDArray[np.float64]

TILED = ("C", "M", "N", "P", "Q")
"""Dims that have loops outside the PEs; R and S stay inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OuterSplits:
    """Columns over all factor choices of the DRAM level.

    Attributes:
        outer: by dim, the DRAM factor.
        inner: by dim, the temporal factor that is left inside the buffer.
        tiles: by data space, words of the buffer's tile.
        rounds: product of the DRAM factors.
        halo_p: input words that are new when P advances by one tile.
        halo_q: likewise Q.
    """

    outer: dict[str, Column]
    inner: dict[str, Column]
    tiles: tuple[Column, Column, Column]
    rounds: Column
    halo_p: Column
    halo_q: Column

    def fresh_inputs(self, dim: str) -> Column:
        """Input words over the buffer's boundary with P or Q innermost: all tiles, less what the halo keeps.

        Where that loop has bound 1 it is no loop, and the true count is that of another innermost loop. What is said
        here is then too much, never too little, and the mapping gets its true count under that other loop.
        """
        slab = self.halo_p if dim == "P" else self.halo_q
        starts = self.rounds / self.outer[dim]
        return self.tiles[1] * starts + slab * (self.rounds - starts)


def outer_splits(problem: Problem, spread: Spread) -> OuterSplits:
    """All DRAM factors of the temporal part of each dim."""
    temporal = {dim: getattr(problem, dim) // spread.of(dim) for dim in TILED}
    grid = np.array(list(product(*(divisors(temporal[dim]) for dim in TILED))), dtype=np.float64).T
    outer = {dim: grid[i] for i, dim in enumerate(TILED)}
    inner = {dim: temporal[dim] / outer[dim] for dim in TILED}
    tile = {dim: inner[dim] * spread.of(dim) for dim in TILED}
    width = problem.w_dilation * (problem.R - 1) + problem.w_stride * (tile["P"] - 1) + 1
    height = problem.h_dilation * (problem.S - 1) + problem.h_stride * (tile["Q"] - 1) + 1
    channels = tile["C"] if problem.depthwise else tile["M"]
    inputs = tile["N"] * tile["C"] * width * height
    weights = problem.R * problem.S * tile["C"] * tile["M"]
    return OuterSplits(
        outer=outer,
        inner=inner,
        tiles=(weights, inputs, tile["N"] * channels * tile["P"] * tile["Q"]),
        rounds=grid.prod(axis=0),
        halo_p=inputs / width * np.minimum(problem.w_stride * tile["P"], width),
        halo_q=inputs / height * np.minimum(problem.h_stride * tile["Q"], height),
    )
