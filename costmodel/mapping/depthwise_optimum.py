"""Depthwise layers: the closed form ranks, exact evaluation decides.

Every data space moves with the channel and any dim may be spread, so there are many equally wide spreads. Where
kernel and output positions of one axis both exist and one of them is spread, PEs meet in the same inputs and hand
them on over links: that depends on the order of single moves, which the closed form does not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations

from costmodel.mapping.arrangement import Arrangement, mapping_of
from costmodel.mapping.closed_form import candidates, offer_all
from costmodel.mapping.depthwise_spread import depthwise_spreads, widest_depthwise_spreads
from costmodel.mapping.evaluate import evaluate
from costmodel.mapping.front import Front
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import LevelMapping, Mapping
from costmodel.mapping.objective import Objective, rank
from costmodel.mapping.problem import Problem
from costmodel.mapping.stationary_machine import BUFFER, DRAM, PAD, Spread

EVALUATIONS = 400
"""Mappings that are evaluated exactly where links may matter; some 0.3 s."""

MEETING = 200
"""Spreads beside the widest in which links may matter and whose arrangements are ranked."""


def depthwise_front(problem: Problem, machine: Machine, objective: Objective | None) -> tuple[Front[Mapping], bool]:
    """The best mappings met, and whether they are proven."""
    buffer, capacity = machine.levels[BUFFER], machine.levels[PAD].entries or 0
    spreads: Iterable[Spread] = depthwise_spreads(problem, buffer)
    if objective == "latency":
        spreads = widest_depthwise_spreads(problem, buffer)
    inside = [s for s in spreads if problem.R * problem.S // (s.of("R") * s.of("S")) <= capacity]
    certain = machine.behaviour == "D" and not any(meets(problem, spread) for spread in inside)
    ranked = _ranked(problem, machine, inside, objective)
    mappings: Iterator[Mapping] = (mapping_of(problem, machine, one) for one in ranked)
    if not certain:
        mappings = _variants([*mappings])
    front: Front[Mapping] = Front(objective)
    for _, mapping in zip(range(len(ranked) if certain else EVALUATIONS), mappings, strict=False):
        found = evaluate(problem, machine, mapping)
        if found.valid:
            front.offer(found.cycles, found.energy_pj, mapping)
    return front, certain


def _ranked(
    problem: Problem, machine: Machine, spreads: Sequence[Spread], objective: Objective | None
) -> list[Arrangement]:
    """Arrangements by what the closed form says of them, best first."""
    if objective == "latency":
        tried = [candidate for spread in spreads for candidate in candidates(problem, machine, spread)]
        return [one.arrangement for one in sorted(tried, key=lambda candidate: candidate.energy_pj)]
    apart: Front[Arrangement] = Front(objective)
    fronts = [apart]
    for spread in spreads:
        if not meets(problem, spread):
            offer_all(problem, machine, spread, apart)
        elif len(fronts) <= MEETING:  # what the closed form says of one of these is no bound for another
            fronts.append(Front(objective))
            offer_all(problem, machine, spread, fronts[-1])
    points = [point for front in fronts for point in front.points]
    return [chosen for _, chosen in sorted(points, key=lambda point: rank(objective or "edp", point[0]))]


def meets(problem: Problem, spread: Spread) -> bool:
    """Whether PEs may share inputs in a way that the closed form does not count."""
    width = problem.R > 1 and problem.P > 1 and spread.of("R") * spread.of("P") > 1
    height = problem.S > 1 and problem.Q > 1 and spread.of("S") * spread.of("Q") > 1
    return width or height


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
