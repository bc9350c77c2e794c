"""The best mapping there is, over the whole constrained mapspace."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import LATENCY, Effort, Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.depthwise import depthwise_front
from costmodel.mapping.search.closed_form.hierarchy import recognised
from costmodel.mapping.search.closed_form.standard_layers import impossible, least_latency, stationary_front
from costmodel.mapping.search.exact.search import STEPS, proven_front
from costmodel.mapping.search.exhaustive import NESTS, NOTHING, exhaustive_front
from costmodel.mapping.search.front import Front
from costmodel.mapping.search.local.climb import local_front
from costmodel.mapping.search.result import SearchResult, no_mapping, result_of

FAST = 10
"""By how much ``effort="fast"`` shortens the exact search, enumeration and local search."""


def optimum(
    problem: Problem, machine: Machine, objective: Objective = LATENCY, effort: Effort = "exact"
) -> SearchResult:
    """The mapping with the best cost; ``proven`` says whether that is certain.

    Certain for convolutions and fully connected layers on the lab's hierarchy under behaviours B and D; under D for the
    latency of depthwise layers, but for a few in which PEs share inputs, and for their other objectives where none can;
    on any other hierarchy under B, D and E where the exact search ends in time; and wherever the mappings are so few
    that all were costed. Elsewhere the best of what was tried, without a proof.
    """
    return _best(problem, machine, objective, effort)[0]


def pareto(problem: Problem, machine: Machine, effort: Effort = "exact") -> tuple[SearchResult, ...]:
    """All mappings that no other beats in both cycles and energy, by ascending cycles; one that says why if none.

    ``proven`` of each says whether the whole front is certain, as in :func:`optimum`.
    """
    return _best(problem, machine, None, effort)


def _best(problem: Problem, machine: Machine, objective: Objective | None, effort: Effort) -> tuple[SearchResult, ...]:
    # From the strongest to the weakest: a closed form that is a proof; one that is a proof or a good start; the exact
    # search and enumeration, proofs where they end; local search from all that was found so far, which is never one.
    known = recognised(machine, depthwise=problem.depthwise)
    if known and not problem.depthwise and machine.behaviour in ("B", "D"):
        return _stationary(problem, machine, objective)
    shorter = FAST if effort == "fast" else 1
    patient = effort == "prove"
    front, proven = Front[Mapping](objective), False
    if known and problem.depthwise:
        front, proven = depthwise_front(problem, machine, objective)
    elif known:
        _offer_neighbour(problem, machine, front)
    if not proven:
        steps = STEPS // (10 * shorter) if known else STEPS // shorter
        proven = proven_front(problem, machine, front, None if patient else steps)
    if not proven:
        every = exhaustive_front(problem, machine, inf if patient else NESTS // shorter, objective)
        if every is not None:
            front, proven = every, True
    ranked = known and problem.depthwise and len(front) > 0
    fewest_cycles = objective is not None and objective.fewest_cycles
    if not proven and not (ranked and (fewest_cycles or effort == "fast")):
        # for the latency of the lab's depthwise layers the ranked closed form is as good as climbing, and much faster
        local_front(problem, machine, front, shorter)
    if not len(front):
        because = NOTHING if proven else "the search met no valid mapping"
        return (no_mapping(because, proven=proven),)
    chosen = [mapping for _, mapping in front.points] if objective is None else [front.best(objective)]
    return tuple(result_of(problem, machine, mapping, proven=proven) for mapping in chosen)


def _offer_neighbour(problem: Problem, machine: Machine, front: Front[Mapping]) -> None:
    """What is best under behaviour D is good, if not proven, under another."""
    if impossible(problem, machine):
        return
    for mapping in stationary_front(problem, replace(machine, behaviour="D"), front.objective):
        cost = evaluate(problem, machine, mapping)
        if cost.valid:
            front.offer(cost.cycles, cost.energy_pj, mapping)


def _stationary(problem: Problem, machine: Machine, objective: Objective | None) -> tuple[SearchResult, ...]:
    because = impossible(problem, machine)
    if because:
        return (no_mapping(because, proven=True),)
    fewest_cycles = objective is not None and objective.fewest_cycles
    fastest = least_latency(problem, machine) if fewest_cycles else None
    chosen = [fastest] if fastest is not None else stationary_front(problem, machine, objective)
    if not chosen:
        return (no_mapping(NOTHING, proven=True),)
    return tuple(result_of(problem, machine, mapping, proven=True) for mapping in chosen)
