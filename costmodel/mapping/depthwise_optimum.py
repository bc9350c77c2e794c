"""Depthwise layers: the closed form ranks, exact evaluation decides.

Every data space moves with the channel and any dim may be spread, so there are many equally wide spreads. Where
kernel and output positions of one axis both exist and one of them is spread, PEs meet in the same inputs and hand
them on over links: that depends on the order of single moves, which the closed form does not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

from costmodel.mapping.arrangement import mapping_of
from costmodel.mapping.closed_form import Candidate, candidates
from costmodel.mapping.depthwise_spread import widest_depthwise_spreads
from costmodel.mapping.evaluate import evaluate
from costmodel.mapping.evaluation import Evaluation
from costmodel.mapping.found import Found
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import LevelMapping, Mapping
from costmodel.mapping.problem import Problem
from costmodel.mapping.stationary_machine import BUFFER, DRAM, PAD, Spread

EVALUATIONS = 400
"""Mappings that are evaluated exactly where links may matter; some 0.3 s."""


def best_depthwise(problem: Problem, machine: Machine) -> Found | None:
    """The best mapping met; None where the closed form has no candidate."""
    spreads = widest_depthwise_spreads(problem, machine.levels[BUFFER])
    capacity = machine.levels[PAD].entries or 0
    inside = [s for s in spreads if problem.R * problem.S // (s.of("R") * s.of("S")) <= capacity]
    tried = sorted(
        (candidate for spread in inside for candidate in candidates(problem, machine, spread)),
        key=lambda candidate: candidate.energy_pj,
    )
    if not tried:
        return None
    certain = machine.behaviour == "D" and not any(meets(problem, spread) for spread in inside)
    mappings = _variants(problem, machine, tried[:1] if certain else tried)
    best: tuple[int, float] | None = None
    chosen: tuple[Mapping, Evaluation] | None = None
    for _, mapping in zip(range(1 if certain else EVALUATIONS), mappings, strict=False):
        found = evaluate(problem, machine, mapping)
        if found.valid and (best is None or (found.cycles, found.energy_pj) < best):
            best, chosen = (found.cycles, found.energy_pj), (mapping, found)
    return chosen and Found(mapping=chosen[0], evaluation=chosen[1], proven=certain)


def meets(problem: Problem, spread: Spread) -> bool:
    """Whether PEs may share inputs in a way that the closed form does not count."""
    width = problem.R > 1 and problem.P > 1 and spread.of("R") * spread.of("P") > 1
    height = problem.S > 1 and problem.Q > 1 and spread.of("S") * spread.of("Q") > 1
    return width or height


def _variants(problem: Problem, machine: Machine, ranked: list[Candidate]) -> Iterator[Mapping]:
    """First every candidate as it is, best first; then with other orders in the buffer and of the PEs."""
    plain = [mapping_of(problem, machine, candidate.arrangement) for candidate in ranked]
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
