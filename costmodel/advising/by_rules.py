"""Networks compared by a rulebook: mapped by its own search, and judged."""

from __future__ import annotations

from dataclasses import replace

from costmodel.advising.aim import Judged, lanes_of
from costmodel.advising.layer_costs import LayerCosts
from costmodel.advising.standing import standing_of
from costmodel.backends.backend import Run, Search
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.analysis import Analysis
from costmodel.ir.trace import Trace
from costmodel.ir.training import Training
from costmodel.ir.verdict import Order
from costmodel.passes.lower import lower
from costmodel.passes.summary import summarise
from costmodel.passes.work import count
from costmodel.rules.figures import OF_TRAINING, Computed
from costmodel.rules.judging.judge import judge
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import FactSheet
from costmodel.tracing.description import describe
from costmodel.tracing.finding.plan import Plan
from costmodel.tracing.training import trace_inference, trace_training

_STATE = "optimizer_state"


class ByRules:
    """Under one rulebook.

    Args:
        book: the rulebook.
        facts: what is known from outside; it is taken to stay.
        run: how layers are mapped; equal layers of all networks are mapped once.
    """

    def __init__(self, book: Rulebook, facts: FactSheet, run: Run) -> None:
        self.book, self.facts = book, facts
        rule = book.hardware
        machine: HardwareSpec | None = None if rule is None else rule.on(load_hardware(rule.machine))
        self._costs = None if machine is None else LayerCosts(machine, run)
        self.lanes = lanes_of(machine)
        self.order: Order = "ascending" if book.ranking is None else book.ranking.order
        self.counts_training = any(metric.figure in OF_TRAINING for metric in book.metrics.values())

    def judged(self, plan: Plan) -> Judged:
        """See :class:`costmodel.advising.aim.Aim`."""
        random = self.book.convention.random
        training = trace_training(plan)
        analysis = summarise(training, describe(plan, training, random=random), random=random)
        inference = trace_inference(plan)
        computed = self._computed(analysis, training, inference)
        verdict = judge(computed, self.book, self.facts, subject=plan.subject.name)
        standing = standing_of(verdict, self.book)
        if self.counts_training:
            state = analysis.totals.peak_memory_bytes.by_role.get(_STATE, 0)
            standing = replace(standing, figures={**standing.figures, "optimizer_state_bytes": state})
        return Judged(
            standing=standing,
            parameters=analysis.totals.parameters + analysis.totals.frozen_parameters,
            inference=inference,
            verdict=verdict,
        )

    def _computed(self, analysis: Analysis, training: Training, inference: Trace) -> Computed:
        """By the search that counts alone: those beside it decide nothing."""
        rule = self.book.hardware
        if rule is not None and self._costs is not None:
            trace = inference if rule.phase == "inference" else training.phases[0].trace
            report = self._costs.report(lower(count(trace), rule.phase), Search(search=rule.search))
            return Computed(analysis, costs={rule.search: report}, search=rule.search)
        if self.book.needs_inference:
            return Computed(analysis, inference=lower(count(inference), "inference"))
        return Computed(analysis)
