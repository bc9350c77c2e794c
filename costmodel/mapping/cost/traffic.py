"""Per storage level and data space: tile, accesses asked for, words delivered inwards, before any bypass.

Between level s and the next outer one there is one boundary for each data space. The loops outside it move the tile of
level s; the delta rules say how many words each move brings (``deltas``), the fan-out how many accesses of the outer
level these words take (``multicast``). A boundary does not depend on where else the data space is kept, so it is
computed once for a nest, and all bypass choices are put together from it afterwards (``counters``):

* ``content`` of level s + 1 is what the boundary asks for if both sides keep the data space;
* if level s keeps nothing, each access that *it* would have been asked goes on outwards unfiltered, and only the
  fan-out between the two shares it: times ``per_child``.

Counts are whole numbers but for links: there Timeloop divides words by PEs that receive different amounts, in
floating point, and rounds in the end. Fractions keep that exact where it rounds to the nearest; words received it cuts
off, so that the last bit of a sum can be a word: they are added as it adds them (``multicast.Served.received``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from costmodel.mapping.cost.deltas import moves_of
from costmodel.mapping.cost.geometry import OUTPUTS, Geometry
from costmodel.mapping.cost.gradient_deltas import gradient_traffic
from costmodel.mapping.cost.multicast import linked, links_possible, sharing, shifts_of
from costmodel.mapping.cost.nest import Nest
from costmodel.mapping.machine import Machine

Amount = int | Fraction | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """One data space on all storage levels, innermost first; per instance.

    Attributes:
        content: accesses that the next inner level causes here if both keep the data space.
        per_child: accesses here for each access of one child, when the child keeps nothing and passes them on.
        fills: words that this level receives from the next outer one; 0 at the outermost.
        handed_on: words that an instance of this level hands to and is handed by its neighbours.
        first_touch: words that are seen for the first time: outputs need not be read before that.
    """

    content: tuple[Amount, ...]
    per_child: tuple[Amount, ...]
    fills: tuple[Amount, ...]
    handed_on: tuple[Amount, ...]
    first_touch: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One data space over the outer boundary of one level.

    Attributes:
        asked: accesses at the next outer level.
        per_child: these for each access of one child.
        received: words that a child receives.
        handed_on: words that a child hands to and is handed by its neighbours.
    """

    asked: Amount
    per_child: Amount
    received: Amount
    handed_on: Amount = 0


def traffic_of(
    geometry: Geometry, machine: Machine, nest: Nest, v: int, kept: Collection[int] | None = None
) -> Traffic:
    """Traffic of data space v under a nest, by the machine's behaviour.

    ``kept`` are the levels that may keep it (all, if not given): content and fills of the others are needed
    nowhere, and are left at 0.
    """
    crossings = []
    for s in range(len(machine.levels) - 1):
        if kept is None or s in kept:
            crossings.append(_boundary(geometry, machine, nest, v, s))
        else:
            crossings.append(Crossing(asked=0, per_child=_passed_on(geometry, machine, nest, v, s), received=0))
    fills: list[Amount] = [*(crossing.received for crossing in crossings), 0]
    touched = first_touch(geometry, nest) if v == OUTPUTS else (0,) * len(machine.levels)
    if machine.behaviour == "E":
        fills = [max(0, received - new) for received, new in zip(fills, touched, strict=True)]
    return Traffic(
        content=(nest.compute, *(crossing.asked for crossing in crossings)),
        per_child=(1, *(crossing.per_child for crossing in crossings)),
        fills=tuple(fills),
        handed_on=(*(crossing.handed_on for crossing in crossings), 0),
        first_touch=touched,
    )


def _passed_on(geometry: Geometry, machine: Machine, nest: Nest, v: int, s: int) -> Amount:
    """Accesses at level s + 1 per access of a child that keeps nothing."""
    spatial = nest.spatial[s + 1]
    if not spatial:
        return 1
    if machine.behaviour != "A" and links_possible(geometry, v, spatial, nest.temporal[nest.outside[s] :]):
        return _boundary(geometry, machine, nest, v, s).per_child
    return sharing(geometry, v, spatial).groups


def first_touch(geometry: Geometry, nest: Nest) -> tuple[int, ...]:
    """Per level the outputs that one instance is the first to touch (Timeloop's partition sizes).

    From the outside in: the outermost level touches all of them. Where a fan-out divides a tile among instances, each
    gets its tile's share of the box that they cover together. Nothing has to be read for a first touch, so that many
    reads are taken off (``counters``).
    """
    touched = geometry.size(OUTPUTS, nest.reach[-1])
    result = [touched]
    for s in range(len(nest.reach) - 2, -1, -1):
        size = geometry.size(OUTPUTS, nest.reach[s])
        divided = geometry.size(OUTPUTS, nest.master[s + 1]) if nest.spatial[s + 1] else size
        touched = touched * size // divided  # tiling.cpp truncates, and so it has to be done in this order
        result.append(touched)
    return tuple(reversed(result))


def _boundary(geometry: Geometry, machine: Machine, nest: Nest, v: int, s: int) -> Crossing:
    loops = nest.temporal[nest.outside[s] :]
    extents = geometry.extents(v, nest.reach[s])
    spatial = nest.spatial[s + 1]
    if machine.behaviour == "A":
        words = gradient_traffic(geometry, v, loops, extents)
        if not spatial:
            return Crossing(asked=words, per_child=1, received=words)
        shared = sharing(geometry, v, spatial)
        # A counts a child's share once for every size of group there is.
        return Crossing(asked=words * shared.groups, per_child=shared.groups, received=words * shared.sizes)
    moves = moves_of(geometry, v, loops, extents)
    words = moves.traffic
    # From here on each case is dearer than the one before and gives the same numbers where that one applies.
    if not spatial:
        return Crossing(asked=words, per_child=1, received=words)
    shared = sharing(geometry, v, spatial)
    if not links_possible(geometry, v, spatial, loops):
        return Crossing(asked=words * shared.groups, per_child=shared.groups, received=words)
    if not shared.shifts:
        shared = replace(shared, shifts=shifts_of(geometry, v, spatial))
    served = linked(machine.levels[s + 1], nest.rows[s + 1], shared, moves)
    # Links make the PEs unequal: some fetch, some are handed their words. A bypassing child's accesses go outwards at
    # the mean of them: fetched accesses per word delivered, times the PEs (tiling.cpp, on irregular multicast).
    return Crossing(
        asked=served.fetched,
        per_child=Fraction(served.fetched * shared.fanout, served.delivered),
        received=served.received,
        # The words are those of one parent's children, and yet all children there are share them (tiling.cpp,
        # ComputePeerAccesses: link_transfers over replication_factor).
        handed_on=Fraction(served.handed_on, nest.replication[s]),
    )


def round_half_up(amount: Amount) -> int:
    """Whole accesses; Timeloop adds a half and truncates."""
    return amount if isinstance(amount, int) else int(amount + Fraction(1, 2))
