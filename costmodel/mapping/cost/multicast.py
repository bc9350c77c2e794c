"""Sharing under a fan-out: PEs that want the same words are served once, and neighbours may pass words on.

Three questions, each cheaper to answer than the next, so they are asked in this order:

1. Which PEs want the same tile (:func:`sharing`)? PE i's tile is PE 0's, shifted. One access serves all PEs with
   equal shifts, so accesses = words · groups. If every axis of the data space is moved by one spread dim only, the
   groups are a product of bounds and no PE is looked at.
2. Could a neighbour have, from one invocation to the next, just what a PE needs (:func:`links_possible`)? Mostly not,
   for a reason that the problem's shape gives.
3. If so: for which kinds of moves, and how many groups are left over (:func:`linked`)? Invocations are as many as
   temporal iterations, but of few kinds: what arrives depends on the loop that has advanced and on what came before.

A tile's shift and a move of the tile are vectors over the axes of the data space, packed into one integer
(``geometry``), so that "the same place" is an equality of integers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from costmodel.mapping.cost.deltas import Moves
from costmodel.mapping.cost.geometry import Geometry
from costmodel.mapping.cost.nest import NestLoop
from costmodel.mapping.machine import StorageLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How the PEs under one fan-out share one data space.

    Attributes:
        fanout: PEs.
        groups: sets of PEs that want the same words.
        sizes: how many different sizes these sets have.
        shifts: per PE, the packed shift of its tile; empty where single PEs need not be looked at.
    """

    fanout: int
    groups: int
    sizes: int
    shifts: tuple[int, ...] = ()


def sharing(geometry: Geometry, v: int, spatial: Sequence[NestLoop]) -> Sharing:
    """Group the PEs of a spatial block by the shift of their tile of data space v.

    Where each axis is moved by one dim only, different indices of relevant loops are different shifts and no PE
    has to be counted. Halos that overlap without being equal are separate: Timeloop shares equal tiles only.
    """
    fanout = prod(bound for _, bound, _ in spatial)
    relevant = [(dim, bound) for dim, bound, _ in spatial if geometry.axis[v][dim] >= 0]
    dims = {dim for dim, _ in relevant}
    if len({geometry.axis[v][dim] for dim in dims}) == len(dims):
        return Sharing(fanout=fanout, groups=prod(bound for _, bound in relevant), sizes=1)
    shifts = shifts_of(geometry, v, spatial)
    members = Counter(shifts)
    return Sharing(fanout=fanout, groups=len(members), sizes=len(set(members.values())), shifts=shifts)


def shifts_of(geometry: Geometry, v: int, spatial: Sequence[NestLoop]) -> tuple[int, ...]:
    """The packed shift of every PE; PE numbers count the innermost loop fastest."""
    shifts = [0]
    for dim, bound, stride in spatial:
        step = geometry.unit[v][dim] * stride
        shifts = [shift + i * step for i in range(bound) for shift in shifts]
    return tuple(shifts)


def links_possible(geometry: Geometry, v: int, spatial: Sequence[NestLoop], loops: Sequence[NestLoop]) -> bool:
    """Whether a neighbour could ever hold the words that a PE is about to need.

    It holds them if the tile moves from one PE's place to another's: move = shift of one PE − shift of another. On an
    axis moved by a single dim d with spatial bound n and step s, two PEs are at most (n − 1)·s apart, and a loop over
    d outside the fan-out moves by a multiple of n·s (its stride includes the spatial loop): never equal but for 0 = 0,
    and a tile that nothing has moved brings nothing.
    So an axis is needed on which two dims of the problem meet (the window of a convolution: taps and positions), and
    there a spatial loop, so that PEs lie apart, or temporal loops of both dims, whose moves can cancel to 0.

    False is certain; True is not: then :func:`linked` looks.
    """
    for axis in geometry.terms[v]:
        dims = [d for _, d in axis if geometry.bounds[d] > 1]
        if len(dims) < 2:
            continue
        if any(dim in dims for dim, _, _ in spatial) or len({dim for dim, _, _ in loops if dim in dims}) > 1:
            return True
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Words that the PEs under one instance of a fan-out receive.

    Attributes:
        fetched: accesses of the level.
        delivered: words delivered by it: each access times its receivers.
        handed_on: words that came over links instead.
        received: words delivered to a PE at the mean, in floating point and added as Timeloop does.
    """

    fetched: int
    delivered: int
    handed_on: int
    received: float


def linked(level: StorageLevel, row: int, shared: Sharing, moves: Moves) -> Served:
    """What the level serves, and what neighbours hand on.

    Behaviours B, D and E: a PE is served by a neighbour that, one invocation earlier, received the very box that the
    PE needs now. Rows have the mesh's 16 PEs although the PE numbers count rows of the loops' length; Timeloop
    uses the links only where they leave fewer accesses. (nest-analysis.cpp, ComputeNetworkLinkTransfers.)

    Example (tests/mapping/cost/test_traffic.py): three PEs hold the taps R = 0, 1, 2 side by side and walk over P. In
    the first invocation each fetches its own input: 3 accesses. When P advances by 1 PE r needs input r + 1 + p, which
    PE r + 1 had before; only the last PE has nobody to ask. 1 access for each further position, 2 words handed on.
    """
    served = _served_by_neighbours(shared.shifts, max(level.fanout_x, row))
    fetched = delivered = handed_on = 0
    everybody = _sets(shared.shifts)
    alike: Counter[tuple[int, int]] = Counter()
    for words, times, like_before, move in _invocations(moves):
        sets = everybody  # nobody is helped: every group is fetched once, and every PE receives
        if like_before and move in served:
            left = [shift for pe, shift in enumerate(shared.shifts) if pe not in served[move]]
            sets = _sets(left) if len(set(left)) < shared.groups else sets
        for members, groups in sets.items():
            alike[members, groups] += words * times * groups
        members = sum(size * groups for size, groups in sets.items())
        fetched += words * times * sum(sets.values())
        delivered += words * times * members
        handed_on += words * times * (shared.fanout - members)
    # accesses by their receivers and by how many are alike at once, in this order (tiling.cpp, parent_access_share)
    received = 0.0
    for (members, _), accesses in sorted(alike.items()):
        received += accesses * members / shared.fanout
    return Served(fetched=fetched, delivered=delivered, handed_on=handed_on, received=received)


def _sets(shifts: Sequence[int]) -> Counter[int]:
    """How many sets of PEs want the same words, by their size."""
    return Counter(Counter(shifts).values())


def _served_by_neighbours(shifts: Sequence[int], width: int) -> dict[int, set[int]]:
    """Per packed move, the PEs whose neighbour had before the move what they need after it.

    A PE at shift a needs a + move; its neighbour at shift b had b: so the move b − a is the one that helps. Every pair
    of neighbours helps with just one move, and all other moves are not in the result.
    """
    served: dict[int, set[int]] = {}
    for pe, shift in enumerate(shifts):
        neighbours = [pe - width, pe + width]
        if pe % width:
            neighbours.append(pe - 1)
        if pe % width < width - 1:
            neighbours.append(pe + 1)
        for other in neighbours:
            if 0 <= other < len(shifts):
                served.setdefault(shifts[other] - shift, set()).add(pe)
    return served


def _invocations(moves: Moves) -> list[tuple[int, int, bool, int]]:
    """Kinds of invocations of the block: (words, times, whether the words have the last ones' form, move).

    A neighbour passes on what it *received* one invocation earlier, so the words now must be of the same form as those
    before: a slab after a slab, or a whole tile after a whole one. Timeloop simulates the first two iterations of each
    loop, so what precedes is that of the simulated ones: before an advance of an outer loop the slab of the innermost
    loop; before the innermost loop's first advance after it, what the outer one has brought.
    """
    # the very first invocation fills everything, and has no predecessor
    kinds = [(moves.full, 1, False, 0)]
    if not moves.packed:
        return kinds
    first, whole = moves.packed[0], moves.slab == moves.full
    inner = moves.total // (moves.total - moves.times[0])  # bound of the innermost loop
    # the innermost loop's run from the start: preceded by whole tiles
    kinds.append((moves.slab, inner - 1, whole, first))
    for move, times in zip(moves.packed[1:], moves.times[1:], strict=True):
        alike = move == first  # then it is served incrementally, as the innermost loop's moves are (``deltas``)
        kinds.append((moves.slab if alike else moves.full, times, alike or whole, move))
        # and the innermost loop's run after each of these advances
        kinds.append((moves.slab, (inner - 1) * times, alike or whole, first))
    return [kind for kind in kinds if kind[0]]
