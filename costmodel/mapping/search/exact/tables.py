"""The least cost of everything inside a tile, for every tile at once: the bound of the search.

Block by block from the inside out. A state says what is not yet known of the boundaries inside a tile:

* ``waiting``: the boundaries from here on wait for the next loop outside: none has come since their tile;
* ``running``: the boundaries from here up to ``waiting`` have had their innermost loop, which leaves data space
  ``still`` where it is, and only the end of that run is open.

What is left where a loop of another data space comes is known for good. A table holds the least known cost of all
chains of tiles that lead to a tile in a state; as costs only add, that is all that the outside needs to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.search.exact.allowed import Factors
from costmodel.mapping.search.exact.boundaries import Boundaries, Slide
from costmodel.mapping.search.exact.lattice import Figures, Region, within
from costmodel.mapping.search.exact.measures import Measure
from costmodel.mapping.search.exact.orders import Awaited, Order, brings
from costmodel.mapping.space.factors import divisors

SPACES = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is open of a tile's boundaries; ``running`` is None where nothing runs.

    ``awaited`` has to come next: else the chain is one of another state, in which moves are not taken to be alike.
    """

    waiting: int
    running: int | None = None
    still: int | None = None
    awaited: Awaited | None = None


Run = tuple[Slide | None, int | None, tuple[int, ...]]
"""All of an order that the run itself depends on: the loop that slides, the data space that stays, the dims."""

Table = dict[State, Figures]
"""Per state, the least cost of every tile; infinite where no chain leads to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the loops outside a tile mean for its boundaries.

    Attributes:
        still: the data space that the run leaves where it is; None if there is no run.
        ends: the sizes of that data space's unmoving dims at the end of the run, multiplied.
        cancels: whether the inputs, if they are what stays, may come back where loops further out cancel.
        slide: where the innermost loop slides the inputs' window.
        until: number of the tile's size at that loop's end (``Lattice.ends``); None for all of them.
    """

    still: int | None = None
    ends: Figures | float = 1.0
    cancels: bool = False
    slide: Slide | None = None
    until: int | None = None


def settled(
    found: Boundaries, measure: Measure, first: int, last: int, region: Region, outside: Outside
) -> Iterator[tuple[int, int, Figures]]:
    """The cost of the boundaries ``first`` to ``last`` of tiles in a region: (boundary, data space, cost)."""
    for b in range(first, last + 1):
        for v in SPACES:
            if not found.crosses(b, v):
                continue
            if v == outside.still:
                yield b, v, found.run(measure, b, v, region, outside.ends, cancels=outside.cancels)
            elif v == INPUTS and outside.slide is not None:
                slid = within(found.slid(measure, b, outside.slide), (*region[:-1], slice(None)))
                yield b, v, slid if outside.until is None else slid[..., outside.until : outside.until + 1]
            else:
                yield b, v, within(found.unmoved(measure, b, v), region)


def closed(found: Boundaries, measure: Measure, table: Table, last: int, region: Region, outside: Outside) -> Figures:
    """The least cost of everything inside the tiles of a region, given the loops outside; ``last``: their block."""
    costs = list(settled(found, measure, 0, last, region, outside))
    ended = [
        (b, v, within(_ended(found, measure, b, v, outside.slide), region))
        for b in range(last + 1)
        for v in SPACES
        if found.crosses(b, v)
    ]
    best: Figures | None = None
    for state, figures in table.items():
        if state.awaited is not None and not brings(found, state.awaited, outside.still, outside.slide):
            continue
        total = figures[region]
        for b, v, cost in costs:
            runs_on = state.running is not None and v == state.still == outside.still and b >= state.running
            if b >= state.waiting or runs_on:
                total = total + cost
        if state.running is not None and state.still != outside.still:
            for b, v, cost in ended:
                if v == state.still and state.running <= b < state.waiting:
                    total = total + cost
        best = total if best is None else np.minimum(best, total)
    if best is None:
        return np.full(tuple(part.stop - part.start for part in region), np.inf)
    return best


def _ended(found: Boundaries, measure: Measure, b: int, v: int, slide: Slide | None) -> Figures:
    """The cost of v over a boundary where a run of it ends because another loop comes next."""
    return found.stayed(measure, b, v) if slide is not None and slide.meets else found.unmoved(measure, b, v)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of one measure: entry b belongs to the tiles of block b."""

    measure: Measure
    entries: tuple[Table, ...]


def tables_of(
    found: Boundaries, measure: Measure, orders: Sequence[Sequence[Order]], factors: Sequence[Sequence[Factors]]
) -> Tables:
    """All tables.

    Args:
        found: the boundaries.
        measure: what is counted.
        orders: per temporal block.
        factors: per temporal block and dim.
    """
    start = np.full(found.lattice.shape, np.inf)
    start[(0,) * len(found.lattice.shape)] = 0.0
    first = _advanced(found, start, range(len(factors[0])), factors[0]) + found.fits(0)
    entries: list[Table] = [{State(waiting=0): first}]
    for b in range(1, len(found.levels)):
        following: Table = {}
        if all(one is None or 1 in one for one in factors[b]):
            following = dict(entries[-1])  # no loop in this block
        runs: dict[Run, dict[int | None, Figures]] = {}
        for order in orders[b]:
            run = (order.first, order.still, order.along)
            if run not in runs:  # several orders differ in what comes outside it only
                runs[run] = _along(found, measure, entries[-1], b, order, factors[b])
            for state, figures in _after(found, measure, b, order, runs[run], factors[b]):
                known = following.get(state)
                following[state] = figures if known is None else np.minimum(known, figures)
        fits = found.fits(b)
        raised = {state: figures + fits for state, figures in following.items()}
        entries.append({state: figures for state, figures in raised.items() if np.isfinite(figures).any()})
    return Tables(measure=measure, entries=tuple(entries))


def _after(
    found: Boundaries,
    measure: Measure,
    b: int,
    order: Order,
    run: dict[int | None, Figures],
    factors: Sequence[Factors],
) -> Iterator[tuple[State, Figures]]:
    """The states after block b with loops in this order, and their tables."""
    lattice = found.lattice
    rest = [dim for dim in order.able if dim not in (*order.along, *order.needs)]
    for running, figures in run.items():
        if order.open and running is not None:
            yield State(waiting=b, running=running, still=order.still, awaited=order.awaits), figures
        elif not order.open:
            total = figures
            if order.still is not None and running is not None:
                for boundary in range(running, b):
                    if found.crosses(boundary, order.still):
                        stayed = found.stayed if order.cancels else found.unmoved
                        total = total + stayed(measure, boundary, order.still)
            total = _advanced(found, np.broadcast_to(total, lattice.shape), rest, factors)
            for dim in order.needs:
                every = factors[dim] or divisors(lattice.bounds[dim])
                total = lattice.least_by(total, dim, [factor for factor in every if factor > 1])
            yield State(waiting=b, awaited=order.awaits), total


def _along(
    found: Boundaries, measure: Measure, table: Table, b: int, order: Order, factors: Sequence[Factors]
) -> dict[int | None, Figures]:
    """The run itself: by the first boundary that it runs on for, the least cost of the tiles at its end."""
    lattice = found.lattice
    inside = _inside(found, measure, table, b - 1, order)
    if order.first is None:
        return {running: _advanced(found, figures, order.along, factors) for running, figures in inside.items()}
    dim = order.first.dim
    others = [other for other in order.along if other != dim]
    trips = np.array([float(size) for size in lattice.ends[dim]]) / lattice.sizes[dim]
    leads = (trips > 1) & (
        (trips == np.floor(trips)) if factors[dim] is None else np.isin(trips, list(factors[dim] or ()))
    )
    barred = np.where(leads, 0.0, np.inf)
    result: dict[int | None, Figures] = {}
    for running, figures in inside.items():
        best = np.min(figures + barred, axis=lattice.axes[dim], keepdims=True)
        best = _advanced(found, best, others, factors)
        into = result[running] = np.empty(lattice.shape)
        for number, place in enumerate(lattice.places[dim]):
            into[place] = best[..., number : number + 1]
    return result


def _inside(found: Boundaries, measure: Measure, table: Table, last: int, order: Order) -> dict[int | None, Figures]:
    """All that is known once this run has begun: all but what the run leaves where it is.

    Where the run's first loop slides a window, also by the size at its end, along the spare axis.
    """
    everything = found.lattice.everything
    costs = settled(found, measure, 0, last, everything, Outside(slide=order.first))
    # what is settled now of the boundaries from each one on
    since: list[Figures | float] = [0.0] * (last + 2)
    for b, v, cost in sorted(costs, key=lambda one: -one[0]):
        for first in range(b + 1):
            since[first] = since[first] + cost if v != order.still else since[first]
    waiting: dict[tuple[int, int | None, int | None], Figures] = {}
    for state, figures in table.items():
        if state.awaited is None or brings(found, state.awaited, order.still, order.first):
            kind = (state.waiting, state.running, state.still)
            waiting[kind] = np.minimum(waiting[kind], figures) if kind in waiting else figures
    result: dict[int | None, Figures] = {}
    for (begun, runs, still), known in waiting.items():
        figures, first = known + since[begun], begun
        if runs is not None and still is not None:
            if still == order.still:
                first = runs
            else:  # another data space's run ends here, with the tile as it is
                for b in range(runs, begun):
                    if found.crosses(b, still):
                        figures = figures + _ended(found, measure, b, still, order.first)
        running = None
        if order.still is not None:
            running = next((b for b in range(first, last + 1) if found.crosses(b, order.still)), None)
        result[running] = np.minimum(result[running], figures) if running in result else figures
    return result


def _advanced(found: Boundaries, figures: Figures, dims: Sequence[int] | range, factors: Sequence[Factors]) -> Figures:
    """For every tile the least over the tiles that the block's factors along these dims lead from."""
    for dim in dims:
        allowed = factors[dim]
        if allowed is None:
            figures = found.lattice.least(figures, (dim,))
        elif allowed != frozenset((1,)):
            figures = found.lattice.least_by(figures, dim, allowed)
    return figures
