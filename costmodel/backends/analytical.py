"""The embedded engine: Timeloop's own arithmetic, with the proven optimum or the course's search."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from costmodel import cache as store
from costmodel.backends.machine import machine_of
from costmodel.errors import FormatError, UnknownNameError
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import AccessRow, CostReport, LayerCost, LoopSpec, MappedLevel
from costmodel.ir.workload import Layer, Workload
from costmodel.mapping.course_search import course_search
from costmodel.mapping.evaluate import evaluate
from costmodel.mapping.evaluation import Evaluation
from costmodel.mapping.found import Found
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping as EngineMapping
from costmodel.mapping.optimum import optimum
from costmodel.mapping.problem import Problem

SEARCHES: dict[str, Callable[[Problem, Machine], Found]] = {"optimum": optimum, "course": course_search}
"""``optimum``: least cycles, then least energy, proven; ``course``: what the course's own mapper would find."""

_SOLVED = "costmodel.layer-cost/1"


@cache
def version() -> str:
    """Digest of the engine's source: results of another engine are never taken for ours."""
    digest = hashlib.sha256()
    folder = resources.files("costmodel.mapping")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".py"):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def estimate(
    workload: Workload,
    hardware: HardwareSpec,
    *,
    search: str = "optimum",
    use_cache: bool = False,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CostReport:
    """Energy and cycles of every layer problem of a workload.

    Args:
        workload: from ``passes.lower``.
        hardware: from ``hardware.spec``.
        search: ``optimum`` or ``course``.
        use_cache: take solved layers from the user's cache folder and put new ones there.
        executor: solves layers in parallel (any ``concurrent.futures`` executor).
        progress: called with (layers done, layers in all).

    Raises:
        UnknownNameError: no such search.
    """
    if search not in SEARCHES:
        raise UnknownNameError("search", search, SEARCHES)
    layers: list[LayerCost] = []
    for solved in _solve_all(workload.layers, hardware, search, use_cache, executor):
        layers.append(solved)
        if progress is not None:
            progress(len(layers), len(workload.layers))
    return _report(workload, hardware, search, tuple(layers))


def _solve_all(
    layers: Iterable[Layer], hardware: HardwareSpec, search: str, use_cache: bool, executor: Executor | None
) -> Iterator[LayerCost]:
    machine = machine_of(hardware)
    waiting = []
    for layer in layers:
        key = _key(layer, hardware, search)
        known = _known(key, layer) if use_cache else None
        future = executor.submit(solve, layer, machine, search) if executor is not None and known is None else None
        waiting.append((layer, key, known, future))
    for layer, key, known, future in waiting:
        if known is None:
            known = solve(layer, machine, search) if future is None else future.result()
            if use_cache:
                store.store("layers", key, dumps(known, _SOLVED))
        yield known


def _key(layer: Layer, hardware: HardwareSpec, search: str) -> str:
    what = {
        "instance": dict(layer.instance),
        "depthwise": layer.depthwise,
        "hardware": hardware.digest,
        "search": search,
        "engine": version(),
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def _known(key: str, layer: Layer) -> LayerCost | None:
    """A stored solution, for this layer's names and repeats; a damaged one counts as none."""
    text = store.load("layers", key)
    if text is None:
        return None
    try:
        solved = loads(LayerCost, text, _SOLVED)
    except FormatError:
        return None
    if dict(solved.layer.instance) != dict(layer.instance) or solved.layer.depthwise != layer.depthwise:
        return None
    return replace(solved, layer=layer)


def solve(layer: Layer, machine: Machine, search: str) -> LayerCost:
    """One layer problem; a problem without a valid mapping says why.

    Raises:
        FormatError: a dim that does not exist or is not positive.
    """
    problem = Problem.from_instance(dict(layer.instance), depthwise=layer.depthwise)
    found = SEARCHES[search](problem, machine)
    optimal = search == "optimum" and found.proven and found.evaluation.valid
    return _layer_cost(layer, found.evaluation, found.mapping, optimal=optimal)


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


def _report(workload: Workload, hardware: HardwareSpec, search: str, layers: tuple[LayerCost, ...]) -> CostReport:
    by_component: dict[str, float] = {}
    for solved in layers:
        for name, energy in solved.energy_by_component.items():
            by_component[name] = by_component.get(name, 0.0) + energy * solved.layer.repeats
    cycles = sum(solved.cycles * solved.layer.repeats for solved in layers)
    units = int(hardware.compute.units.value)
    beside = sum(item.operations for item in workload.not_mapped)
    return CostReport(
        hardware=hardware.name,
        hardware_digest=hardware.digest,
        backend="analytical",
        backend_version=version(),
        search=search,
        phase=workload.phase,
        units=units,
        layers=layers,
        not_mapped=workload.not_mapped,
        mapped_operations_share=round(1 - beside / workload.operations, 6) if workload.operations else 0.0,
        energy_pj=sum(solved.energy_pj * solved.layer.repeats for solved in layers),
        cycles=cycles,
        utilisation=sum(s.layer.macs * s.layer.repeats for s in layers if s.valid) / (units * cycles)
        if cycles
        else 0.0,
        energy_by_component=by_component,
        complete=all(solved.valid for solved in layers),
    )
