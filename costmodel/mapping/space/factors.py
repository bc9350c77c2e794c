"""The index-factorisation space: every way to write each dim's bound as one factor per block of loops.

A block is the temporal or the spatial loops of one storage level; blocks are numbered innermost first, the spatial
block of a level inside its temporal one. Order and numbering are Timeloop's (numeric.cpp, subspaces.cpp).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isqrt, prod

from costmodel.mapping.machine import Constraints, LoopConstraint, Machine
from costmodel.mapping.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of loops: the storage level it belongs to (by number, innermost first), and its constraint."""

    level: int
    spatial: bool
    constraint: LoopConstraint


def blocks_of(machine: Machine, constraints: Constraints) -> tuple[Block, ...]:
    """All blocks, innermost first."""
    blocks = []
    for s, level in enumerate(machine.levels):
        for spatial in (True, False):
            if level.fans_out if spatial else level.stores:
                constraint = constraints.of(level.name, spatial=spatial)
                blocks.append(Block(level=s, spatial=spatial, constraint=constraint))
    return tuple(blocks)


def fixed_factors(bound: int, given: dict[int, int]) -> dict[int, int]:
    """The fixed factors by block that take effect.

    A factor above the bound is lowered to it, and a factor of 0 is the whole bound; one that, with those inside it,
    does not divide the bound is dropped and its block becomes free. After a drop Timeloop's iterator skips the next
    entry unexamined.

    >>> fixed_factors(40, {0: 1, 4: 16}), fixed_factors(6, {0: 1, 4: 16})
    ({0: 1}, {0: 1, 4: 6})
    """
    lowered = {block: min(value, bound) if value else bound for block, value in sorted(given.items())}
    kept, product, unexamined = {}, 1, False
    for block, value in lowered.items():
        if unexamined:
            kept[block], unexamined = value, False
        elif bound % (value * product) == 0:
            kept[block] = value
            product *= value
        else:
            unexamined = True
    return kept


def divisors(bound: int) -> tuple[int, ...]:
    """Divisors, each followed by its counterpart, as Timeloop lists them.

    >>> divisors(12)
    (1, 12, 2, 6, 3, 4)
    """
    found = []
    for i in range(1, isqrt(bound) + 1):
        if bound % i == 0:
            found += [i] if i * i == bound else [i, bound // i]
    return tuple(found)


def factorisations(bound: int, blocks: int, given: dict[int, int]) -> tuple[tuple[int, ...], ...]:
    """All factorisations of a bound over the blocks; the outermost free block varies slowest."""
    fixed = fixed_factors(bound, given)
    candidates = divisors(bound)

    def split(rest: int, count: int) -> Iterator[tuple[int, ...]]:
        if count == 0:
            yield ()
        elif count == 1:
            yield (rest,)
        else:
            for factor in candidates:
                if rest % factor == 0:
                    for inner in split(rest // factor, count - 1):
                        yield (*inner, factor)

    rest = bound // prod(fixed.values())
    free = [block for block in range(blocks) if block not in fixed]
    result = []
    for values in split(rest, len(free)):
        chosen = fixed | dict(zip(free, values, strict=True))
        result.append(tuple(chosen[block] for block in range(blocks)))
    return tuple(result)


@dataclass(frozen=True, kw_only=True)
class DimFactors:
    """How one dim's bound can be split over the blocks.

    There can be tens of thousands of ways, so what is known of them without listing them is.

    Attributes:
        bound: of the dim.
        blocks: how many there are.
        given: factors that constraints fix, by block.
        most: largest factors by block.
    """

    bound: int
    blocks: int
    given: tuple[tuple[int, int], ...] = ()
    most: tuple[tuple[int, int], ...] = ()

    @cached_property
    def options(self) -> tuple[tuple[int, ...], ...]:
        """All factorisations."""
        options = factorisations(self.bound, self.blocks, dict(self.given))
        return tuple(one for one in options if all(one[b] <= n for b, n in self.most)) if self.most else options

    @cached_property
    def among(self) -> frozenset[tuple[int, ...]]:
        """The same, to be looked up."""
        return frozenset(self.options)

    @cached_property
    def combined(self) -> bool:
        """Whether all ways to take one factor of each block that give the bound, and no others, are factorisations.

        Not so where the fixed factors by themselves give, or lead to, another number.
        """
        fixed = fixed_factors(self.bound, dict(self.given))
        rest, over = divmod(self.bound, prod(fixed.values()))
        return over == 0 and (rest == 1 or len(fixed) < self.blocks)

    @cached_property
    def single(self) -> tuple[frozenset[int], ...]:
        """Per block, the factors that may stand there, were there no other blocks."""
        fixed, most = fixed_factors(self.bound, dict(self.given)), dict(self.most)
        every = divisors(self.bound)
        return tuple(
            frozenset(n for n in ((fixed[b],) if b in fixed else every) if n <= most.get(b, inf))
            for b in range(self.blocks)
        )

    @cached_property
    def by_block(self) -> tuple[frozenset[int], ...]:
        """Per block, the factors that occur there in some factorisation, if they are ``combined``."""
        inside = [self.products(self.single[:b]) for b in range(self.blocks)]
        outside = [self.products(self.single[b + 1 :]) for b in range(self.blocks)]
        return tuple(
            frozenset(
                n
                for n in self.single[b]
                if any(self.bound % (n * i) == 0 and self.bound // (n * i) in outside[b] for i in inside[b])
            )
            for b in range(self.blocks)
        )

    def products(self, factors: Sequence[frozenset[int]]) -> frozenset[int]:
        """The divisors of the bound that are products of one factor of each set."""
        found = {1}
        for one in factors:
            found = {n * factor for n in found for factor in one if self.bound % (n * factor) == 0}
        return frozenset(found)

    def over(self, blocks: Sequence[int]) -> list[tuple[int, ...]]:
        """What these blocks can take of the bound together, sorted: a factor for every block, 1 for the others."""
        rest = self.products([self.single[b] for b in range(self.blocks) if b not in blocks])
        found = {(1,) * self.blocks: 1}
        for b in blocks:
            found = {
                (*one[:b], factor, *one[b + 1 :]): taken * factor
                for one, taken in found.items()
                for factor in self.single[b]
                if self.bound % (taken * factor) == 0
            }
        return sorted(one for one, taken in found.items() if self.bound // taken in rest)


@dataclass(frozen=True, kw_only=True)
class FactorSpace:
    """Per dim in shape order, its factorisations."""

    dims: tuple[DimFactors, ...]

    @cached_property
    def by_dim(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """All of them, by dim."""
        return tuple(dim.options for dim in self.dims)

    @property
    def size(self) -> int:
        """Number of index factorisations."""
        return prod(len(options) for options in self.by_dim)

    def decode(self, number: int) -> tuple[tuple[int, ...], ...]:
        """The factors per dim of one index factorisation; the first dim varies fastest."""
        chosen = []
        for options in self.by_dim:
            number, index = divmod(number, len(options))
            chosen.append(options[index])
        return tuple(chosen)


def factor_space(problem: Problem, blocks: tuple[Block, ...]) -> FactorSpace:
    """The space of a problem under the blocks' fixed factors."""
    dims = []
    for dim, bound in problem.bounds.items():
        given = {b: dict(block.constraint.factors) for b, block in enumerate(blocks)}
        fixed = tuple((b, factors[dim]) for b, factors in given.items() if dim in factors)
        most = tuple((b, n) for b, block in enumerate(blocks) for d, n in block.constraint.most if d == dim)
        dims.append(DimFactors(bound=bound, blocks=len(blocks), given=fixed, most=tuple(dict(most).items())))
    return FactorSpace(dims=tuple(dims))
