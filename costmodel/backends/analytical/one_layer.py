"""One layer problem: the best mapping, the Pareto front, or the cost of a given mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.backends.backend import Search
from costmodel.ir.cost import AccessRow, LayerCost, LoopSpec, MappedLevel
from costmodel.ir.workload import Layer
from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.cost.mapping_cost import Evaluation
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping as EngineMapping
from costmodel.mapping.objective import OBJECTIVES, Effort
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.optimum import optimum, pareto
from costmodel.mapping.search.result import SearchResult
from costmodel.mapping.search.timeloop.mapper import course_search

__all__ = ["evaluate_mapping", "machine_of", "solve", "solve_front"]


def solve(layer: Layer, machine: Machine, search: Search) -> LayerCost:
    """One layer problem; a problem without a valid mapping says why.

    Raises:
        FormatError: a dim that does not exist or is not positive.
    """
    problem = Problem.from_instance(dict(layer.instance), depthwise=layer.depthwise)
    if search.search == "course":
        return _of_found(layer, replace(course_search(problem, machine), proven=False))
    return _of_found(layer, optimum(problem, machine, OBJECTIVES[search.objective], cast(Effort, search.effort)))


def solve_front(layer: Layer, machine: Machine, effort: str = "exact") -> tuple[LayerCost, ...]:
    """The Pareto front of one layer problem by ascending cycles; one that is not valid and says why if it is empty.

    ``optimal`` of each says whether the whole front is proven.

    Raises:
        FormatError: a dim that does not exist or is not positive.
    """
    problem = Problem.from_instance(dict(layer.instance), depthwise=layer.depthwise)
    return tuple(_of_found(layer, found) for found in pareto(problem, machine, cast(Effort, effort)))


def _of_found(layer: Layer, found: SearchResult) -> LayerCost:
    return _layer_cost(layer, found.evaluation, found.mapping, optimal=found.proven and found.evaluation.valid)


def evaluate_mapping(layer: Layer, machine: Machine, levels: Sequence[Mapping[str, Any]]) -> LayerCost:
    """A given mapping (JSON form, outermost level first) of one layer problem; an impossible one says why.

    Raises:
        FormatError: a dim that does not exist or is not positive, or a mapping that is not one.
    """
    problem = Problem.from_instance(dict(layer.instance), depthwise=layer.depthwise)
    mapping = EngineMapping.from_json(levels)
    return _layer_cost(layer, evaluate(problem, machine, mapping), mapping, optimal=False)


def _layer_cost(layer: Layer, evaluation: Evaluation, mapping: EngineMapping | None, *, optimal: bool) -> LayerCost:
    return LayerCost(
        layer=layer,
        valid=evaluation.valid,
        because=evaluation.because,
        optimal=optimal,
        energy_pj=evaluation.energy_pj,
        cycles=evaluation.cycles,
        utilisation=evaluation.utilisation,
        energy_by_component=dict(evaluation.energy_by_level) if evaluation.valid else {},
        accesses=tuple(
            AccessRow(
                level=a.level,
                dataspace=a.dataspace,
                reads=a.reads,
                fills=a.fills,
                updates=a.updates,
                energy_pj=a.energy_pj,
            )
            for a in evaluation.accesses
        ),
        mapping=_levels(mapping),
    )


def _levels(mapping: EngineMapping | None) -> tuple[MappedLevel, ...]:
    if mapping is None:
        return ()
    return tuple(
        MappedLevel(
            target=level.target,
            keep=level.keep,
            loops=tuple(LoopSpec(dim=o.dim, bound=o.bound, spatial=o.spatial) for o in level.ordered),
        )
        for level in mapping.levels
    )
