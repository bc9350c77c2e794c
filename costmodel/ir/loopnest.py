"""A loop nest: the multiply-accumulates of one linear-algebra kernel, as a readable equation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import prod


class Access(str, Enum):
    """How the body of the nest touches a dataspace."""

    READ = "read"
    WRITE = "write"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Rank:
    """One axis of a dataspace: Σ coefficient·dim + offset (a negative offset is padding).

    Attributes:
        terms: pairs (coefficient, dim).
        offset: constant added; an index outside the tensor is a padding zero.
    """

    terms: tuple[tuple[int, str], ...]
    offset: int = 0

    def __str__(self) -> str:
        parts = [dim.lower() if c == 1 else f"{c}{dim.lower()}" for c, dim in self.terms]
        text = "+".join(parts) or "0"
        return f"{text}{self.offset:+d}" if self.offset else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataspace:
    """A tensor as the nest sees it: one rank per axis, in the tensor's own axis order."""

    name: str
    projection: tuple[Rank, ...]
    access: Access

    def __str__(self) -> str:
        return f"{self.name}[{', '.join(map(str, self.projection))}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopNest:
    """Every point of the iteration space multiplies the read dataspaces and accumulates into the updated one.

    Attributes:
        dims: pairs (canonical one-letter name, bound), outermost first. N batch or rows, G groups,
            M outputs, C inputs, P Q (and D for depth) output positions, R S (and T) kernel positions,
            K a matmul's reduction.
        dataspaces: exactly one of them is updated.
    """

    dims: tuple[tuple[str, int], ...]
    dataspaces: tuple[Dataspace, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates: the product of the bounds."""
        return prod(bound for _, bound in self.dims)

    @property
    def bounds(self) -> dict[str, int]:
        """Bound by dim name."""
        return dict(self.dims)

    @property
    def updated(self) -> Dataspace:
        """The dataspace that is accumulated into."""
        return next(d for d in self.dataspaces if d.access is Access.UPDATE)

    def __str__(self) -> str:
        reads = " * ".join(str(d) for d in self.dataspaces if d.access is Access.READ)
        bounds = " ".join(f"{name}={bound}" for name, bound in self.dims)
        return f"{self.updated} += {reads}  for {bounds}"
