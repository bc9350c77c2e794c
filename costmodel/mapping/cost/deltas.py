"""How much of a tile is new each time a loop outside it advances (Timeloop's delta rules).

Loop j advances when all loops inside it jump from their last iteration back to their first; Timeloop takes the
second iteration for all later ones. ``moves`` lists these translations; a translation that moves one axis by less
than the tile's extent uncovers a slab, one that moves none uncovers nothing, every other brings the whole tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.mapping.cost.geometry import Geometry
from costmodel.mapping.cost.nest import NestLoop


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Translations of one tile.

    Attributes:
        full: words of the tile.
        slab: words that the move of the innermost loop uncovers.
        packed: per loop, innermost first, the packed translation when it advances.
        times: per loop, how often it advances.
        total: all tiles there are: 1 + Σ times.
    """

    full: int
    slab: int
    packed: tuple[int, ...]
    times: tuple[int, ...]
    total: int

    @property
    def traffic(self) -> int:
        """Words brought over the boundary by behaviours B and D.

        Timeloop remembers the last translation: only a translation equal to it is served incrementally, and after
        any other the next one is taken as new. As every move of an outer loop is followed by one of the innermost,
        only moves equal to the innermost loop's uncover ``slab``, all others bring the whole tile.
        """
        if not self.packed:
            return self.full
        first = self.packed[0]
        alike = sum(n for move, n in zip(self.packed, self.times, strict=True) if move == first)
        return self.full * (self.total - alike) + self.slab * alike


def moves_of(geometry: Geometry, v: int, loops: Sequence[NestLoop], extents: Sequence[int]) -> Moves:
    """Moves of the tile of data space v with these extents under the temporal loops outside it."""
    unit = geometry.unit[v]
    full = 1
    for extent in extents:
        full *= extent
    total = 1
    for _, bound, _ in loops:
        total *= bound
    packed, times, inner, left = [], [], 0, total
    for dim, bound, stride in loops:
        step = unit[dim] * stride
        packed.append(step - inner)
        inner += step
        times.append(left - left // bound)
        left //= bound
    slab = 0
    if loops and packed[0]:
        dim, _, stride = loops[0]
        axis = geometry.axis[v][dim]
        moved = geometry.coefficient[v][dim] * stride
        slab = full if moved >= extents[axis] else full // extents[axis] * moved
    return Moves(full=full, slab=slab, packed=tuple(packed), times=tuple(times), total=total)
