"""Map a class: equal layers of all submissions are solved once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.backends.totals import cost_report
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.workload import LayerProblem, Workload


def map_class(
    workloads: Mapping[str, Workload],
    hardware: HardwareSpec,
    searches: Sequence[str],
    run: Run,
) -> dict[str, dict[str, CostReport]]:
    """Per workload, per search, its cost report."""
    layers = {layer.problem: layer for workload in workloads.values() for layer in workload.layers}
    phases = {workload.phase for workload in workloads.values()}
    if not layers:
        return {name: {} for name in workloads}
    whole = Workload(phase=phases.pop(), layers=tuple(layers.values()), not_mapped=(), operations=1, bytes_moved=0)
    result: dict[str, dict[str, CostReport]] = {name: {} for name in workloads}
    for search in searches:
        report = backends.load().estimate(whole, hardware, Search(search=search), run)
        solved = {cost.layer.problem: cost for cost in report.layers}
        for name, workload in workloads.items():
            result[name][search] = _share(workload, hardware, report, solved)
    return result


def _share(
    workload: Workload, hardware: HardwareSpec, report: CostReport, solved: Mapping[LayerProblem, LayerCost]
) -> CostReport:
    return cost_report(
        workload,
        hardware,
        backend=report.backend,
        backend_version=report.backend_version,
        search=report.search,
        layers=tuple(replace(solved[layer.problem], layer=layer) for layer in workload.layers),
    )
