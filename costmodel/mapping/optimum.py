"""The best mapping there is: least cycles, then least energy, over the whole constrained mapspace."""

from __future__ import annotations

from costmodel.mapping.arrangement import mapping_of
from costmodel.mapping.closed_form import candidates
from costmodel.mapping.course_search import course_search
from costmodel.mapping.depthwise_optimum import best_depthwise
from costmodel.mapping.evaluate import evaluate
from costmodel.mapping.evaluation import Evaluation
from costmodel.mapping.exhaustive import exhaustive
from costmodel.mapping.found import Found
from costmodel.mapping.machine import Machine
from costmodel.mapping.problem import Problem
from costmodel.mapping.stationary_machine import PAD, recognised, widest_spreads


def optimum(problem: Problem, machine: Machine) -> Found:
    """The lexicographic optimum; ``proven`` says whether that is certain.

    Certain for convolutions and fully connected layers on the lab's hierarchy under behaviour D, and under B where
    the mapping found has the least cycles; for depthwise layers where no two PEs can meet in the same inputs; and
    wherever the mappings are so few that all were costed. Elsewhere the best of what was tried, without a proof; on
    other hierarchies that is the course's search.
    """
    if not recognised(machine, depthwise=problem.depthwise) or (machine.behaviour == "A" and not problem.depthwise):
        return exhaustive(problem, machine) or course_search(problem, machine)
    if problem.depthwise:
        found = best_depthwise(problem, machine)
        if found is not None and found.proven:
            return found
        return exhaustive(problem, machine) or found or course_search(problem, machine)
    capacity = machine.levels[PAD].entries or 0
    kernel = problem.R * problem.S
    if kernel > capacity:
        return _none(f"no mapping: R·S = {kernel} weights do not fit {machine.levels[PAD].name} ({capacity} words)")
    spreads = widest_spreads(problem, machine)
    if not spreads:
        return _none("no mapping: the fixed spatial factors exceed the fan-out")
    tried = [one for spread in spreads for one in candidates(problem, machine, spread, improving=True)]
    if not tried:  # behaviour B alone: DRAM may not reduce, which may cost cycles
        return exhaustive(problem, machine) or course_search(problem, machine)
    mapping = mapping_of(problem, machine, min(tried, key=lambda candidate: candidate.energy_pj).arrangement)
    return Found(mapping=mapping, evaluation=evaluate(problem, machine, mapping), proven=True)


def _none(reason: str) -> Found:
    return Found(mapping=None, evaluation=Evaluation(valid=False, because=reason), proven=True)
