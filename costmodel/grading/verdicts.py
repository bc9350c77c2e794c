"""One student's verdict: figures from outside the wall, facts, the contract on the files, a person's corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from costmodel.grading.known import Known
from costmodel.grading.overrides import LATE, OUTCOME, Override, table_of
from costmodel.ir.correction import Correction
from costmodel.ir.cost import CostReport
from costmodel.ir.verdict import AS_WRITTEN, Outcome, Verdict
from costmodel.rules.figures import NO_CARD, Computed
from costmodel.rules.judging.decisions import Decisions
from costmodel.rules.judging.given_facts import parse_fact
from costmodel.rules.judging.judge import judge
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact


def verdict_of(
    known: Known,
    costs: Mapping[str, CostReport],
    book: Rulebook,
    *,
    reading: str = AS_WRITTEN,
    overrides: Sequence[Override] = (),
) -> Verdict:
    """Judge one submission, and apply what a person has put in the place of what is computed."""
    computed = Computed(because=known.because)
    traced = known.traced
    if traced is not None and traced.analysis is not None:
        search = book.hardware.search if book.hardware else ""
        inference = traced.workload if book.hardware is None else None
        computed = Computed(traced.analysis, costs=costs, search=search, inference=inference)
        computed = computed.beside(traced.gpu, traced.analysis)
    computed = replace(computed, gpu_because=_no_estimate(known, book))
    facts, track, contract = known.facts, known.task, known.findings
    verdict = judge(computed, book, facts, subject=known.name, track=track, contract=contract, reading=reading)
    if not overrides:
        return verdict
    facts = replace(facts, corrected={o.what: _fact(o, book) for o in overrides if o.what in book.metrics})
    points = {table: int(o.value) for o in overrides if (table := table_of(o.what)) is not None}
    outcomes = [Outcome(o.value) for o in overrides if o.what == OUTCOME]
    late = [int(o.value) for o in overrides if o.what == LATE]
    decisions = Decisions(points=points, late=late[-1] if late else None, outcome=outcomes[-1] if outcomes else None)
    corrected = judge(
        computed,
        book,
        facts,
        subject=known.name,
        track=track,
        contract=contract,
        reading=reading,
        decisions=decisions,
    )
    return replace(corrected, corrections=tuple(_correction(o, verdict) for o in overrides))


def _no_estimate(known: Known, book: Rulebook) -> str:
    """Why seconds, memory and joules are not estimated, where they are not."""
    if book.gpu is None or (known.traced is not None and known.traced.gpu):
        return ""
    if not book.gpu.cards:
        return NO_CARD
    return known.because if known.traced is None else known.traced.gpu_because or known.because


def _fact(override: Override, book: Rulebook) -> Fact:
    because = f"corrected by a person: {override.reason}"
    return parse_fact(override.what, override.value, book.metrics[override.what].unit, because)


def _correction(override: Override, verdict: Verdict) -> Correction:
    return Correction(
        what=override.what,
        computed=_before(override.what, verdict),
        value=override.value,
        reason=override.reason,
        by=override.by,
    )


def _before(what: str, verdict: Verdict) -> str | None:
    """What stood there without any correction."""
    if what == OUTCOME:
        return verdict.outcome.value
    if what == LATE and verdict.points is not None:
        return None if verdict.points.late is None else str(verdict.points.late)
    if table_of(what) is not None and verdict.points is not None:
        row = next(row for row in verdict.points.tables if row.table == table_of(what))
        return "undecided" if row.points is None else str(row.points)
    claim = next((claim for claim in verdict.claims if claim.metric == what), None)
    return None if claim is None or claim.used is None else str(claim.used)
