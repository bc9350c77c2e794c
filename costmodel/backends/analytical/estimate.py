"""The embedded engine: Timeloop's own arithmetic, with the proven optimum or the course's search."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

from costmodel.backends.analytical.machine import machine_of
from costmodel.backends.totals import cost_report
from costmodel.errors import FormatError, UnknownNameError, UsageError
from costmodel.files import cache as store
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import AccessRow, CostReport, LayerCost, LoopSpec, MappedLevel
from costmodel.ir.workload import Layer, Workload
from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.cost.mapping_cost import Evaluation
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import Mapping as EngineMapping
from costmodel.mapping.objective import EFFORTS, LATENCY, OBJECTIVES, Effort
from costmodel.mapping.problem import Problem
from costmodel.mapping.search.optimum import optimum, pareto
from costmodel.mapping.search.result import SearchResult
from costmodel.mapping.search.timeloop.mapper import course_search

SEARCHES = ("optimum", "course")
"""``optimum``: the best mapping for the objective, proven; ``course``: what the course's own mapper would find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How mappings are chosen.

    Attributes:
        search: one of ``SEARCHES``.
        objective: latency (cycles, then energy), energy (then cycles) or edp (energy × cycles); ``optimum`` only.
        effort: exact, or fast: fewer tries where nothing can be proven in seconds; ``optimum`` only.

    Raises:
        UnknownNameError: a word that is none of these.
        UsageError: an objective for the course's search, which has its own.
    """

    search: str = "optimum"
    objective: str = LATENCY.name
    effort: str = "exact"

    def __post_init__(self) -> None:
        for kind, value, known in (
            ("search", self.search, SEARCHES),
            ("objective", self.objective, OBJECTIVES),
            ("effort", self.effort, EFFORTS),
        ):
            if value not in known:
                raise UnknownNameError(kind, value, known)
        if self.search == "course" and self.objective != LATENCY.name:
            raise UsageError(
                f"objective {self.objective}: the course's search takes {LATENCY.title}; use search optimum"
            )

    @property
    def title(self) -> str:
        """What a report says of it."""
        return self.search if self.objective == LATENCY.name else f"{self.search} of {self.objective}"


_SOLVED = "costmodel.layer-cost/1"


@cache
def version() -> str:
    """Digest of the engine's source: results of another engine are never taken for ours."""
    digest = hashlib.sha256()
    folder = Path(str(resources.files("costmodel.mapping")))
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def estimate(
    workload: Workload,
    hardware: HardwareSpec,
    *,
    search: str = "optimum",
    objective: str = LATENCY.name,
    effort: str = "exact",
    use_cache: bool = False,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CostReport:
    """Energy and cycles of every layer problem of a workload.

    Args:
        workload: from ``passes.lower``.
        hardware: from ``hardware.spec``.
        search: ``optimum`` or ``course``.
        objective: what is minimised, see :class:`Search`.
        effort: see :class:`Search`.
        use_cache: take solved layers from the user's cache folder and put new ones there.
        jobs: worker processes; 0 is one per core. They are spawned: a script that asks for more than one keeps its
            own code under ``if __name__ == "__main__"``.
        executor: solves layers in parallel (any ``concurrent.futures`` executor); instead of ``jobs``.
        progress: called with (layers done, layers in all).

    Raises:
        UnknownNameError: no such search, objective or effort.
        UsageError: a number of jobs below 0, or an objective that the search does not have.
    """
    chosen = Search(search=search, objective=objective, effort=effort)
    layers: list[LayerCost] = []
    with workers(jobs, executor) as pool:
        for solved in _solve_all(workload.layers, hardware, chosen, use_cache, pool):
            layers.append(solved)
            if progress is not None:
                progress(len(layers), len(workload.layers))
    return cost_report(
        workload,
        hardware,
        backend="analytical",
        backend_version=version(),
        search=chosen.title,
        layers=tuple(layers),
    )


@contextmanager
def workers(jobs: int, executor: Executor | None = None) -> Iterator[Executor | None]:
    """The executor given, else one with that many processes (0: one per core), else None: solve here.

    Raises:
        UsageError: a number of jobs below 0.
    """
    if jobs < 0:
        raise UsageError(f"jobs is {jobs}; give the number of worker processes, or 0 for one per core")
    count = jobs or os.cpu_count() or 1
    if executor is not None or count == 1:
        yield executor
        return
    # forking a process that has threads (torch's, numpy's) can hang it
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _solve_all(
    layers: Sequence[Layer], hardware: HardwareSpec, search: Search, use_cache: bool, executor: Executor | None
) -> Iterator[LayerCost]:
    machine = machine_of(hardware)
    keys = [_key(layer, hardware, search) for layer in layers]
    known = [_known(key, layer) if use_cache else None for key, layer in zip(keys, layers, strict=True)]
    futures = {}
    if executor is not None:  # the largest first, so that none is left over at the end
        for i in sorted(range(len(layers)), key=lambda i: -layers[i].macs):
            if known[i] is None:
                futures[i] = executor.submit(solve, layers[i], machine, search)
    for i, layer in enumerate(layers):
        solved = known[i]
        if solved is None:
            solved = futures[i].result() if i in futures else solve(layer, machine, search)
            if use_cache:
                store.store("layers", keys[i], dumps(solved, _SOLVED))
        yield solved


def _key(layer: Layer, hardware: HardwareSpec, search: Search) -> str:
    what = {
        "instance": dict(layer.instance),
        "depthwise": layer.depthwise,
        "hardware": hardware.digest,
        "search": asdict(search),
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
