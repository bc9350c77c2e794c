"""What the inside of a tile costs at least, given the loops outside it.

A state says what is not yet known of the boundaries inside a tile:

* ``waiting``: the boundaries from here on wait for the next loop outside: none has come since their tile;
* ``running``: the boundaries from here up to ``waiting`` have had their innermost loop, which leaves data space
  ``still`` where it is, and only the end of that run is open.

What is left where a loop of another data space comes is known for good.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from costmodel.mapping.cost.geometry import INPUTS
from costmodel.mapping.search.exact.boundaries import Boundaries, Slide
from costmodel.mapping.search.exact.lattice import Figures, Region
from costmodel.mapping.search.exact.measures import Measure
from costmodel.mapping.search.exact.orders import Awaited, brings

SPACES = range(3)

Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is open of a tile's boundaries; ``running`` is None where nothing runs.

    ``awaited`` has to come next: else the chain is one of another state, in which moves are not taken to be alike.
    """

    waiting: int
    running: int | None = None
    still: int | None = None
    awaited: Awaited | None = None


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


Opened = dict[int | None, Figures]
"""By the first boundary that a run goes on for, None where there is none: the least cost of every tile."""


def opened(
    found: Boundaries, measure: Measure, table: Table, last: int, still: int | None, slide: Slide | None
) -> Opened:
    """All that is known of every tile once the loops outside have begun: all but what their run leaves where it is.

    Where the first of them slides a window, also by the size at its end, along the spare axis.

    Args:
        found: the boundaries.
        measure: what is counted.
        table: of the block ``last``.
        last: the block that the tiles belong to.
        still: the data space that the run leaves where it is.
        slide: the innermost loop, where it slides a window.
    """
    crossing = [still is not None and found.crosses(b, still) for b in range(last + 1)]
    # Few arrays have to be added to those that have the spare axis: what waits for the same is alike from here on.
    begun: dict[int, Opened] = {b: {} for b in range(last + 1)}
    for state, figures in table.items():
        if state.awaited is not None and not brings(found, state.awaited, still, slide):
            continue
        since = state.waiting
        if state.running is not None and state.still == still:
            since = state.running
        elif state.running is not None and state.still is not None:
            # another data space's run ends here, with the tile as it is
            for b in range(state.running, state.waiting):
                if found.counts(measure, b, state.still):
                    figures = figures + _ended(found, measure, b, state.still, slide)
        running = crossing.index(True, since) if True in crossing[since:] else None
        keep(begun[state.waiting], running, figures)
    result: Opened = {}
    settling: Figures | float = 0.0  # what is settled now of the boundaries from one on
    for b in range(last, -1, -1):
        for v in SPACES:
            # a slide says, too, to which tiles its loop leads
            if v != still and (found.counts(measure, b, v) or (v == INPUTS and slide and found.crosses(b, v))):
                settling = settling + _settled(found, measure, b, v, slide)
        for running, figures in begun[b].items():
            keep(result, running, figures + settling)
    return result


def closed(found: Boundaries, measure: Measure, known: Opened, last: int, region: Region, outside: Outside) -> Figures:
    """The least cost of everything inside the tiles of a region, given the loops outside.

    Args:
        found: the boundaries.
        measure: what is counted.
        known: of all tiles, once these loops have begun.
        last: the block that the tiles belong to.
        region: the tiles.
        outside: the loops outside.
    """
    still, best = outside.still, None
    for running, figures in known.items():
        total = _at_end(figures, region, outside)
        for b in range(last + 1 if running is None else running, last + 1):
            if still is not None and found.counts(measure, b, still):
                total = total + found.run(measure, b, still, region, outside.ends, cancels=outside.cancels)
        best = total if best is None else np.minimum(best, total)
    if best is None:
        return np.full(tuple(part.stop - part.start for part in region), np.inf)
    return best


def spent(found: Boundaries, measure: Measure, b: int, here: Region, outside: Outside) -> float:
    """What one tile's boundary costs; infinite where no loops lead to it."""
    total = 0.0
    for v in SPACES:
        if found.counts(measure, b, v):
            if v == outside.still:
                cost = found.run(measure, b, v, here, outside.ends, cancels=outside.cancels)
            else:
                cost = _at_end(_settled(found, measure, b, v, outside.slide), here, outside)
            total += float(np.max(cost))
    return total


def _settled(found: Boundaries, measure: Measure, b: int, v: int, slide: Slide | None) -> Figures:
    """The cost of a data space over one boundary, where the loop outside moves it."""
    return found.unmoved(measure, b, v) if v != INPUTS or slide is None else found.slid(measure, b, slide)


def _at_end(figures: Figures, region: Region, outside: Outside) -> Figures:
    """The figures of a region, of those that have the spare axis at the size where the sliding loop ends."""
    if outside.until is None or figures.shape[-1] == 1:
        return figures[region]
    there = (*region[:-1], slice(outside.until, outside.until + 1))
    return figures[there]


def keep(kept: dict[Kind, Figures], kind: Kind, figures: Figures) -> None:
    """Keep the least by kind."""
    kept[kind] = np.minimum(kept[kind], figures) if kind in kept else figures


def _ended(found: Boundaries, measure: Measure, b: int, v: int, slide: Slide | None) -> Figures:
    """The cost of v over a boundary where a run of it ends because another loop comes next."""
    return found.stayed(measure, b, v) if slide is not None and slide.meets else found.unmoved(measure, b, v)
