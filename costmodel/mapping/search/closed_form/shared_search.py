"""The least energy where PEs share inputs: best first, by a bound, until no bound is below what was found.

Whatever the order of PEs and loops, a mapping of one spread, DRAM split, use of the buffer and number of positions
inside a PE needs no less than the closed form says with the least that can be fetched for the PEs
(:func:`~costmodel.mapping.search.closed_form.shared_inputs.least_groups`): everything else it counts is at least that
of one of its arrangements. So the arrangements are evaluated exactly by ascending bound, each with the orders of its
PEs and of the buffer's loops; when one reaches its bound, none with a higher bound can be better.

Invariants of the loop: ``least`` is the least energy of a mapping that has been evaluated; ``doubt`` is the least bound
of an arrangement that was given up before one of its mappings reached that bound. Passed over are

* arrangements whose bound is not below ``least``: none of their mappings is better (the list is sorted, so all that
  follow are passed over with the first of these);
* further orders of an arrangement that has reached its bound: none of them is better;
* what comes after ``EACH`` orders of one arrangement, or ``EVALUATIONS`` of all: this may lose something, and so it
  goes into ``doubt``.

So what was found is proven if ``doubt`` is not below ``least`` in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, permutations, product

import numpy as np

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import SAME
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.arrangement import mapping_of
from costmodel.mapping.search.closed_form.candidates import Batch, Shared, batches
from costmodel.mapping.search.closed_form.hierarchy import BUFFER, DRAM, Spread
from costmodel.mapping.search.closed_form.shared_inputs import held_choices, least_groups, pe_orders
from costmodel.mapping.search.front import Front

EVALUATIONS = 1000
"""Mappings that are evaluated before the proof is given up; some 0.7 s."""

EACH = 100
"""Of these for one arrangement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An arrangement whose bound is below what was found."""

    bound_pj: float
    batch: Batch
    column: int


def offer_shared(problem: Problem, machine: Machine, spreads: Sequence[Spread], front: Front[Mapping]) -> bool:
    """Put the mapping with the least energy of all these equally wide spreads into the front; whether it is proven."""
    least = front.points[0][0][1] if len(front) else np.inf
    left, doubt = EVALUATIONS, np.inf
    for one in sorted(_open(problem, machine, spreads, least), key=lambda one: one.bound_pj):
        if one.bound_pj >= least * (1 - SAME):
            break
        if left <= 0:  # all further bounds are at least this one
            doubt = min(doubt, one.bound_pj)
            break
        reached = False
        for mapping in islice(_orders(problem, machine, one), EACH):
            found = evaluate(problem, machine, mapping)
            left -= 1
            # only what is not throttled: the spread is one of the widest, so more cycles are never better
            if found.valid and found.cycles == one.batch.setting.steps:
                front.offer(found.cycles, found.energy_pj, mapping)
                least = min(least, found.energy_pj)
                reached = found.energy_pj <= one.bound_pj * (1 + SAME)
            if reached:
                break
        if not reached:
            doubt = min(doubt, one.bound_pj)
    return bool(doubt >= least * (1 - SAME))


def _open(problem: Problem, machine: Machine, spreads: Sequence[Spread], least: float) -> Iterator[Open]:
    for spread in spreads:
        for held in held_choices(problem, spread):
            shared = Shared(held=held, groups=least_groups(problem, machine, spread, held))
            for batch in batches(problem, machine, spread, lambda energy: energy < least, shared):
                energy = batch.fitting_pj
                for column in np.flatnonzero(energy < least):
                    yield Open(bound_pj=float(energy[column]), batch=batch, column=int(column))


def _orders(problem: Problem, machine: Machine, one: Open) -> Iterator[Mapping]:
    """The arrangement with all orders of its PEs and of the loops around them, the plain one first."""
    plain = mapping_of(problem, machine, one.batch.arrangement(one.column))
    place = DRAM - BUFFER
    level = plain.levels[place]
    temporal = [loop for loop in level.ordered if loop.spatial is None]
    spatial = {loop.dim: loop for loop in level.ordered if loop.spatial is not None}
    for order, (on_x, on_y) in product(permutations(temporal), pe_orders(one.batch.spread, machine)):
        down = [replace(spatial[dim], spatial="Y") for dim in reversed(on_y)]
        across = [replace(spatial[dim], spatial="X") for dim in reversed(on_x)]
        changed = replace(level, loops=(*order, *down, *across))
        yield replace(plain, levels=(*plain.levels[:place], changed, *plain.levels[place + 1 :]))
