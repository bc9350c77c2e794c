"""PEs of a depthwise layer that want the same inputs, and the least that has to be fetched for them.

Where kernel and output positions of one axis are both spread, a PE with the next tap and one with the next position
may want the same input. How many do depends on how many positions each PE's tile has (``held``), and what they hand
on over links depends on the order of the PEs, too: for that there is a bound.

Example: R3 and P2 spread, dilation and stride 1, one position held. PE (r, p) wants input r + p: six PEs, but only the
inputs 0 … 3, so four groups, and one access serves (0, 1) and (1, 0). With two positions held PE (r, p) starts at
r + 2·p: 0, 1, 2, 2, 3, 4, five groups: a larger tile shares less.

How far apart, in general: along one axis PE (i, j) starts at i·tap + j·place, with tap = dilation · taps per PE and
place = stride · positions held. All that follows is arithmetic on these sums.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import prod

import numpy as np
from numpy.typing import NDArray

from costmodel.mapping.machine import Machine
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.depthwise_spreads import placements
from costmodel.mapping.search.closed_form.hierarchy import BUFFER, Spread
from costmodel.mapping.space.factors import divisors

Held = Mapping[str, int]
"""By dim (P, Q), how many positions the tile inside a scratchpad has; dims that are not named may have any."""

STILL = 1 << 40
"""Unit of the moves on an axis on which nothing moves."""

PeOrder = tuple[tuple[str, ...], tuple[str, ...]]
"""Spread dims on X and on Y, innermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowAxis:
    """One axis of the inputs: a dim of kernel taps and one of output positions that move it."""

    kernel: str
    position: str
    dilation: int
    stride: int


def axes_of(problem: Problem) -> tuple[WindowAxis, WindowAxis]:
    """Width and height."""
    return (
        WindowAxis(kernel="R", position="P", dilation=problem.w_dilation, stride=problem.w_stride),
        WindowAxis(kernel="S", position="Q", dilation=problem.h_dilation, stride=problem.h_stride),
    )


def shared_axes(problem: Problem, spread: Spread) -> list[WindowAxis]:
    """The axes on which two PEs may want the same inputs; on all others their tiles lie apart."""
    return [a for a in axes_of(problem) if spread.of(a.kernel) > 1 and spread.of(a.position) > 1]


def held_choices(problem: Problem, spread: Spread) -> Iterator[dict[str, int]]:
    """Every number of positions that the tile can have on the axes on which PEs meet."""
    dims = [axis.position for axis in shared_axes(problem, spread)]
    for chosen in product(*(_positions(problem, spread, dim) for dim in dims)):
        yield dict(zip(dims, chosen, strict=True))


def least_groups(problem: Problem, machine: Machine, spread: Spread, held: Held) -> float:
    """A bound from below on the inputs that are fetched for each input that one PE asks for.

    Without links these are the groups of PEs that want different inputs. With them it is a mean over the moves of the
    tile, each with the groups that neighbours leave over and scaled from the PEs that these leave over to all PEs; so
    no mapping has less than the least of these, over all orders of the PEs and all moves that there could be.

    Derivation. Timeloop charges a level that passes inputs on with ``per_child`` = PEs · Σ w·g / Σ w·m for each input
    that one PE asks for (``mapping.cost.traffic``): the sums run over the invocations, w words each, g groups fetched
    for m receiving PEs. A mean is at least its least term: per_child ≥ PEs · min (g / m). An invocation without links
    has g = all groups, m = all PEs: the term is the number of groups. One with links has what :func:`_left_over` finds
    for its move. An invocation in which all PEs are served adds nothing to either sum.
    """
    free = [axis.position for axis in axes_of(problem) if axis.position not in held]
    least = float(spread.width)
    for chosen in product(*(_positions(problem, spread, dim) for dim in free)):
        whole = {**held, **dict(zip(free, chosen, strict=True))}
        groups = _groups(problem, spread, whole)
        least = min(least, groups)
        if _links_reach(problem, spread, whole):
            for order in pe_orders(spread, machine):
                least = min(least, _left_over(problem, machine, spread, whole, order, groups))
    return least


def pe_orders(spread: Spread, machine: Machine) -> Iterator[PeOrder]:
    """Every way to lay the spread dims out on X and Y."""
    for on_x in placements(spread.factors, machine.levels[BUFFER]):
        on_y = [dim for dim, _ in spread.factors if dim not in on_x]
        yield from product(permutations(on_x), permutations(on_y))


def _positions(problem: Problem, spread: Spread, dim: str) -> list[int]:
    return sorted(divisors(problem.bounds[dim] // spread.of(dim)))


def _tap(problem: Problem, spread: Spread, axis: WindowAxis) -> int:
    """By how much the inputs of neighbouring taps' PEs are apart."""
    return axis.dilation * (problem.bounds[axis.kernel] // spread.of(axis.kernel))


def _groups(problem: Problem, spread: Spread, held: Held) -> int:
    groups = spread.of("C") * spread.of("N")
    for axis in axes_of(problem):  # the number of different sums i·tap + j·place
        tap, place = _tap(problem, spread, axis), axis.stride * held[axis.position]
        taps, places = range(spread.of(axis.kernel)), range(spread.of(axis.position))
        groups *= len({tap * i + place * j for i in taps for j in places})
    return groups


def _links_reach(problem: Problem, spread: Spread, held: Held) -> bool:
    """Whether two PEs are as far apart as the tiles of all PEs move at least; if not, no link is ever of use.

    A link needs i·tap + j·place = k·(place · positions spread) with k ≥ 1, where i and j are differences of PE
    indices. As j is at most positions spread − 1, it needs i·tap ≥ place: and i is at most taps spread − 1.
    """
    return any(
        _tap(problem, spread, axis) * (spread.of(axis.kernel) - 1) >= axis.stride * held[axis.position]
        for axis in axes_of(problem)
        if _unit(problem, spread, held, axis) < STILL
    )


def _unit(problem: Problem, spread: Spread, held: Held, axis: WindowAxis) -> int:
    """What all moves of the tiles on an axis are multiples of.

    Kernel taps have no loops outside the PEs, so only positions move the tile, by whole spreads of them; if one spread
    is all positions, nothing does.
    """
    together = held[axis.position] * spread.of(axis.position)
    return axis.stride * together if together < problem.bounds[axis.position] else STILL


def _left_over(problem: Problem, machine: Machine, spread: Spread, held: Held, order: PeOrder, groups: int) -> float:
    """The least of groups per PE, times all PEs, that links leave over after any move."""
    places = _places(problem, spread, held, order)
    row = prod(spread.of(dim) for dim in order[0])
    # rows have the mesh's length although PE numbers count rows of the loops' length (``mapping.cost.multicast``)
    width = max(machine.levels[BUFFER].fanout_x, row)
    units = [_unit(problem, spread, held, axis) for axis in axes_of(problem)]
    least = float(groups)
    for served in _served(places, width, units):
        left = places[~served]
        rest = len(np.unique(left, axis=0))
        if rest < groups and len(left):  # Timeloop takes the links only where they leave fewer accesses
            # PEs · g / m of this move, with g = rest and m = len(left)
            least = min(least, spread.width * rest / len(left))
    return least


def _places(problem: Problem, spread: Spread, held: Held, order: PeOrder) -> NDArray[np.int64]:
    """Per PE (innermost dim fastest) where its inputs start: width, height, and what no move brings together."""
    # the third number tells channels and samples apart: no loop outside makes one PE's inputs those of another there
    steps = {"C": (0, 0, problem.N), "N": (0, 0, 1)}
    for number, axis in enumerate(axes_of(problem)):
        for dim, by in ((axis.kernel, _tap(problem, spread, axis)), (axis.position, axis.stride * held[axis.position])):
            steps[dim] = (by, 0, 0) if number == 0 else (0, by, 0)
    places = np.zeros((1, 3), dtype=np.int64)
    for dim in (*order[0], *order[1]):
        offsets = np.arange(spread.of(dim))[:, None, None] * np.array(steps[dim])
        places = (places[None] + offsets).reshape(-1, 3)
    return places


def _served(places: NDArray[np.int64], width: int, units: Sequence[int]) -> Collection[NDArray[np.bool_]]:
    """Which PEs a neighbour can serve, for every move by multiples of the units with which it can serve any."""
    ids = np.arange(len(places))
    served: dict[tuple[int, int], NDArray[np.bool_]] = {}
    # a PE is served by its left, right, upper and lower neighbour, if the move is the difference of their places
    for step, inside in ((-1, ids % width > 0), (1, ids % width < width - 1), (-width, ids >= 0), (width, ids >= 0)):
        receivers = ids[inside & (ids + step >= 0) & (ids + step < len(ids))]
        moves = places[receivers + step] - places[receivers]
        possible = (moves[:, 2] == 0) & (moves[:, 0] % units[0] == 0) & (moves[:, 1] % units[1] == 0)
        possible &= (moves[:, 0] != 0) | (moves[:, 1] != 0)
        for receiver, move in zip(receivers[possible], moves[possible], strict=True):
            mask = served.setdefault((int(move[0]), int(move[1])), np.zeros(len(ids), dtype=bool))
            mask[receiver] = True
    return served.values()
