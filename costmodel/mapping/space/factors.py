"""The index-factorisation space: every way to write each dim's bound as one factor per block of loops.

A block is the temporal or the spatial loops of one storage level; blocks are numbered innermost first, the spatial
block of a level inside its temporal one. Order and numbering are Timeloop's (numeric.cpp, subspaces.cpp).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isqrt, prod

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorSpace:
    """Per dim in shape order, its factorisations."""

    by_dim: tuple[tuple[tuple[int, ...], ...], ...]

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
    by_dim = []
    for dim, bound in problem.bounds.items():
        given = {b: dict(block.constraint.factors) for b, block in enumerate(blocks)}
        fixed = {b: factors[dim] for b, factors in given.items() if dim in factors}
        most = {b: n for b, block in enumerate(blocks) for d, n in block.constraint.most if d == dim}
        options = factorisations(bound, len(blocks), fixed)
        by_dim.append(tuple(one for one in options if all(one[b] <= n for b, n in most.items())) if most else options)
    return FactorSpace(by_dim=tuple(by_dim))
