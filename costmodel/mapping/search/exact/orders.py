"""What the order of one block's temporal loops can mean for the levels inside it.

Only the run of innermost loops counts: which data space they leave where it is, and, where a window slides, which of
them is innermost. Dims that do not move weights, inputs and outputs are disjoint sets, so a run is one data space's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.search.exact.allowed import Factors
from costmodel.mapping.search.exact.boundaries import Boundaries, Slide
from costmodel.mapping.search.exact.meeting import Meets

Dims = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Awaited:
    """Loops over a window's axis that have to come next.

    Attributes:
        dim: of the loop before.
        meets: which.
    """

    dim: int
    meets: Meets


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One meaning.

    Attributes:
        still: the data space that the run leaves where it is; None where the innermost loop moves all of them.
        along: the dims of the run.
        able: the dims that may have a loop in this block.
        first: the innermost loop, where it slides a window; it has a bound of more than 1.
        open: whether there are no other loops, so that loops further out can prolong the run.
        needs: dims that must have a loop in this block.
        cancels: whether moves of the inputs, where they are what stays, may cancel further out.
        awaits: what has to come further out for moves to be alike as far as the order takes them to be.
        lead: the dims whose loops are innermost, in this order, as far as it matters.
    """

    still: int | None
    along: tuple[int, ...]
    able: tuple[int, ...]
    first: Slide | None = None
    open: bool = False
    needs: tuple[int, ...] = ()
    cancels: bool = False
    awaits: Awaited | None = None
    lead: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What loops move, as far as their order asks for it.

    Attributes:
        still: per data space, the dims that do not move it.
        windows: the pairs of dims that move one axis of the inputs together.
        inside: per dim of a window, in the order of :attr:`partner`, its spatial factors inside the block.
    """

    still: tuple[Dims, ...]
    windows: tuple[tuple[int, int], ...]
    inside: Dims

    @property
    def partner(self) -> dict[int, int]:
        """Per dim of a window, the other one."""
        return {dim: other for pair in self.windows for dim, other in (pair, pair[::-1])}

    def stays(self, dim: int) -> int | None:
        """The data space that a loop over the dim leaves where it is."""
        return next((v for v, dims in enumerate(self.still) if dim in dims), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that is being read off the listed dims of a block."""

    along: tuple[int, ...]
    idle: frozenset[int]
    stopped: bool


def orders_of(found: Boundaries, block: int, factors: Sequence[Factors], listed: Sequence[int]) -> tuple[Order, ...]:
    """All orders that differ in what they mean.

    Args:
        found: the boundaries.
        block: number of the temporal block.
        factors: per dim, what the block may take of it.
        listed: the dims that its constraint wants innermost.
    """
    able = tuple(d for d, bound in enumerate(found.lattice.bounds) if bound > 1 and factors[d] != frozenset((1,)))
    moves = Moves(still=found.still, windows=found.windows, inside=tuple(found.inside[block][d] for d in found.partner))
    return _orders(moves, able, tuple(d for d in listed if d in able))


@lru_cache(maxsize=1 << 10)
def _orders(moves: Moves, able: Dims, listed: Dims) -> tuple[Order, ...]:
    """The same; spreads differ in few of these."""
    result: list[Order] = []
    for i, first in enumerate(listed):
        still = moves.stays(first)
        idle = frozenset(listed[:i])
        for run in _read(moves, still, listed[i + 1 :], Run(along=(first,), idle=idle, stopped=False)):
            result += _finished(moves, able, listed, still, run, first)
    free = [d for d in able if d not in listed]
    for still, first in _leads(moves, free):
        run = Run(along=(), idle=frozenset(listed), stopped=False)
        result += _finished(moves, able, listed, still, run, first)
    return tuple(dict.fromkeys(result))


def _read(moves: Moves, still: int | None, rest: Sequence[int], run: Run) -> Iterator[Run]:
    """Go on along the listed dims: one of another data space either has no loop or ends the run."""
    if not rest or still is None:
        yield run
    elif moves.stays(rest[0]) == still:
        yield from _read(moves, still, rest[1:], Run(along=(*run.along, rest[0]), idle=run.idle, stopped=False))
    else:
        yield Run(along=run.along, idle=run.idle, stopped=True)
        yield from _read(moves, still, rest[1:], Run(along=run.along, idle=run.idle | {rest[0]}, stopped=False))


def _leads(moves: Moves, free: Sequence[int]) -> Iterator[tuple[int | None, int]]:
    """The free dims that may be innermost; of those that mean the same, one."""
    seen = set()
    for dim in free:
        still = moves.stays(dim)
        kind = (still, dim if dim in moves.partner else None)
        if kind not in seen:
            seen.add(kind)
            yield still, dim


def _finished(
    moves: Moves, able: Sequence[int], listed: Sequence[int], still: int | None, run: Run, first: int
) -> Iterator[Order]:
    may = tuple(d for d in able if d not in run.idle)
    along = run.along
    if not run.stopped and still is not None:
        along = (*along, *(d for d in may if d not in listed and moves.stays(d) == still))
    if still is None:
        along = ()
    for variant in _variants(moves, may, still, along, first):
        lead = (first, *(d for d in variant.along if d != first))
        yield replace(variant, lead=lead)
        only = tuple(d for d in may if d in variant.along)
        if not run.stopped and variant.along and not variant.needs:
            yield replace(variant, able=only, open=True, lead=lead)


def _variants(
    moves: Moves, may: tuple[int, ...], still: int | None, along: tuple[int, ...], first: int
) -> Iterator[Order]:
    """One run, as far as loops further out can make moves that are alike (``meeting``).

    They can only if nothing that moves the inputs elsewhere comes in between: in this block the loops over the other
    dim of the axis have to follow at once; or there are no others in this block, and they follow further out.
    """
    windows, partners = moves.windows, moves.partner
    quiet = moves.still[INPUTS]
    if first in partners:
        slide = Slide(dim=first, spread=moves.inside[[*partners].index(first)], meets=Meets.NOTHING)
        yield Order(still=still, along=along, able=may, first=slide)
        alone = Order(still=still, along=(first,), able=may)
        own, partner = tuple(d for d in may if d in (first, *quiet)), partners[first]
        for meets in (Meets.ITSELF, Meets.BOTH, Meets.OTHER):
            yield replace(alone, able=own, first=replace(slide, meets=meets), awaits=Awaited(first, meets))
        if partner in may:
            yield replace(alone, first=replace(slide, meets=Meets.OTHER), needs=(partner,))
    elif still == INPUTS:
        yield Order(still=still, along=along, able=may)
        for pair in windows:
            meeting = Order(still=still, along=along, able=may, cancels=True)
            able = tuple(d for d in may if d in (*pair, *along))
            yield replace(meeting, able=able, awaits=Awaited(pair[0], Meets.EITHER))
            if all(d in may for d in pair):
                yield replace(meeting, needs=pair)
    else:
        yield Order(still=still, along=along, able=may)


def slides(found: Boundaries, dim: int) -> bool:
    """Whether a loop over the dim can move the inputs by less than their tile's extent."""
    return dim in found.partner


def brings(found: Boundaries, awaited: Awaited, still: int | None, slide: Slide | None) -> bool:
    """Whether loops further out, with this data space's run first and this slide, can be what is awaited."""
    if still == INPUTS:
        return True
    if slide is None:
        return False
    if slide.dim == awaited.dim:
        further = slide.meets not in (Meets.NOTHING, Meets.ITSELF)
        return awaited.meets != Meets.OTHER and (further or awaited.meets != Meets.BOTH)
    return slide.dim == found.partner[awaited.dim] and awaited.meets in (Meets.OTHER, Meets.EITHER)
