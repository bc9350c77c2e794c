"""Apply a rulebook: (Analysis, facts) → Verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from costmodel.ir.analysis import Analysis
from costmodel.ir.verdict import Finding, Metric, Outcome, Points, PointsRow, Verdict
from costmodel.rules.metrics import Value, measure, parse_facts
from costmodel.rules.rulebook import LimitSpec, PointTable, RankingSpec, Rulebook

_HOLDS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}

Measure = Callable[[str], Value]


def judge(
    analysis: Analysis, rulebook: Rulebook, facts: Mapping[str, str] | None = None, track: str | None = None
) -> Verdict:
    """What the rulebook says of an analysis and the facts given beside it.

    Args:
        analysis: what was computed.
        rulebook: what is asked.
        facts: values measured elsewhere, as text, so that 21.7 stays 21.7.
        track: one of the rulebook's tracks; None is the first.

    Raises:
        UsageError: a fact or track that the rulebook does not know, or a fact that is no number.
    """
    known = parse_facts(facts or {}, rulebook)

    def value_of(name: str) -> Value:
        return measure(name, rulebook, analysis, known)

    limits = rulebook.limits_of(track)
    findings = tuple(_finding(limit, rulebook, value_of(limit.metric)) for limit in limits)
    zeroed = [
        f.rule
        for f, limit in zip(findings, limits, strict=True)
        if f.outcome is Outcome.FAIL and limit.on_failure in ("zero", "disqualify")
    ]
    return Verdict(
        rulebook=rulebook.name,
        title=f"{rulebook.title} (edition {rulebook.edition}{f', {track}' if track else ''})",
        subject=analysis.subject.name,
        outcome=overall(f.outcome for f in findings),
        findings=findings,
        points=_points(rulebook.points, value_of, zeroed) if rulebook.points else None,
        metric=_metric(rulebook.ranking, value_of) if rulebook.ranking else None,
        notes=(*rulebook.notes, *_disagreements(limits, rulebook, analysis)),
    )


def overall(outcomes: Iterable[Outcome]) -> Outcome:
    """FAIL if any fails, else UNDECIDED if any is, else PASS."""
    found = set(outcomes)
    return next((o for o in (Outcome.FAIL, Outcome.UNDECIDED) if o in found), Outcome.PASS)


def _finding(limit: LimitSpec, rulebook: Rulebook, value: Value) -> Finding:
    outcome, because = _decide(limit, value)
    if limit.note:
        because = f"{because}; {limit.note}" if because else limit.note
    return Finding(
        rule=limit.rule,
        measured=_plain(value.amount),
        at_least=value.at_least,
        limit="known" if limit.value is None else f"{limit.operator} {limit.value:,}",
        unit=rulebook.metrics[limit.metric].unit,
        outcome=outcome,
        because=because,
    )


def _decide(limit: LimitSpec, value: Value) -> tuple[Outcome, str]:
    if value.amount is None:
        return Outcome.UNDECIDED, value.because
    if limit.value is None:
        if value.at_least:
            return Outcome.UNDECIDED, f"only a lower bound: {value.because}"
        return Outcome.PASS, value.because
    holds = _HOLDS[limit.operator](value.amount, limit.value)
    # a lower bound can prove that a maximum is broken or that a minimum is reached, nothing else
    if value.at_least and holds == limit.operator.startswith("<"):
        return Outcome.UNDECIDED, f"at least {value.amount:,}: {value.because}"
    if holds:
        return Outcome.PASS, value.because
    return Outcome.FAIL, f"{value.amount:,} is not {limit.operator} {limit.value:,}"


def _points(tables: tuple[PointTable, ...], value_of: Measure, zeroed: list[str]) -> Points:
    rows = tuple(_row(table, value_of(table.metric)) for table in tables)
    total: int | None = 0
    if not zeroed:
        known = [row.points for row in rows if row.points is not None]
        total = sum(known) if len(known) == len(rows) else None
    return Points(total=total, maximum=sum(table.maximum for table in tables), tables=rows)


def _row(table: PointTable, value: Value) -> PointsRow:
    points: int | None = None
    because = value.because
    if value.amount is not None and not value.at_least:
        amount = value.amount
        cell = next((c for c in table.cells if amount < c.below), None)
        points = table.otherwise if cell is None else cell.points
        because = f"below {cell.below}" if cell else f"not below {table.cells[-1].below}"
    return PointsRow(
        table=table.table,
        measured=_plain(value.amount),
        points=points,
        maximum=table.maximum,
        because=because,
    )


def _metric(ranking: RankingSpec, value_of: Measure) -> Metric:
    values = [(term, value_of(term.metric)) for term in ranking.terms]
    unknown = [value.because for _, value in values if value.amount is None or value.at_least]
    terms = [t.metric if t.divisor == 1 else f"{t.metric} / {t.divisor}" for t in ranking.terms]
    formula = f"{' + '.join(terms)}, {ranking.order}"
    if unknown:
        return Metric(name=ranking.name, value=None, unit=ranking.unit, because="; ".join(dict.fromkeys(unknown)))
    total = sum((v.amount / t.divisor for t, v in values if v.amount is not None), Decimal(0))
    return Metric(name=ranking.name, value=_plain(total), unit=ranking.unit, because=formula)


def _disagreements(limits: tuple[LimitSpec, ...], rulebook: Rulebook, analysis: Analysis) -> list[str]:
    """Where the two conventions of peak activation fall on different sides of a limit."""
    notes = []
    peak = analysis.totals.peak_activation_bytes
    for limit in limits:
        figure = rulebook.metrics[limit.metric].figure or ""
        if figure.startswith("peak_activation") and limit.value is not None:
            holds = _HOLDS[limit.operator]
            sides = {holds(Decimal(n), limit.value) for n in (peak.layer_io, peak.lab_profiler)}
            if len(sides) > 1:
                notes.append(
                    f"{limit.rule}: layer_io gives {peak.layer_io:,}, the course's profiler would print "
                    f"{peak.lab_profiler:,}; they disagree about this limit, which uses {figure}"
                )
    return notes


def _plain(value: Decimal | None) -> int | float | None:
    """A decimal as the JSON number with the same digits."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
