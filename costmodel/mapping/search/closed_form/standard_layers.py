"""Convolutions and fully connected layers on the lab's hierarchy: the proven optimum by the closed form."""

from __future__ import annotations

from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.objective import Objective
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.arrangement import Arrangement, mapping_of
from costmodel.mapping.search.closed_form.candidates import candidates, offer_all
from costmodel.mapping.search.closed_form.hierarchy import PAD, all_spreads, widest_spreads
from costmodel.mapping.search.front import Front


def impossible(problem: Problem, machine: Machine) -> str:
    """Why no mapping can be valid; empty if some is."""
    capacity = machine.levels[PAD].entries or 0
    kernel = problem.R * problem.S
    if kernel > capacity:
        return f"no mapping: R·S = {kernel} weights do not fit {machine.levels[PAD].name} ({capacity} words)"
    return "" if all_spreads(problem, machine) else "no mapping: the fixed spatial factors exceed the fan-out"


def least_latency(problem: Problem, machine: Machine) -> Mapping | None:
    """The mapping with the least cycles and, among those, the least energy; None only under behaviour B.

    Under behaviour B DRAM may not reduce, so that it can happen that no mapping has the least cycles.
    """
    spreads = widest_spreads(problem, machine)
    # at equal cycles the energy decides, so a spread's candidates may be passed over once one with less is known
    tried = [one for spread in spreads for one in candidates(problem, machine, spread, improving=True)]
    if not tried:
        return None
    return mapping_of(problem, machine, min(tried, key=lambda candidate: candidate.energy_pj).arrangement)


def stationary_front(problem: Problem, machine: Machine, objective: Objective | None) -> list[Mapping]:
    """The Pareto front by ascending cycles, or the best mapping of one objective alone.

    In each spread and DRAM split every mapping has counters that are all at least those of one of the closed form's
    arrangements (``inside_pe``), and cycles and energy grow with the counters, whatever they are weighed with. So each
    mapping is dominated by an arrangement, and the front of the arrangements is the front of all mappings. Only
    arrangements that the buffer throttles have more cycles than their spread's; they are offered with what they take.
    """
    front: Front[Arrangement] = Front(objective)
    for spread in all_spreads(problem, machine):
        offer_all(problem, machine, spread, front)
    if objective is not None:
        return [mapping_of(problem, machine, front.best(objective))] if len(front) else []
    return [mapping_of(problem, machine, chosen) for _, chosen in front.points]
