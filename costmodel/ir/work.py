"""Work: what an op does, before any convention turns it into a number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from costmodel.ir.loopnest import LoopNest


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarOps:
    """Scalar arithmetic results by kind.

    ``add`` holds subtractions and negations, ``compare`` holds max, min and select-by-compare,
    ``divide`` holds reciprocals, ``transcendental`` holds exp, log, sqrt, tanh, erf, sin, pow, floor …
    Kinds only describe: under the ``haet`` convention each counts 1.
    """

    add: int = 0
    multiply: int = 0
    divide: int = 0
    compare: int = 0
    transcendental: int = 0
    random: int = 0

    def __add__(self, other: ScalarOps) -> ScalarOps:
        return ScalarOps(
            add=self.add + other.add,
            multiply=self.multiply + other.multiply,
            divide=self.divide + other.divide,
            compare=self.compare + other.compare,
            transcendental=self.transcendental + other.transcendental,
            random=self.random + other.random,
        )

    def __mul__(self, times: int) -> ScalarOps:
        return ScalarOps(**{f.name: getattr(self, f.name) * times for f in fields(self)})

    @property
    def total(self) -> int:
        """All kinds together: every scalar result is one operation."""
        return sum(getattr(self, f.name) for f in fields(self))


KINDS = tuple(f.name for f in fields(ScalarOps))
"""The kinds of scalar operations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A monoid: loop nests with their multiplicities, and *all* scalar operations (those of the nests too).

    Attributes:
        nests: pairs (nest, how often it is executed), each nest once.
        scalar_ops: every scalar result, the nests' multiplies and adds included.
    """

    nests: tuple[tuple[LoopNest, int], ...] = ()
    scalar_ops: ScalarOps = field(default_factory=ScalarOps)

    def __add__(self, other: Work) -> Work:
        return total((self, other))

    def __mul__(self, times: int) -> Work:
        if times == 0:
            return ZERO
        nests = tuple((nest, count * times) for nest, count in self.nests)
        return Work(nests=nests, scalar_ops=self.scalar_ops * times)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all nests."""
        return sum(nest.macs * times for nest, times in self.nests)


ZERO = Work()


def total(works: Iterable[Work]) -> Work:
    """The sum of ``works``; the monoid's zero for none."""
    nests: dict[LoopNest, int] = {}
    kinds = dict.fromkeys((f.name for f in fields(ScalarOps)), 0)
    for work in works:
        for nest, times in work.nests:
            nests[nest] = nests.get(nest, 0) + times
        for kind in kinds:
            kinds[kind] += getattr(work.scalar_ops, kind)
    return Work(nests=tuple(nests.items()), scalar_ops=ScalarOps(**kinds))
