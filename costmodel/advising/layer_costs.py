"""Costs of many networks on one machine: equal layers are mapped once, whichever network they are of."""

from __future__ import annotations

from dataclasses import replace

from costmodel import backends
from costmodel.backends.backend import Run, Search
from costmodel.backends.totals import cost_report
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.workload import LayerProblem, Workload


class LayerCosts:
    """The layers that were mapped, by the way in which mappings are chosen.

    Args:
        machine: on which they run.
        run: how layers are mapped.
    """

    def __init__(self, machine: HardwareSpec, run: Run) -> None:
        self.machine, self.run = machine, run
        self._solved: dict[Search, dict[LayerProblem, LayerCost]] = {}

    def report(self, workload: Workload, search: Search) -> CostReport:
        """The cost of a network's layers."""
        solved = self._solved.setdefault(search, {})
        missing = tuple(layer for layer in workload.layers if layer.problem not in solved)
        if missing:
            found = backends.load().estimate(replace(workload, layers=missing), self.machine, search, self.run)
            solved.update((cost.layer.problem, cost) for cost in found.layers)
        return cost_report(
            workload,
            self.machine,
            backend=backends.DEFAULT,
            backend_version=backends.solver().version(),
            search=search.title,
            layers=tuple(replace(solved[layer.problem], layer=layer) for layer in workload.layers),
        )
