"""What the order of one block's temporal loops can mean for the levels inside it.

Only the run of innermost loops counts: which data space they leave where it is, and, where a window slides, which of
them is innermost. Dims that do not move weights, inputs and outputs are disjoint sets, so a run is one data space's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.search.exact.allowed import Factors
from costmodel.mapping.search.exact.boundaries import Boundaries, Slide


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One meaning.

    Attributes:
        still: the data space that the run leaves where it is; None where the innermost loop moves all of them.
        along: the dims of the run.
        able: the dims that may have a loop in this block.
        first: the innermost loop, where it slides a window; it has a bound of more than 1.
        open: whether there are no other loops, so that loops further out can prolong the run.
        lead: the dims whose loops are innermost, in this order, as far as it matters.
    """

    still: int | None
    along: tuple[int, ...]
    able: tuple[int, ...]
    first: Slide | None = None
    open: bool = False
    lead: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that is being read off the listed dims of a block."""

    along: tuple[int, ...]
    idle: frozenset[int]
    stopped: bool


def orders_of(found: Boundaries, block: int, factors: Sequence[Factors], listed: Sequence[int]) -> tuple[Order, ...]:
    """All orders that differ in what they mean.

    Args:
        block: number of the temporal block.
        factors: per dim, what the block may take of it.
        listed: the dims that its constraint wants innermost.
    """
    able = [d for d, bound in enumerate(found.lattice.bounds) if bound > 1 and factors[d] != frozenset((1,))]
    listed = [d for d in listed if d in able]
    result: list[Order] = []
    for i, first in enumerate(listed):
        still = _still(found, first)
        idle = frozenset(listed[:i])
        for run in _read(found, still, listed[i + 1 :], Run(along=(first,), idle=idle, stopped=False)):
            result += _finished(found, block, able, listed, still, run, first)
    free = [d for d in able if d not in listed]
    for still, first in _leads(found, free):
        run = Run(along=(), idle=frozenset(listed), stopped=False)
        result += _finished(found, block, able, listed, still, run, first)
    return tuple(dict.fromkeys(result))


def _read(found: Boundaries, still: int | None, rest: Sequence[int], run: Run) -> Iterator[Run]:
    """Go on along the listed dims: one of another data space either has no loop or ends the run."""
    if not rest or still is None:
        yield run
    elif _still(found, rest[0]) == still:
        yield from _read(found, still, rest[1:], Run(along=(*run.along, rest[0]), idle=run.idle, stopped=False))
    else:
        yield Run(along=run.along, idle=run.idle, stopped=True)
        yield from _read(found, still, rest[1:], Run(along=run.along, idle=run.idle | {rest[0]}, stopped=False))


def _leads(found: Boundaries, free: Sequence[int]) -> Iterator[tuple[int | None, int]]:
    """The free dims that may be innermost; of those that mean the same, one."""
    seen = set()
    for dim in free:
        still = _still(found, dim)
        kind = (still, dim if slides(found, dim) else None)
        if kind not in seen:
            seen.add(kind)
            yield still, dim


def _finished(
    found: Boundaries, block: int, able: Sequence[int], listed: Sequence[int], still: int | None, run: Run, first: int
) -> Iterator[Order]:
    slide = Slide(dim=first, block=block) if slides(found, first) else None
    may = tuple(d for d in able if d not in run.idle)
    along = run.along
    if not run.stopped and still is not None:
        along = (*along, *(d for d in may if d not in listed and _still(found, d) == still))
    if still is None:
        along = ()
    lead = (first, *(d for d in along if d != first))
    yield Order(still=still, along=along, able=may, first=slide, lead=lead)
    if not run.stopped and along:
        yield Order(still=still, along=along, able=tuple(d for d in may if d in along), first=slide, open=True, lead=lead)


def _still(found: Boundaries, dim: int) -> int | None:
    for v, dims in enumerate(found.still):
        if dim in dims:
            return v
    return None


def slides(found: Boundaries, dim: int) -> bool:
    """Whether a loop over the dim can move the inputs by less than their tile's extent, or meet a loop that cancels it."""
    geometry = found.space.geometry
    axis = geometry.axis[INPUTS][dim]
    return axis >= 0 and len([d for _, d in geometry.terms[INPUTS][axis] if geometry.bounds[d] > 1]) > 1
