"""Networks compared on a machine: by cycles, by energy, or by their product."""

from __future__ import annotations

from costmodel.advising.aim import NOBODY, Judged, lanes_of
from costmodel.advising.layer_costs import LayerCosts
from costmodel.backends.backend import Run, Search
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import CostReport
from costmodel.ir.tips import Standing
from costmodel.ir.training import only
from costmodel.ir.verdict import Order
from costmodel.ir.workload import Workload
from costmodel.mapping.objective import OBJECTIVES
from costmodel.passes.lower import lower
from costmodel.passes.summary import summarise
from costmodel.passes.work import count
from costmodel.tracing.finding.plan import Plan
from costmodel.tracing.training import trace_inference, trace_training


class ByMachine:
    """On one machine.

    Args:
        machine: on which they run.
        objective: what its mappings, and the networks, are compared by.
        phase: ``inference`` of one sample, or a ``training`` step.
        run: how layers are mapped; equal layers of all networks are mapped once.
    """

    order: Order = "ascending"
    counts_training = False

    def __init__(self, machine: HardwareSpec, objective: str, phase: str, run: Run) -> None:
        self.machine, self.phase, self.objective = machine, phase, OBJECTIVES[objective]
        self.search = Search(objective=objective)
        self._costs = LayerCosts(machine, run)
        self.lanes = lanes_of(machine)

    def judged(self, plan: Plan) -> Judged:
        """See :class:`costmodel.advising.aim.Aim`."""
        inference = trace_inference(plan)
        trace = inference if self.phase == "inference" else trace_training(plan).phases[0].trace
        counts = count(trace)
        workload = lower(counts, self.phase)
        totals = summarise(only(self.phase, trace), NOBODY).totals
        return Judged(
            standing=self._standing(workload, self.costs(workload)),
            parameters=totals.parameters + totals.frozen_parameters,
            inference=inference,
        )

    def costs(self, workload: Workload) -> CostReport:
        """Energy and cycles of layer problems."""
        return self._costs.report(workload, self.search)

    def _standing(self, workload: Workload, cost: CostReport) -> Standing:
        """A layer without a mapping, or an op without a formula, is a failure: its totals are "at least"."""
        metric, then = self.objective.rank((cost.cycles, cost.energy_pj))
        return Standing(
            failing=0 if cost.complete else 1,
            points=0,
            metric=metric,
            then=then,
            figures={"cycles": cost.cycles, "energy_mj": cost.energy_mj, "macs": workload.macs},
        )
