"""Depthwise layers: the closed form ranks, exact evaluation decides.

Every data space moves with the channel and any dim may be spread, so there are many equally wide spreads. As long as
no two PEs want the same inputs, each fetches its own whatever neighbours hand on, and the closed form is exact. PEs
share inputs only where kernel and output positions of one axis are both spread; then a bound decides.

What is proven, under behaviour D: the least latency, if ``shared_search`` ends within its evaluations; energy and EDP
where no two PEs of any spread share inputs. In all other cases the closed form only says which mappings to evaluate
first, each with other orders of its loops and PEs (links between PEs depend on them), and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, permutations

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import LevelMapping, Mapping
from costmodel.mapping.objective import EDP, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.arrangement import Arrangement, mapping_of
from costmodel.mapping.search.closed_form.candidates import candidates, offer_all
from costmodel.mapping.search.closed_form.depthwise_spreads import depthwise_spreads, widest_depthwise_spreads
from costmodel.mapping.search.closed_form.hierarchy import BUFFER, DRAM, Spread
from costmodel.mapping.search.closed_form.shared_inputs import shared_axes
from costmodel.mapping.search.closed_form.shared_search import offer_shared
from costmodel.mapping.search.front import Front

EVALUATIONS = 400
"""Mappings that are evaluated exactly where the closed form does not decide; some 0.3 s."""

SHARED = 200
"""Spreads beside the widest in which PEs share inputs and whose arrangements are ranked."""


def depthwise_front(problem: Problem, machine: Machine, objective: Objective | None) -> tuple[Front[Mapping], bool]:
    """The best mappings met, and whether they are proven.

    For the latency only the widest spreads count: with nothing kept in the buffer no level is ever throttled, so the
    widest spread reaches the cycles of one of its PEs, and a narrower one never has as few.
    """
    fewest_cycles = objective is not None and objective.fewest_cycles
    spreads: Sequence[Spread] = (
        widest_depthwise_spreads(problem, machine) if fewest_cycles else [*depthwise_spreads(problem, machine)]
    )
    sharing = [spread for spread in spreads if shared_axes(problem, spread)]
    front: Front[Mapping] = Front(objective)
    if machine.behaviour == "D" and (fewest_cycles or not sharing):
        # Where PEs share no inputs the closed form is exact: its best is the best. The others have to beat it.
        apart = [spread for spread in spreads if spread not in sharing]
        for arrangement in _ranked(problem, machine, apart, objective):
            _offer(problem, machine, mapping_of(problem, machine, arrangement), front)
        return front, offer_shared(problem, machine, sharing, front)
    mappings = _variants([mapping_of(problem, machine, one) for one in _ranked(problem, machine, spreads, objective)])
    for mapping in islice(mappings, EVALUATIONS):
        _offer(problem, machine, mapping, front)
    return front, False


def _ranked(
    problem: Problem, machine: Machine, spreads: Sequence[Spread], objective: Objective | None
) -> list[Arrangement]:
    """Arrangements by what the closed form says of them, best first."""
    if objective is not None and objective.fewest_cycles:
        tried = [candidate for spread in spreads for candidate in candidates(problem, machine, spread)]
        return [one.arrangement for one in sorted(tried, key=lambda candidate: candidate.energy_pj)]
    apart: Front[Arrangement] = Front(objective)
    fronts = [apart]
    for spread in spreads:
        if not shared_axes(problem, spread):
            offer_all(problem, machine, spread, apart)
        elif len(fronts) <= SHARED:
            # without the links that its PEs have it may be said to need too much: it must not be dominated by others
            fronts.append(Front(objective))
            offer_all(problem, machine, spread, fronts[-1])
    points = [point for front in fronts for point in front.points]
    return [chosen for _, chosen in sorted(points, key=lambda point: (objective or EDP).rank(point[0]))]


def _offer(problem: Problem, machine: Machine, mapping: Mapping, front: Front[Mapping]) -> None:
    found = evaluate(problem, machine, mapping)
    if found.valid:
        front.offer(found.cycles, found.energy_pj, mapping)


def _variants(plain: Sequence[Mapping]) -> Iterator[Mapping]:
    """First every mapping as it is, best first; then with other orders in the buffer and of the PEs."""
    yield from plain
    for mapping in plain:
        yield from _reordered(mapping)


def _reordered(mapping: Mapping) -> Iterator[Mapping]:
    place = DRAM - BUFFER
    level = mapping.levels[place]
    temporal = [loop for loop in level.ordered if loop.spatial is None]
    spatial = [loop for loop in level.ordered if loop.spatial is not None]
    for order in permutations(temporal):
        for rows in (spatial, spatial[::-1]):
            changed: LevelMapping = replace(level, loops=(*order, *rows))
            yield replace(mapping, levels=(*mapping.levels[:place], changed, *mapping.levels[place + 1 :]))
