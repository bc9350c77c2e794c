"""The page of a verdict: the outcome, each rule with what is left until its limit, points, and other readings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from costmodel.errors import UsageError
from costmodel.ir.verdict import Finding, Outcome, Verdict
from costmodel.reports.chart import Chart
from costmodel.reports.charts.bar import Bar, bars
from costmodel.reports.headroom import room_in_words
from costmodel.reports.html.element import Html, el
from costmodel.reports.html.parts import Parts, tiles
from costmodel.reports.human import human
from costmodel.reports.table import Bytes
from costmodel.reports.tables import verdict as tables_of
from costmodel.reports.view import View

NOUN = Verdict

_TONES = {Outcome.PASS: "good", Outcome.FAIL: "bad", Outcome.UNDECIDED: "open"}


def parts(verdict: Verdict, view: View) -> Parts:
    """The outcome first, then charts and tables."""
    shown = tables_of.tables(verdict, replace(view, sensitivity=True))
    return Parts(shown[0].title, glance(verdict), [*charts(verdict)], shown)


def glance(verdict: Verdict, outcome: str = "") -> Html:
    """The outcome, the points, the ranking metric."""
    said = outcome or verdict.outcome.value
    failed = [f.rule for f in verdict.findings if f.outcome is Outcome.FAIL]
    open_ = [f.rule for f in verdict.findings if f.outcome is Outcome.UNDECIDED]
    said_of = (("fails", failed), ("undecided", open_))
    why = "; ".join(f"{word}: {', '.join(rules)}" for word, rules in said_of if rules)
    shown: list[tuple[str, str | Html, str]] = [("outcome", el("span", said, class_=said), why)]
    points, metric = verdict.points, verdict.metric
    if points is not None:
        total = "undecided" if points.total is None else f"{points.total}"
        shown.append(("points", f"{total} of {points.maximum}", tables_of.why_nothing(verdict)))
    if metric is not None:
        value = "undecided" if metric.value is None else f"{metric.value:,.6g}"
        shown.append(("ranking metric", f"{value} {metric.unit}".strip(), metric.because))
    return tiles(*shown)


def charts(verdict: Verdict) -> Iterator[Chart | Html]:
    """Rules against their limits; points against the most there are."""
    if any(map(_headroom, verdict.findings)):
        yield _rules(verdict)
    if verdict.activations is not None:
        yield _activations(verdict)
    if verdict.points is not None:
        rows = [
            Bar(row.table, (float(row.points or 0), float(row.maximum - (row.points or 0))),
                f"{row.because}" or row.table,
                f"{'undecided' if row.points is None else row.points} of {row.maximum}")
            for row in verdict.points.tables
        ]  # fmt: skip
        yield bars(rows, "Points", parts=("reached", "left"))


def _rules(verdict: Verdict) -> Chart:
    rows = [bar for bar in map(_headroom, verdict.findings) if bar is not None]
    return bars(rows, "Rules: the value as a share of its limit (the dashed line)", limit=100.0)


def _activations(verdict: Verdict) -> Chart:
    """The layers with the largest activations, before the line of the limit."""
    found = verdict.activations
    if found is None:
        raise UsageError("the rulebook limits no activation, or there is no model to look at")
    finding = next((f for f in verdict.findings if f.rule == found.rule), None)
    bound = None if finding is None else finding.bound
    limit = None if bound is None else float(bound)
    strict = finding is not None and finding.operator == "<"
    rows = []
    for row in found.layers:
        name = f"{row.layer} ({row.where})" if row.where else row.layer
        beyond = limit is not None and (row.nbytes >= limit if strict else row.nbytes > limit)
        rows.append(
            Bar(
                name,
                (float(row.nbytes),),
                f"{row.nbytes:,} bytes",
                human(Bytes(row.nbytes)) or "",
                "bad" if beyond else "",
            )
        )
    line = "" if limit is None else f"; the dashed line is the limit of {bound:,} bytes"
    return bars(rows, f"Activations in and out of one sample, the largest layers (bytes){line}", limit=limit)


def _headroom(finding: Finding) -> Bar | None:
    """The value of a rule in percent of its limit; None where that says nothing."""
    value, bound = finding.measured, finding.bound
    if isinstance(value, str) or value is None or not bound or bound < 0 or value < 0 or not finding.operator:
        return None
    marked = "for this batch " if finding.one_batch else "at least " * finding.at_least
    said = f"{marked}{value:,} {finding.unit}, limit {finding.limit}"
    shown = room_in_words(finding) or finding.outcome.value
    return Bar(f"{finding.rule}: {finding.outcome.value}", (100 * value / bound,), said, shown, _TONES[finding.outcome])


PLOTS = {"rules": _rules, "activations": _activations}
