"""Which PEs under a fan-out are neighbours, by how many places along each dim they lie apart.

A neighbour hands on what it received one invocation earlier, so it helps with one move of the tile only: that by which
its own place differs (``multicast.linked``). Places are numbered through all loops of a fan-out, those along X first,
and rows are as long as the mesh; so places apart by one number may differ along several dims, where a loop ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod

import numpy as np

from costmodel.mapping.search.exact.spreads import Spread, arrangements
from costmodel.mapping.space.mapspace import Mapspace

Apart = tuple[int, ...]
"""Per dim, by how many places two neighbours lie apart."""


def neighbours(space: Mapspace, spread: Spread, level: int, dims: Sequence[int]) -> frozenset[Apart]:
    """How two neighbours can lie apart, in some arrangement of the loops that the spread has at this level.

    Along these dims only; of two opposite ones, one.
    """
    found: set[Apart] = set()
    for b, block in enumerate(space.blocks):
        if block.spatial and block.level == level:
            for pattern, split in arrangements(space, b, spread):
                loops = [(d, spread[d][b]) for d in pattern]
                across, down = ([(d, n) for d, n in part if n > 1] for part in (loops[:split], loops[split:]))
                width = max(space.machine.levels[level].fanout_x, prod(n for _, n in across))
                found |= _apart((*across, *down), width, tuple(dims))
    return frozenset(found)


@lru_cache(maxsize=1 << 14)
def _apart(loops: tuple[tuple[int, int], ...], width: int, dims: tuple[int, ...]) -> frozenset[Apart]:
    """The same of one arrangement, its loops innermost first."""
    places = np.arange(prod(n for _, n in loops))
    indices, inside = np.zeros((len(places), len(dims)), dtype=np.int64), 1
    for d, n in loops:
        if d in dims:
            indices[:, dims.index(d)] = places // inside % n
        inside *= n
    beside = (indices[1:] - indices[:-1])[places[:-1] % width < width - 1]
    below = indices[width:] - indices[:-width]
    found = {tuple(map(int, one)) for one in np.unique(np.concatenate((beside, below)), axis=0)}
    return frozenset(max(one, tuple(-k for k in one)) for one in found)
