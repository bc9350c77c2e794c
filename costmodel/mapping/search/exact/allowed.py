"""The factors that every block may take of every dim, where they can be chosen for each block by itself."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from costmodel.mapping.space.factors import divisors
from costmodel.mapping.space.mapspace import Mapspace

Factors = frozenset[int] | None
"""Allowed factors; None for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Allowed factors.

    Attributes:
        of: per dim, per block, the factors that occur there.
    """

    of: tuple[tuple[frozenset[int], ...], ...]

    def temporal(self, dim: int, block: int, bound: int) -> Factors:
        """The factors of a temporal block that divide the temporal bound; None where every divisor is one."""
        factors = frozenset(factor for factor in self.of[dim][block] if bound % factor == 0)
        return None if factors.issuperset(divisors(bound)) else factors


def allowed_of(space: Mapspace) -> Allowed | None:
    """The factors by dim and block; None if a dim's factorisations are not all combinations of them."""
    if not all(dim.combined for dim in space.factors.dims):
        return None
    return Allowed(of=tuple(dim.by_block for dim in space.factors.dims))


def spatial_products(space: Mapspace) -> tuple[int, ...]:
    """Per block its widest fan-out: PEs along X times along Y; 1 for a temporal block."""
    levels = space.machine.levels
    return tuple(
        prod((levels[block.level].fanout_x, levels[block.level].fanout_y)) if block.spatial else 1
        for block in space.blocks
    )
