"""Map a class: equal layers of all submissions are solved once, each within the time of one submission that has it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, as_completed
from dataclasses import dataclass, field, replace

from costmodel import backends
from costmodel.backends.backend import Search
from costmodel.backends.totals import cost_report, unmapped
from costmodel.errors import FormatError
from costmodel.grading.mapping_share import SOLVED, Share, Solved
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.codec import loads
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.workload import Layer, LayerProblem, Workload
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.warm import run_warm

LIMITS = Limits(cpu_seconds=180, wall_seconds=900.0)
"""Of one submission and search; ResNet-50's layers take a tenth of it."""
_PIECE = 8
"""Layers that are solved in one child."""
_SOLVE = "costmodel.grading.mapping_share:solve"
_SOLVED_BEFORE = "costmodel.grading.mapping_share:solved_before"


@dataclass(frozen=True, kw_only=True)
class MappingPlan:
    """How a class is mapped.

    Attributes:
        cache: take solved layers from the user's cache folder and put new ones there.
        executor: solves the shares of submissions in parallel; None solves them here.
        progress: told (layers done, layers in all).
        limits: what the layers of one submission may cost.
    """

    cache: bool = False
    executor: Executor | None = None
    progress: Callable[[int, int], None] | None = None
    limits: Limits = LIMITS


@dataclass(frozen=True, kw_only=True)
class MappedClass:
    """Per submission and search its cost report; ``stopped`` says for whom there was not time for every layer."""

    reports: Mapping[str, Mapping[str, CostReport]]
    stopped: Mapping[str, str] = field(default_factory=dict)


def map_class(
    workloads: Mapping[str, Workload], hardware: HardwareSpec, searches: Sequence[str], plan: MappingPlan
) -> MappedClass:
    """Per workload, per search, its cost report; a layer for which there was no time is in it, without figures."""
    reports: dict[str, dict[str, CostReport]] = {name: {} for name in workloads}
    stopped: dict[str, str] = {}
    for search in dict.fromkeys(searches):
        solved = _solve_all(workloads, hardware, search, plan)
        for name, workload in workloads.items():
            missing = [layer for layer in workload.layers if layer.problem not in solved]
            if missing:
                stopped[name] = _why(len(missing), len(workload.layers), plan.limits)
            if workload.layers:
                reports[name][search] = _report(workload, hardware, search, solved, stopped.get(name, ""))
    return MappedClass(reports=reports, stopped=stopped)


def _why(missing: int, layers: int, limits: Limits) -> str:
    return (
        f"{missing} of its {layers} different layer problems are not mapped: "
        f"to map them takes more than {limits.cpu_seconds} seconds of CPU or {limits.memory_bytes // 2**20} MiB"
    )


def _solve_all(
    workloads: Mapping[str, Workload], hardware: HardwareSpec, search: str, plan: MappingPlan
) -> dict[LayerProblem, LayerCost]:
    """Every problem for which a submission that has it has the time; nobody pays for another's layers twice."""
    layers = {layer.problem: layer for workload in workloads.values() for layer in workload.layers}
    solved = _solved_before(tuple(layers.values()), hardware, search, plan)
    exhausted: set[str] = set()
    while True:
        shares: dict[str, list[Layer]] = {}
        for problem, layer in layers.items():
            if problem not in solved:
                payers = (n for n, w in workloads.items() if n not in exhausted and _has(w, problem))
                payer = next(payers, None)
                if payer is not None:
                    shares.setdefault(payer, []).append(layer)
        if not shares:
            if plan.progress is not None:
                plan.progress(len(solved), len(layers))
            return solved
        round_ = _Round(shares, hardware, search, plan)
        for found in round_.run():
            solved.update((cost.layer.problem, cost) for cost in found)
            if plan.progress is not None:
                plan.progress(len(solved), len(layers))
        exhausted |= {name for name, own in shares.items() if any(layer.problem not in solved for layer in own)}


def _solved_before(
    layers: tuple[Layer, ...], hardware: HardwareSpec, search: str, plan: MappingPlan
) -> dict[LayerProblem, LayerCost]:
    """What the cache has, from one child; what cannot be had at once is solved in pieces."""
    if not plan.cache or not layers:
        return {}
    share = Share(layers=layers, hardware=hardware, search=search, cache=True)
    return {cost.layer.problem: cost for cost in _in_a_child(_SOLVED_BEFORE, share, plan.limits).layers}


def _has(workload: Workload, problem: LayerProblem) -> bool:
    return any(layer.problem == problem for layer in workload.layers)


class _Round:
    """The shares of some submissions, solved in pieces of a few layers; whose time is over gets no other piece."""

    def __init__(
        self, shares: Mapping[str, Sequence[Layer]], hardware: HardwareSpec, search: str, plan: MappingPlan
    ) -> None:
        self._plan = plan
        self._used = dict.fromkeys(shares, 0.0)
        self._left: list[tuple[str, Share]] = []
        for name, layers in shares.items():
            # the largest first, so that none is left over at the end
            ordered = sorted(layers, key=lambda layer: -layer.macs)
            for begin in range(0, len(ordered), _PIECE):
                piece = tuple(ordered[begin : begin + _PIECE])
                share = Share(layers=piece, hardware=hardware, search=search, cache=plan.cache)
                self._left.append((name, share))

    def run(self) -> Iterator[tuple[LayerCost, ...]]:
        """Solve every piece once, in any order; if the pool breaks, the rest is done here."""
        if self._plan.executor is not None:
            futures = {self._plan.executor.submit(solve_share, s, self._plan.limits): (n, s) for n, s in self._left}
            try:
                for future in as_completed(futures):
                    piece = futures[future]
                    if not future.cancelled():
                        yield self._paid(piece[0], future.result())
                    self._left.remove(piece)
                    for other, (name, _) in futures.items():
                        if self._is_over(name):
                            other.cancel()
            except BrokenExecutor:
                pass
        for name, share in self._left:
            if not self._is_over(name):
                yield self._paid(name, solve_share(share, self._plan.limits))

    def _paid(self, name: str, solved: Solved) -> tuple[LayerCost, ...]:
        self._used[name] += solved.cpu_seconds
        return solved.layers

    def _is_over(self, name: str) -> bool:
        return self._used[name] >= self._plan.limits.cpu_seconds


def solve_share(share: Share, limits: Limits) -> Solved:
    """Solve layers in a limited child; a piece that takes all of its time has no figures."""
    return _in_a_child(_SOLVE, share, limits)


def _in_a_child(entry: str, share: Share, limits: Limits) -> Solved:
    result = run_warm(entry, pickle.dumps(share), limits)
    try:
        if result.answer:
            return loads(Solved, result.answer.decode(), SOLVED)
    except FormatError:  # it is our own
        pass
    return Solved(layers=(), cpu_seconds=limits.cpu_seconds)


def _report(
    workload: Workload, hardware: HardwareSpec, search: str, solved: Mapping[LayerProblem, LayerCost], why: str
) -> CostReport:
    layers = (
        replace(solved[layer.problem], layer=layer) if layer.problem in solved else unmapped(layer, why)
        for layer in workload.layers
    )
    return cost_report(
        workload,
        hardware,
        backend=backends.DEFAULT,
        backend_version=backends.solver().version(),
        search=Search(search=search).title,
        layers=tuple(layers),
    )
