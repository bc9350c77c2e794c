"""Layers through Timeloop's binaries, each in a folder of its own, several at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from costmodel.backends.backend import Progress, Run
from costmodel.backends.timeloop.constraints import mapper_document
from costmodel.backends.timeloop.layer_files import MAPPER_INPUTS, MODEL_INPUTS, layer_documents, problem_of
from costmodel.backends.timeloop.run_settings import TimeloopSettings, runnable, settings_of
from costmodel.backends.timeloop.tool_run import ToolRun, run_tool
from costmodel.backends.timeloop.tools import MAPPER, MODEL, Tool, find_tool
from costmodel.backends.totals import cost_report, unmapped
from costmodel.errors import CostModelError
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import AccessRow, CostReport, LayerCheck, LayerCost
from costmodel.ir.workload import Layer, Workload

Item = TypeVar("Item")
Result = TypeVar("Result")

_FLOATS = 1e-12
"""Relative difference that the order of a sum of doubles may make."""


def estimate(workload: Workload, hardware: HardwareSpec, run: Run) -> CostReport:
    """Energy and cycles of every layer problem as ``timeloop-mapper`` finds them; a layer that fails says why.

    Raises:
        UsageError: no such binary, or a machine without mapper settings.
    """
    settings = runnable(settings_of(run))
    mapper_document(hardware, settings.syntax)
    tool = find_tool(MAPPER, settings.place)

    def solve(layer: Layer) -> LayerCost:
        documents = layer_documents(layer, hardware, settings.syntax)
        folder = settings.folder / _folder_name(layer, documents, MAPPER_INPUTS)
        return _layer_cost(layer, hardware, run_tool(tool, documents, MAPPER_INPUTS, folder, settings.time_limit))

    def failed(layer: Layer, error: CostModelError) -> LayerCost:
        return unmapped(layer, str(error))

    layers = tuple(_each(workload.layers, solve, failed, settings.jobs, run.progress))
    return cost_report(
        workload, hardware, backend="timeloop", backend_version=tool.version, search=MAPPER, layers=layers
    )


def verify(report: CostReport, hardware: HardwareSpec, run: Run) -> tuple[LayerCheck, ...]:
    """What ``timeloop-model`` says of the mapping of every layer of a report.

    Raises:
        UsageError: no such binary.
    """
    settings = runnable(settings_of(run))
    tool = find_tool(MODEL, settings.place)

    def check(cost: LayerCost) -> LayerCheck:
        if not cost.valid:
            return failed(cost, CostModelError(f"there is no mapping to check: {cost.because}"))
        return _check(tool, cost, _evaluated(tool, cost, hardware, settings))

    def failed(cost: LayerCost, error: CostModelError) -> LayerCheck:
        return LayerCheck(
            layer=cost.layer, by=tool.version, energy_pj=None, cycles=None, agrees=False, because=str(error)
        )

    return tuple(_each(report.layers, check, failed, settings.jobs, run.progress))


def _evaluated(tool: Tool, cost: LayerCost, hardware: HardwareSpec, settings: TimeloopSettings) -> ToolRun:
    documents = layer_documents(cost.layer, hardware, settings.syntax, cost.mapping)
    folder = settings.folder / _folder_name(cost.layer, documents, MODEL_INPUTS)
    return run_tool(tool, documents, MODEL_INPUTS, folder, settings.time_limit)


def _each(
    items: tuple[Item, ...],
    work: Callable[[Item], Result],
    failed: Callable[[Item, Any], Result],
    jobs: int,
    progress: Progress | None,
) -> Iterator[Result]:
    """The results in order; one that fails loses no other. The threads wait for processes."""

    def attempt(item: Item) -> Result:
        try:
            return work(item)
        except CostModelError as error:
            return failed(item, error)

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as executor:
        for done, result in enumerate(executor.map(attempt, items), 1):
            if progress is not None:
                progress(done, len(items))
            yield result


def _folder_name(layer: Layer, documents: dict[str, str], inputs: tuple[str, ...]) -> str:
    """The problem in words, and a digest of the inputs: the same inputs meet in the same folder."""
    shown = "_".join(f"{dim}{bound}" for dim, bound in problem_of(layer).to_instance().items() if bound != 1) or "C1"
    digest = hashlib.sha256("\0".join(documents[name] for name in inputs).encode()).hexdigest()
    return f"{shown}-{digest[:10]}"


def _layer_cost(layer: Layer, hardware: HardwareSpec, result: ToolRun) -> LayerCost:
    stats = result.stats
    units = int(hardware.compute.units.value)
    return LayerCost(
        layer=layer,
        valid=True,
        because="",
        optimal=False,
        energy_pj=stats.energy_pj,
        cycles=stats.cycles,
        utilisation=layer.macs / (units * stats.cycles) if stats.cycles else 0.0,
        energy_by_component=stats.energy_by_component,
        accesses=stats.accesses,
        mapping=result.mapping,
    )


def _check(tool: Tool, ours: LayerCost, result: ToolRun) -> LayerCheck:
    stats = result.stats
    reasons = _differences(ours, stats.accesses)
    close = abs(ours.energy_pj - stats.energy_pj) <= stats.rounding_pj + _FLOATS * ours.energy_pj
    agrees = not reasons and ours.cycles == stats.cycles and close
    return LayerCheck(
        layer=ours.layer,
        by=tool.version,
        energy_pj=stats.energy_pj,
        cycles=stats.cycles,
        agrees=agrees,
        because="; ".join(reasons[:3]),
    )


def _differences(ours: LayerCost, theirs: tuple[AccessRow, ...]) -> list[str]:
    """Counters that are not the same, ours first; what only one of us lists counts nothing for the other."""
    mine = {(row.level, row.dataspace): row for row in ours.accesses}
    other = {(row.level, row.dataspace): row for row in theirs}
    reasons = []
    for level, space in {**other, **mine}:
        for kind in ("reads", "fills", "updates"):
            one, two = (getattr(rows.get((level, space)), kind, 0) for rows in (mine, other))
            if one != two:
                reasons.append(f"{level} {space} {kind} {one:,} and {two:,}")
    return reasons
