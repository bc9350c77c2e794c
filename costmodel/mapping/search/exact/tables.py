"""The least cost of everything inside a tile, for every tile at once: the bound of the search.

Block by block from the inside out. A table holds, per state (``inside``), the least known cost of all chains of tiles
that lead to a tile in it; as costs only add, that is all that the outside needs to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.mapping.search.exact.allowed import Factors
from costmodel.mapping.search.exact.boundaries import Boundaries, Slide
from costmodel.mapping.search.exact.inside import State, Table, keep, opened
from costmodel.mapping.search.exact.lattice import Figures
from costmodel.mapping.search.exact.measures import Measure
from costmodel.mapping.search.exact.orders import Order
from costmodel.mapping.space.factors import divisors

Run = tuple[Slide | None, int | None, tuple[int, ...]]
"""All of an order that the run itself depends on: the loop that slides, the data space that stays, the dims."""


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
                keep(following, state, figures)
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
    inside = opened(found, measure, table, b - 1, order.still, order.first)
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


def _advanced(found: Boundaries, figures: Figures, dims: Sequence[int] | range, factors: Sequence[Factors]) -> Figures:
    """For every tile the least over the tiles that the block's factors along these dims lead from."""
    for dim in dims:
        allowed = factors[dim]
        if allowed is None:
            figures = found.lattice.least(figures, (dim,))
        elif allowed != frozenset((1,)):
            figures = found.lattice.least_by(figures, dim, allowed)
    return figures
