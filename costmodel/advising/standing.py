"""Two verdicts compared: fewer failures, then more points, then the ranking metric."""

from __future__ import annotations

from decimal import Decimal

from costmodel.ir.tips import Standing
from costmodel.ir.verdict import Outcome, Verdict
from costmodel.rules.schema.rulebook import Rulebook


def standing_of(verdict: Verdict, book: Rulebook) -> Standing:
    """The numbers of a verdict that are compared.

    Of a ranking metric that is a sum, the terms that are known count: what is not known (an error rate) is the same
    before and after a change as far as anybody can say.
    """
    figures = {c.metric: c.used for c in verdict.claims if isinstance(c.used, (int, float)) and not c.at_least}
    found = (*verdict.findings, *verdict.contract)
    failing = [f for f in found if f.outcome is Outcome.FAIL and f.consequence.blocks]
    points = 0 if verdict.points is None else sum(row.points or 0 for row in verdict.points.tables)
    return Standing(failing=len(failing), points=points, metric=_metric(verdict, book, figures), figures=figures)


def _metric(verdict: Verdict, book: Rulebook, figures: dict[str, int | float]) -> float | None:
    if verdict.metric is not None and verdict.metric.value is not None:
        return verdict.metric.value
    if book.ranking is None or book.ranking.score is not None:
        return None
    known = [term for term in book.ranking.terms if term.metric in figures]
    total = sum((Decimal(str(figures[t.metric])) / t.divisor_of(verdict.track) for t in known), Decimal(0))
    return float(total) if known else None


def worth_of(verdict: Verdict, book: Rulebook) -> dict[str, float]:
    """What one unit of each term makes of the ranking metric; nothing where it is no sum."""
    if book.ranking is None or book.ranking.score is not None:
        return {}
    return {term.metric: float(1 / term.divisor_of(verdict.track)) for term in book.ranking.terms}


def better(after: Standing, before: Standing, order: str) -> bool:
    """Whether one stands better than the other, and by no rule worse."""
    if after.failing > before.failing:
        return False
    return rank(after, order) < rank(before, order)


Rank = tuple[int, int, float, float]


def rank(standing: Standing, order: str) -> Rank:
    """The smaller the better."""
    metric, then = standing.metric or 0.0, standing.then or 0.0
    return standing.failing, -standing.points, -metric if order == "descending" else metric, then
