"""Factorisations of which nothing fits, seen from their number: nine of ten that the course's search draws.

Their tiles are too large under every choice of bypass, and their spatial loops fit the fan-outs whatever the
permutation: the search meets each once, fails with all its bypasses, and draws the next. Sizes are looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from costmodel.mapping.problem import DATASPACES
from costmodel.mapping.space.factors import Block
from costmodel.mapping.space.mapspace import Mapspace


class Misfits:
    """Asked for the number of an index factorisation: whether it is one of these, for certain.

    Args:
        space: of one problem on one machine.
    """

    def __init__(self, space: Mapspace) -> None:
        self._options = space.factors.by_dim
        self._spreads = [_Spread(space, b) for b, block in enumerate(space.blocks) if block.spatial]
        self._tiles = [
            _Tile(space, b, block, capacity)
            for b, block in enumerate(space.blocks)
            if not block.spatial and (capacity := space.machine.levels[block.level].entries) is not None
        ]
        self._choices = (1 << len(space.bypasses.choices)) - 1
        self._knows = not space.blocks[0].spatial and all(spread.is_known for spread in self._spreads)

    def __call__(self, number: int) -> bool:
        """False also where it hangs on the permutation."""
        if not self._knows:
            return False
        index = self._index(number)
        left = self._choices
        for tile in self._tiles:
            left &= ~tile.too_large(index)
            if not left:
                return all(spread.fits(index) for spread in self._spreads)
        return False

    def fitting(self, number: int) -> tuple[bool, ...]:
        """Per bypass choice, whether all tiles fit; what ``Mapspace.fitting`` says."""
        index, large = self._index(number), 0
        for tile in self._tiles:
            large |= tile.too_large(index)
        return tuple([not large >> choice & 1 for choice in range(self._choices.bit_length())])

    def constructs(self, number: int) -> bool | None:
        """Whether the spatial loops fit at the first split, whatever the permutation; None if that is not known."""
        if not self._knows:
            return None
        index = self._index(number)
        return all(spread.fits(index) for spread in self._spreads)

    def _index(self, number: int) -> list[int]:
        """The numbers of the dims' options."""
        index = []
        for options in self._options:
            number, one = divmod(number, len(options))
            index.append(one)
        return index


class _Spread:
    """The loops of a spatial block at the first point of a factorisation.

    The dims that lie on X there are known if they are among those with a fixed place in the pattern, and where no
    split is given: then the first has all loops on Y.
    """

    def __init__(self, space: Mapspace, b: int) -> None:
        block, listed = space.blocks[b], space.listed(b)
        split = block.constraint.split
        self.is_known = split is None or split <= len(listed) or len(listed) == len(space.geometry.dims)
        on_x = listed[:split] if split is not None else ()
        level = space.machine.levels[block.level]
        factors = [[option[b] for option in options] for options in space.factors.by_dim]
        sides = ([d for d in range(len(factors)) if (d in on_x) is across] for across in (True, False))
        self._sides = [
            (fanout, [(d, factors[d]) for d in dims if max(factors[d]) > 1])
            for fanout, dims in zip((level.fanout_x, level.fanout_y), sides, strict=True)
        ]

    def fits(self, index: Sequence[int]) -> bool:
        return all(prod([factors[index[d]] for d, factors in dims]) <= fanout for fanout, dims in self._sides)


class _Tile:
    """What the temporal block of a level with a capacity holds of each data space."""

    def __init__(self, space: Mapspace, b: int, block: Block, capacity: int) -> None:
        self._capacity = capacity
        reached = [[prod(option[: b + 1]) for option in options] for options in space.factors.by_dim]
        self._sizes = [_Size(space.geometry.terms[v], reached) for v in range(len(DATASPACES))]
        held: dict[tuple[int, ...], int] = {}
        for number, kept in enumerate(space.bypasses.choices):
            spaces = tuple(v for v, levels in enumerate(kept) if block.level in levels)
            held[spaces] = held.get(spaces, 0) | 1 << number
        self._held = list(held.items())

    def too_large(self, index: Sequence[int]) -> int:
        """The choices of bypass, a bit each, whose data do not fit."""
        sizes = [size(index) for size in self._sizes]
        found = 0
        for spaces, choices in self._held:
            if sum([sizes[v] for v in spaces]) > self._capacity:
                found |= choices
        return found


class _Size:
    """Words of a data space in a tile, by the number of each dim's option."""

    def __init__(self, axes: Sequence[Sequence[tuple[int, int]]], reached: Sequence[Sequence[int]]) -> None:
        self._always = 1
        self._alone: list[tuple[int, list[int]]] = []
        self._together: list[tuple[int, list[tuple[int, list[int]]]]] = []
        for axis in axes:
            still = 1 + sum(c * (reached[d][0] - 1) for c, d in axis if len(reached[d]) == 1)
            moving = [(d, [c * (n - 1) for n in reached[d]]) for c, d in axis if len(reached[d]) > 1]
            if not moving:
                self._always *= still
            elif len(moving) == 1:
                self._alone.append((moving[0][0], [still + far for far in moving[0][1]]))
            else:
                self._together.append((still, moving))

    def __call__(self, index: Sequence[int]) -> int:
        size = self._always
        for d, extents in self._alone:
            size *= extents[index[d]]
        for still, moving in self._together:
            extent = still
            for d, far in moving:
                extent += far[index[d]]
            size *= extent
        return size
