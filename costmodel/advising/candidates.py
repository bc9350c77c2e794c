"""The changed networks of one advice: each is built, traced and judged as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from costmodel.advising.aim import Aim
from costmodel.ir.receptive import ReceptiveField
from costmodel.ir.tips import Standing
from costmodel.ir.trace import Trace
from costmodel.ir.verdict import Verdict
from costmodel.passes.receptive_field import receptive_field
from costmodel.passes.widths import widths
from costmodel.tracing.surgery.apply import changed, leaves_of, possible_changes
from costmodel.tracing.surgery.change import Change
from costmodel.tracing.training import Plan

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Candidate:
    """A changed network and how it stands; its inference and layers are kept: further changes are found in them."""

    changes: tuple[Change, ...]
    standing: Standing
    parameters: int
    receptive: ReceptiveField | None
    inference: Trace
    leaves: Mapping[str, str]
    verdict: Verdict | None


class Candidates:
    """Networks of one plan.

    Args:
        plan: of the network as it is.
        aim: what they are compared by.
    """

    def __init__(self, plan: Plan, aim: Aim) -> None:
        self.plan, self.aim = plan, aim

    def of(self, changes: Sequence[Change]) -> Candidate:
        """The network with these changes.

        Raises:
            SubjectError, TraceError: it does not run.
        """
        plan = self._plan(changes)
        found = self.aim.judged(plan)
        return Candidate(
            changes=tuple(changes),
            standing=found.standing,
            parameters=found.parameters,
            receptive=receptive_field(found.inference),
            inference=found.inference,
            leaves=leaves_of(plan),
            verdict=found.verdict,
        )

    def further(self, candidate: Candidate) -> list[Change]:
        """The changes that might be made next."""
        groups = _groups(candidate.inference)
        return possible_changes(
            self._plan(candidate.changes), groups, self.aim.lanes, training=self.aim.counts_training
        )

    def _plan(self, changes: Sequence[Change]) -> Plan:
        return changed(self.plan, changes) if changes else self.plan


def _groups(trace: Trace) -> list[tuple[str, ...]]:
    """Layers whose outputs have the same channels, of those counts that may change."""
    found = []
    for width in widths(trace):
        paths = dict.fromkeys(trace.calls[use.call].scope for use in width.uses if use.dim == "M" and use.times == 1)
        if paths and all(use.times == 1 for use in width.uses if use.dim == "M"):
            found.append(tuple(paths))
    return found
