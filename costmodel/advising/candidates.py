"""The changed networks of one advice: each is built, traced, mapped by the rulebook's own search, and judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from costmodel.advising.layer_costs import LayerCosts
from costmodel.backends.backend import Run, Search
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.analysis import Analysis, Subject
from costmodel.ir.cost import CostReport
from costmodel.ir.trace import Trace
from costmodel.ir.verdict import Verdict
from costmodel.ir.workload import Workload
from costmodel.passes.lower import lower
from costmodel.passes.summary import summarise
from costmodel.passes.widths import widths
from costmodel.passes.work import count
from costmodel.rules.figures import Computed
from costmodel.rules.judging.judge import judge
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import FactSheet
from costmodel.tracing.surgery.apply import changed, possible_changes
from costmodel.tracing.surgery.change import Change
from costmodel.tracing.training import Plan, trace_inference, trace_training

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Candidate:
    """A changed network and its verdict; its inference is kept, since further changes are found in it."""

    changes: tuple[Change, ...]
    verdict: Verdict
    analysis: Analysis
    inference: Trace

    @property
    def parameters(self) -> int:
        """Trainable ones and frozen ones."""
        return self.analysis.totals.parameters + self.analysis.totals.frozen_parameters


class Candidates:
    """Networks of one plan, under one rulebook.

    Args:
        plan: of the network as it is.
        book: the rulebook.
        facts: what is known from outside; it is taken to stay.
        run: how layers are mapped; equal layers of all candidates are mapped once.
    """

    def __init__(self, plan: Plan, book: Rulebook, facts: FactSheet, run: Run) -> None:
        self.plan, self.book, self.facts, self.run = plan, book, facts, run
        rule = book.hardware
        self.machine: HardwareSpec | None = None if rule is None else rule.on(load_hardware(rule.machine))
        self._costs = None if self.machine is None else LayerCosts(self.machine, run)

    def of(self, changes: Sequence[Change]) -> Candidate:
        """The network with these changes.

        Raises:
            SubjectError, TraceError: it does not run.
        """
        plan = changed(self.plan, changes) if changes else self.plan
        analysis = summarise(trace_training(plan), _SUBJECT, random=self.book.convention.random)
        inference = trace_inference(plan)
        computed = Computed(analysis)
        if self.book.hardware is not None:
            workload = lower(count(inference), "inference")
            computed = Computed(analysis, costs=self._costs_of(workload), search=self.book.hardware.search)
        elif self.book.needs_inference:
            computed = Computed(analysis, inference=lower(count(inference), "inference"))
        verdict = judge(computed, self.book, self.facts, subject=plan.subject.name)
        return Candidate(tuple(changes), verdict, analysis, inference)

    def further(self, candidate: Candidate) -> list[Change]:
        """The changes that might be made next."""
        plan = changed(self.plan, candidate.changes) if candidate.changes else self.plan
        return possible_changes(plan, _groups(candidate.inference), self._lanes())

    def _costs_of(self, workload: Workload) -> dict[str, CostReport]:
        """By the search that counts alone: those beside it decide nothing."""
        rule = self.book.hardware
        if rule is None or self._costs is None:
            return {}
        return {rule.search: self._costs.report(workload, Search(search=rule.search))}

    def _lanes(self) -> int:
        """The widest row of the array: what a channel count should fill."""
        levels = () if self.machine is None else self.machine.levels
        return max((int(q.value) for level in levels for q in (level.fanout_x, level.fanout_y) if q), default=1)


_SUBJECT = Subject(
    name="", model_options={}, input="", batch=1, loss="", optimizer="", samples=None, epochs=None, convention="",
    source_digest="",
)  # fmt: skip


def _groups(trace: Trace) -> list[tuple[str, ...]]:
    """Layers whose outputs have the same channels, of those counts that may change."""
    found = []
    for width in widths(trace):
        paths = dict.fromkeys(trace.calls[use.call].scope for use in width.uses if use.dim == "M" and use.times == 1)
        if paths and all(use.times == 1 for use in width.uses if use.dim == "M"):
            found.append(tuple(paths))
    return found
