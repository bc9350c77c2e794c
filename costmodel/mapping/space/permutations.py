"""The loop-permutation and spatial-split spaces of one index factorisation, numbered as Timeloop numbers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import factorial, prod

from costmodel.mapping.space.factors import Block

Pattern = tuple[int, ...]
"""Dim numbers, innermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermutationSpace:
    """Per block, dims with a fixed place (innermost) and dims that are permuted outside them."""

    prefixes: tuple[Pattern, ...]
    suffixes: tuple[Pattern, ...]

    @property
    def size(self) -> int:
        """Number of permutations of all blocks together."""
        return prod(factorial(len(suffix)) for suffix in self.suffixes)

    def decode(self, number: int) -> tuple[Pattern, ...]:
        """The pattern of every block; the innermost block varies fastest."""
        patterns = []
        for prefix, suffix in zip(self.prefixes, self.suffixes, strict=True):
            number, index = divmod(number, factorial(len(suffix)))
            patterns.append(prefix + permuted(suffix, index))
        return tuple(patterns)


@lru_cache(maxsize=1 << 16)
def permuted(dims: Pattern, index: int) -> Pattern:
    """The permutation with this number in the factorial number system.

    >>> permuted((0, 1, 2), 3)
    (1, 2, 0)
    """
    rest, result = list(dims), []
    for left in range(len(dims) - 1, -1, -1):
        place, index = divmod(index, factorial(left))
        result.append(rest.pop(place))
    return tuple(result)


def permutation_space(
    blocks: Sequence[Block], dims: Sequence[str], factors: Sequence[Sequence[int]] | None
) -> PermutationSpace:
    """The space pruned for one index factorisation; unpruned where ``factors`` is None.

    A dim whose factor is 1 in a block needs no place there and moves to the inner prefix, except in a spatial block
    whose split the user gives. The innermost block is not permuted at all.
    """
    everything = tuple(range(len(dims)))
    prefixes: list[Pattern] = [everything]
    suffixes: list[Pattern] = [()]
    for b, block in enumerate(blocks[1:], start=1):
        prunable = factors is not None and not (block.spatial and block.constraint.split is not None)
        pruned = tuple(d for d in everything if factors and factors[d][b] == 1) if prunable else ()
        prefix, suffix = _parted(tuple(dims), tuple(block.constraint.permutation), pruned)
        prefixes.append(prefix)
        suffixes.append(suffix)
    return PermutationSpace(prefixes=tuple(prefixes), suffixes=tuple(suffixes))


@lru_cache(maxsize=1 << 12)
def _parted(dims: tuple[str, ...], permutation: tuple[str, ...], pruned: Pattern) -> tuple[Pattern, Pattern]:
    """Dims with a fixed place in a block, and the others."""
    listed = (dims.index(dim) for dim in permutation if dim in dims)
    prefix = (*pruned, *(d for d in listed if d not in pruned))
    return prefix, tuple(d for d in range(len(dims)) if d not in prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSpace:
    """How many dims of a spatial pattern go to X: ``first``, ``first`` + 1, … (``size`` choices)."""

    first: int
    size: int


def split_space(block: Block, factors: Sequence[Sequence[int]], number: int) -> SplitSpace:
    """The splits of the spatial block with this number; dims of bound 1 always lie on X."""
    if block.constraint.split is not None:
        return SplitSpace(first=block.constraint.split, size=1)
    unit = sum(1 for chosen in factors if chosen[number] == 1)
    return SplitSpace(first=unit, size=len(factors) + 1 - unit)
