"""The course's own search, re-enacted: Timeloop's random-pruned mapper with eight deterministic threads.

A function of problem, machine and mapper settings only: the figure that the course's docker prints for a layer.
"""

from __future__ import annotations

from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.cost.mapping_cost import Evaluation
from costmodel.mapping.machine import Machine
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.result import SearchResult
from costmodel.mapping.search.timeloop.misfits import Misfits
from costmodel.mapping.search.timeloop.preference import better
from costmodel.mapping.search.timeloop.thread import Best, search_thread
from costmodel.mapping.space.mapspace import mapspace_of


def course_search(problem: Problem, machine: Machine) -> SearchResult:
    """The mapping that the course's mapper finds; seldom proven, often not the best."""
    space = mapspace_of(problem, machine)
    misfits = Misfits(space)
    chosen: Best | None = None
    for thread in range(machine.mapper.threads):
        best = search_thread(space, thread, misfits).best
        if best and (chosen is None or better(best.cost, chosen.cost, machine.mapper.tolerance)):
            chosen = best
    if chosen is None:
        nothing = Evaluation(valid=False, because="the course's search met no valid mapping")
        return SearchResult(mapping=None, evaluation=nothing, proven=False)
    mapping = space.mapping(chosen.levels, space.bypasses.choices[chosen.bypass])
    return SearchResult(mapping=mapping, evaluation=evaluate(problem, machine, mapping), proven=False)
