"""Apply a rulebook: (what was computed, facts) → Verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from costmodel.ir.cost import CostReport
from costmodel.ir.verdict import (
    AS_WRITTEN,
    Claim,
    Consequence,
    Estimate,
    Finding,
    Metric,
    Outcome,
    ReadingRow,
    Verdict,
)
from costmodel.rules.figures import Computed
from costmodel.rules.judging.activations import limited_activations
from costmodel.rules.judging.decisions import Decisions, decided
from costmodel.rules.judging.estimates import estimate_findings
from costmodel.rules.judging.evidence import Evidence, unknown_of
from costmodel.rules.judging.lateness import in_time, price_of, settled
from costmodel.rules.judging.limits import finding_of
from costmodel.rules.judging.points import Measure, open_tables, points_of
from costmodel.rules.schema.limit import LimitSpec
from costmodel.rules.schema.ranking_rule import RankingSpec
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.schema.scores import SCORES
from costmodel.rules.value import LENGTH, FactSheet, Value, plain


def judge(
    computed: Computed,
    book: Rulebook,
    facts: FactSheet | None = None,
    *,
    subject: str,
    track: str | None = None,
    contract: tuple[Finding, ...] = (),
    reading: str = AS_WRITTEN,
    decisions: Decisions | None = None,
) -> Verdict:
    """What the rulebook says of what was computed and of the facts given beside it.

    Args:
        computed: analysis and cost reports, or why there are none.
        book: what is asked.
        facts: values from outside.
        subject: the submission's name.
        track: one of the rulebook's tracks; None is the first.
        contract: findings about the submission's files.
        reading: how ambiguous rules are read.
        decisions: what a person has decided.

    Raises:
        UnknownNameError: a track or reading that the rulebook does not know.
    """
    sheet = facts or FactSheet()
    if decisions is not None and decisions.late is not None:
        contract = settled(book, contract)

    def under(name: str) -> Verdict:
        found = _judged(book.under(name), computed, sheet, subject, track, contract, name)
        return found if decisions is None else decided(found, decisions)

    verdict = under(reading)
    others = [r for r in (AS_WRITTEN, *book.readings) if r != reading]
    rows = [_reading_row(book, other, under(other), verdict) for other in others]
    return replace(verdict, readings=tuple(rows), notes=(*verdict.notes, *_disagreements(rows)))


def _judged(
    book: Rulebook,
    computed: Computed,
    facts: FactSheet,
    subject: str,
    track: str | None,
    contract: tuple[Finding, ...],
    reading: str,
) -> Verdict:
    evidence = Evidence(book, computed, facts)
    limits = book.limits_of(track)
    chosen = book.track_of(track)
    limited = tuple(finding_of(x, book.metrics[x.metric].unit, evidence.value(x.metric)) for x in limits)
    claims = tuple(c for c in map(evidence.claim, book.metrics) if _said(c))
    units = {name: metric.unit for name, metric in book.metrics.items()}
    bounded = open_tables(book.points, evidence.value, units)
    findings = (*limited, *bounded, *_claim_findings(claims), *estimate_findings(book, evidence))
    lacks = _lacks(book, limits, evidence.value, chosen)
    return Verdict(
        rulebook=book.name,
        title=f"{book.title} (edition {book.edition}{f', {chosen}' if chosen else ''})",
        subject=subject,
        outcome=overall((*findings, *contract)),
        findings=findings,
        points=points_of(book.points, evidence.value, (*limited, *contract), units, price_of(book, contract))
        if book.points
        else None,
        metric=_metric(book.ranking, evidence.value, chosen) if book.ranking else None,
        notes=book.notes,
        reading=reading,
        track=chosen,
        claims=claims,
        estimates=_estimates(computed),
        contract=contract,
        missing_facts=tuple(name for name in lacks if name != LENGTH),
        length_unknown=LENGTH in lacks,
        in_time=in_time(book, contract),
        model_open=computed.model_open,
        judged=None if computed.analysis is None else computed.analysis.subject.judged,
        assumptions=() if computed.analysis is None else computed.analysis.assumptions,
        activations=limited_activations(book, limits, computed),
    )


def _lacks(book: Rulebook, limits: Iterable[LimitSpec], value_of: Measure, track: str | None) -> tuple[str, ...]:
    """What somebody has to give before every limit, all points and the rank are decided."""
    values = [value_of(limit.metric) for limit in limits if limit.on_failure is not Consequence.NOTE]
    values += [value_of(table.metric) for table in book.points or ()]
    values += [ranking_value(book.ranking, value_of, track)] if book.ranking is not None else []
    return tuple(dict.fromkeys(name for value in values for name in value.lacks))


def standing(verdict: Verdict) -> Outcome:
    """The outcome of those rules alone that may keep an entry out of the ranking; or what a person has decided."""
    if verdict.decided is not None:
        return verdict.decided
    found = {f.outcome for f in (*verdict.findings, *verdict.contract) if f.consequence.blocks}
    return next((o for o in (Outcome.FAIL, Outcome.UNDECIDED) if o in found), Outcome.PASS)


def overall(findings: Iterable[Finding]) -> Outcome:
    """FAIL if any fails, else UNDECIDED if any is, else PASS.

    A flag is for a person to look at: until then it leaves the verdict undecided. What only notes does not count.
    """
    counted = [f for f in findings if f.consequence is not Consequence.NOTE and f.outcome is not Outcome.PASS]
    if any(f.outcome is Outcome.FAIL and f.consequence.fails for f in counted):
        return Outcome.FAIL
    return Outcome.UNDECIDED if counted else Outcome.PASS


def _said(claim: Claim) -> bool:
    return any(v is not None for v in (claim.computed, claim.measured, claim.claimed, claim.used))


def _claim_findings(claims: tuple[Claim, ...]) -> list[Finding]:
    """A claim that agrees, and one that does not: a person looks, since rounding and luck are not all there is."""
    return [
        Finding(
            rule=f"claim: {claim.metric}",
            measured=claim.claimed,
            at_least=False,
            limit=_due(claim),
            unit=claim.unit,
            outcome=Outcome.PASS if claim.agrees else Outcome.UNDECIDED,
            because=f"the submission claims {claim.claimed:,}; {claim.origin}: {claim.used:,}{_how_it_agrees(claim)}",
            consequence=Consequence.FLAG,
            operator="equals" if isinstance(claim.used, (int, float)) else "",
            bound=_due_number(claim),
        )
        for claim in claims
        if claim.agrees is not None
    ]


def _due(claim: Claim) -> str:
    number = _due_number(claim)
    return str(claim.used) if number is None else f"= {number:,}"


def _due_number(claim: Claim) -> int | float | None:
    """What the claim should be."""
    if not isinstance(claim.used, (int, float)):
        return None
    return claim.claimed if claim.agrees_by else claim.used


def _how_it_agrees(claim: Claim) -> str:
    if not claim.agrees:
        return ": a person should look"
    return f"; it agrees by the reading {claim.agrees_by} alone" if claim.agrees_by else ""


def _metric(ranking: RankingSpec, value_of: Measure, track: str | None) -> Metric:
    value = ranking_value(ranking, value_of, track)
    return Metric(
        name=ranking.name,
        value=plain(value.amount),
        unit=ranking.unit,
        because=value.because,
        order=ranking.order,
    )


def ranking_value(ranking: RankingSpec, value_of: Measure, track: str | None) -> Value:
    """The number that ranks, with its uncertainty; None if one of its terms is unknown or only a lower bound."""
    values = {term.metric: value_of(term.metric) for term in ranking.terms}
    if any(value.amount is None or value.at_least for value in values.values()):
        return unknown_of(values.values())
    amounts = {name: value.amount for name, value in values.items() if value.amount is not None}
    if ranking.score is not None:
        return Value(SCORES[ranking.score](amounts), because=f"{ranking.score}, {ranking.order}")
    total = sum((amounts[t.metric] / t.divisor_of(track) for t in ranking.terms), Decimal(0))
    width = sum((values[t.metric].uncertainty / t.divisor_of(track) for t in ranking.terms), Decimal(0))
    divisors = [(t.metric, t.divisor_of(track)) for t in ranking.terms]
    terms = [metric if divisor == 1 else f"{metric} / {divisor:,}" for metric, divisor in divisors]
    return Value(total, because=f"{' + '.join(terms)}, {ranking.order}", uncertainty=width)


def _estimates(computed: Computed) -> tuple[Estimate, ...]:
    return tuple(_estimate(cost, cost.search == computed.search) for cost in computed.costs.values())


def _estimate(cost: CostReport, decides: bool) -> Estimate:
    return Estimate(
        machine=cost.hardware,
        search=cost.search,
        energy_mj=cost.energy_mj,
        cycles=cost.cycles,
        complete=cost.complete,
        decides=decides,
    )


def _reading_row(book: Rulebook, reading: str, other: Verdict, verdict: Verdict) -> ReadingRow:
    title = book.readings[reading].title if reading in book.readings else "the rulebook as written"
    said = (other.outcome, other.points and other.points.total)
    here = (verdict.outcome, verdict.points and verdict.points.total)
    return ReadingRow(
        reading=reading,
        title=title,
        outcome=other.outcome,
        points=other.points.total if other.points else None,
        metric=other.metric.value if other.metric else None,
        differs=said != here,
        standing=standing(other),
    )


def _disagreements(rows: list[ReadingRow]) -> list[str]:
    """One line for each reading that would change the verdict."""
    notes = []
    for row in rows:
        if row.differs:
            points = "" if row.points is None else f", {row.points} points"
            metric = "" if row.metric is None else f", metric {row.metric:,}"
            notes.append(
                f"the readings disagree: under {row.reading} ({row.title}): {row.outcome.value}{points}{metric}"
            )
    return notes
