"""Per storage level and data space: tile, accesses asked for, words delivered inwards, before any bypass."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from costmodel.mapping.geometry import OUTPUTS, Geometry
from costmodel.mapping.gradient import gradient_traffic
from costmodel.mapping.machine import Machine
from costmodel.mapping.moves import moves_of
from costmodel.mapping.multicast import delivery, linked, links_possible, sharing, shifts_of
from costmodel.mapping.nest import Nest

Amount = int | Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """One data space on all storage levels, innermost first; per instance.

    Attributes:
        content: accesses that the next inner level causes here if both keep the data space.
        per_child: accesses here for each access of one child, when the child keeps nothing and passes them on.
        fills: words that this level receives from the next outer one; 0 at the outermost.
        first_touch: words that are seen for the first time: outputs need not be read before that.
    """

    content: tuple[Amount, ...]
    per_child: tuple[Amount, ...]
    fills: tuple[Amount, ...]
    first_touch: tuple[int, ...]


def traffic_of(
    geometry: Geometry, machine: Machine, nest: Nest, v: int, kept: Collection[int] | None = None
) -> Traffic:
    """Traffic of data space v under a nest, by the machine's behaviour.

    ``kept`` are the levels that may keep it (all, if not given): content and fills beside the others are asked for by
    nobody, and are left at 0.
    """
    content: list[Amount] = [nest.compute]
    per_child: list[Amount] = [1]
    fills: list[Amount] = []
    for s in range(len(machine.levels) - 1):
        if kept is None or s in kept:
            asked, factor, received = _boundary(geometry, machine, nest, v, s)
        else:
            asked, factor, received = 0, _passed_on(geometry, machine, nest, v, s), 0
        content.append(asked)
        per_child.append(factor)
        fills.append(received)
    fills.append(0)
    touched = first_touch(geometry, nest) if v == OUTPUTS else (0,) * len(machine.levels)
    if machine.behaviour == "E":
        fills = [max(0, received - new) for received, new in zip(fills, touched, strict=True)]
    return Traffic(content=tuple(content), per_child=tuple(per_child), fills=tuple(fills), first_touch=touched)


def _passed_on(geometry: Geometry, machine: Machine, nest: Nest, v: int, s: int) -> Amount:
    """Accesses at level s + 1 per access of a child that keeps nothing."""
    spatial = nest.spatial[s + 1]
    if not spatial:
        return 1
    if machine.behaviour != "A" and links_possible(geometry, v, spatial, nest.temporal[nest.outside[s] :]):
        return _boundary(geometry, machine, nest, v, s)[1]
    return sharing(geometry, v, spatial).groups


def first_touch(geometry: Geometry, nest: Nest) -> tuple[int, ...]:
    """Per level the outputs that one instance is the first to touch (Timeloop's partition sizes)."""
    touched = geometry.size(OUTPUTS, nest.reach[-1])
    result = [touched]
    for s in range(len(nest.reach) - 2, -1, -1):
        size = geometry.size(OUTPUTS, nest.reach[s])
        divided = geometry.size(OUTPUTS, nest.master[s + 1]) if nest.spatial[s + 1] else size
        touched = touched * size // divided
        result.append(touched)
    return tuple(reversed(result))


def _boundary(geometry: Geometry, machine: Machine, nest: Nest, v: int, s: int) -> tuple[Amount, Amount, Amount]:
    """Over the boundary of level s: accesses at s + 1, these per access of a child, words that a child receives."""
    loops = nest.temporal[nest.outside[s] :]
    extents = geometry.extents(v, nest.reach[s])
    spatial = nest.spatial[s + 1]
    if machine.behaviour == "A":
        words = gradient_traffic(geometry, v, loops, extents)
        if not spatial:
            return words, 1, words
        shared = sharing(geometry, v, spatial)
        # A counts a child's share once for every size of group there is.
        return words * shared.groups, shared.groups, words * shared.sizes
    moves = moves_of(geometry, v, loops, extents)
    if not spatial:
        words = moves.traffic
        return words, 1, words
    shared = sharing(geometry, v, spatial)
    if not links_possible(geometry, v, spatial, loops):
        words = moves.traffic
        return words * shared.groups, shared.groups, words
    if not shared.shifts:
        shared = type(shared)(
            fanout=shared.fanout,
            groups=shared.groups,
            sizes=shared.sizes,
            shifts=shifts_of(geometry, v, spatial),
        )
    fetched, delivered = linked(machine.levels[s + 1], nest.rows[s + 1], shared, moves)
    return fetched, *delivery(fetched, delivered, prod(bound for _, bound, _ in spatial))


def round_half_up(amount: Amount) -> int:
    """Whole accesses; Timeloop adds a half and truncates."""
    return amount if isinstance(amount, int) else int(amount + Fraction(1, 2))
