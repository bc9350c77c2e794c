"""The part of a tile that is new each time a loop outside it advances (Timeloop's delta rules, behaviours B, D, E).

Loop j advances when all loops inside it jump from their last iteration back to their first. Timeloop runs the first
two iterations of each loop and lets the second stand for all later ones (nest-analysis.cpp, ComputeDeltas), so inside
loops jump back by *one* step, whatever their bound: the translation is (step of j) − Σ (steps of the loops inside j).
A translation that moves one axis by less than the tile's extent uncovers a slab, one that moves none uncovers
nothing, every other brings the whole tile.

Example: a tile of P2 (inputs 1 wide, stride 1) under the loops P3, then M4 outside it. P advances (3 − 1)·4 = 8 times
and moves by 2, so the slab is the whole tile. M advances 3 times and moves by 0 − 2: not P's move, again the whole
tile. All 12 tiles of 2 words come over the boundary: M's repetition is not reuse, because the tile went on with P.

Timeloop walks the nest by recursion, exponential in the number of loops. Here it is linear in it: see ``traffic``.
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

        Timeloop remembers the last translation t. A translation equal to t is served incrementally; any other brings
        the whole tile and forgets t; with t forgotten the next one is accepted, incrementally, and remembered.
        Between two advances of outer loops the innermost loop advances (its bound is at least 2). So:

        * t is forgotten at an outer move that differs, and the innermost move after it is accepted again;
        * hence before every outer move t is the innermost loop's move, and only an outer move equal to it is
          incremental.

        The recursion's answer is therefore: moves equal to the innermost loop's bring ``slab``, all others ``full``.
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
    for dim, bound, stride in loops:  # ``left``: how often all loops from this one outwards step together
        step = unit[dim] * stride
        packed.append(step - inner)
        inner += step
        times.append(left - left // bound)
        left //= bound
    # The innermost move shifts one axis only: what it uncovers is the tile with that extent cut to the shift.
    slab = 0
    if loops and packed[0]:
        dim, _, stride = loops[0]
        axis = geometry.axis[v][dim]
        moved = geometry.coefficient[v][dim] * stride
        slab = full if moved >= extents[axis] else full // extents[axis] * moved
    return Moves(full=full, slab=slab, packed=tuple(packed), times=tuple(times), total=total)
