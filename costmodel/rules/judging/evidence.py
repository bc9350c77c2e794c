"""Everything known of a metric (computed, measured, claimed), and the value that decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from statistics import median

from costmodel.errors import joined
from costmodel.ir.verdict import Claim
from costmodel.rules.figures import Computed, figure_value
from costmodel.rules.gpu_figures import ESTIMATED, estimated_value
from costmodel.rules.schema.metric import MetricSpec, Normalised
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import Fact, FactSheet, Value, plain

_BELIEVED = {
    "static": ("computed", "measured"),
    "estimated": ("measured", "computed"),
    "measured": ("measured", "computed"),
    "claimed": ("measured", "computed", "claimed"),
}
"""Who decides, first of those that know, by the metric's source."""


class Evidence:
    """Every value of every metric of one submission under one rulebook."""

    def __init__(self, book: Rulebook, computed: Computed, facts: FactSheet) -> None:
        self.book = book
        self.computed = computed
        self.facts = facts

    def value(self, name: str) -> Value:
        """The value that decides."""
        known = self.values(name)
        spec = self.book.metrics[name]
        if name in self.facts.corrected:
            return _of_runs(name, spec, self.facts.corrected[name], "corrected")
        if spec.complement_of in self.facts.corrected:
            return self._outside(name, spec, self.facts.corrected, "corrected")
        for origin in _BELIEVED[spec.source]:
            if known[origin].known:
                return known[origin]
        estimated = self._estimated(spec)
        if estimated is not None:
            return replace(estimated, lacks=estimated.lacks or (name,))
        bound = self._at_least(spec)
        if bound is not None:
            return replace(bound, lacks=known["measured"].lacks or (name,))
        if known["claimed"].known:
            because = f"{name} is only claimed by the submission; a measured fact decides"
            return Value(None, because=because, lacks=(name,))
        # the engine's reason is the best one for what the engine gives
        return known["computed"] if known["computed"].because else known["measured"]

    def values(self, name: str) -> dict[str, Value]:
        """The computed, the measured and the claimed value; unknown ones say why."""
        spec = self.book.metrics[name]
        return {
            "computed": self._computed(spec),
            "measured": self._outside(name, spec, self.facts.measured, "measured"),
            "claimed": self._outside(name, spec, self.facts.claimed, "claimed"),
        }

    def estimated(self, name: str) -> Value | None:
        """What a GPU estimate says of a metric, whoever else knows it; None where there is none to be had."""
        return self._estimated(self.book.metrics[name])

    def claim(self, name: str) -> Claim:
        """Everything that is said of a metric, side by side."""
        known, used = self.values(name), self.value(name)
        return Claim(
            metric=name,
            unit=self.book.metrics[name].unit,
            computed=plain(known["computed"].amount),
            measured=plain(known["measured"].amount),
            claimed=plain(known["claimed"].amount),
            used=used.word if used.word is not None else plain(used.amount),
            origin=used.origin,
            at_least=used.at_least,
            uncertainty=plain(used.uncertainty) if used.uncertainty else None,
            agrees=None if (by := self._agrees(name, known["claimed"], used)) is None else bool(by),
            agrees_by=by if by in self.book.readings else "",
            other=None if used.other is None else plain(used.other.amount),
        )

    def _agrees(self, name: str, claimed: Value, used: Value) -> str | None:
        """How a claim agrees with what is due: "used", or the reading by which it does; "" if it does not.

        None where there is nothing to compare.
        """
        if claimed.amount is None or used.amount is None or used.at_least or used.origin == "claimed":
            return None
        spec = self.book.metrics[name]
        allowed = claimed.uncertainty or half_a_digit(claimed.amount)
        due = {"used": used.amount}
        for figure in (spec.either_figure, spec.claim_figure):
            amount = None if figure is None else self._figure(figure).amount
            if figure is not None and amount is not None:
                due.setdefault(self._reading(figure), amount)
        for by, amount in due.items():
            if abs(claimed.amount - amount) <= allowed + used.uncertainty + used.amount * spec.tolerance:
                return by
        return ""

    def _computed(self, spec: MetricSpec) -> Value:
        if spec.figure is not None:
            value = self._figure(spec.figure)
            if spec.either_figure is None or value.amount is None:
                return value
            other = replace(self._figure(spec.either_figure), by=self._reading(spec.either_figure))
            return replace(value, other=other, by=self._reading(spec.figure))
        if spec.sum_of:
            return self._sum([self.value(part) for part in spec.sum_of])
        if spec.normalised is not None:
            return self._normalised(spec.normalised)
        return Value(None)

    def _figure(self, figure: str) -> Value:
        return figure_value(figure, self.computed, self.book.waive_uncounted)

    def _reading(self, figure: str) -> str:
        """The reading that decides on a figure, else the figure's own name."""
        named = ((name, spec) for name, reading in self.book.readings.items() for spec in reading.metrics.values())
        return next((name for name, spec in named if spec.figure == figure), figure)

    def _estimated(self, spec: MetricSpec) -> Value | None:
        """The interval of a GPU estimate; None where there is none to be had, or it is less than a bound says."""
        if spec.estimate is None or self.book.gpu is None or not self.computed.gpu:
            return None
        value = estimated_value(spec.estimate, self.computed.gpu, self.book.gpu)
        bound = self._at_least(spec)
        if value.amount is None and bound is not None:
            return None
        return value

    def _at_least(self, spec: MetricSpec) -> Value | None:
        """A lower bound of what only a run can measure."""
        if spec.lower_bound is None or self.computed.analysis is None:
            return None
        value = self._figure(spec.lower_bound)
        if value.amount is None:
            return None
        because = joined("it cannot be less than what a training step holds", value.because)
        return replace(value, at_least=True, because=because)

    def _outside(self, name: str, spec: MetricSpec, facts: Mapping[str, Fact], origin: str) -> Value:
        if name in facts:
            return _of_runs(name, spec, facts[name], origin)
        other = spec.complement_of
        if other is not None and other in facts:
            value = _of_runs(other, self.book.metrics.get(other, spec), facts[other], origin)
            if value.amount is None:
                return value
            because = f"100 - {other}, {value.because}"
            if value.at_least:
                return Value(None, because=f"{because}: only a lower bound is known")
            return Value(100 - value.amount, because=because, uncertainty=value.uncertainty, origin=origin)
        if self.computed.from_table:
            return Value(None, because=f"{name} is not given")
        unit = f", in {spec.unit}" if spec.unit else ""
        because = f"{name} is not known before the run: it has to be given as a fact{unit}"
        if spec.estimate is not None:
            because = joined(because, self.computed.gpu_because)
        return Value(None, because=because, lacks=(name,))

    def _sum(self, parts: list[Value]) -> Value:
        reasons = "; ".join(dict.fromkeys(p.because for p in parts if p.because))
        if any(part.amount is None for part in parts):
            return unknown_of(part for part in parts if part.amount is None)
        total = sum((part.amount for part in parts if part.amount is not None), Decimal(0))
        width = sum((part.uncertainty for part in parts), Decimal(0))
        at_least, varies = any(part.at_least for part in parts), any(part.varies for part in parts)
        one_batch = any(part.one_batch for part in parts)
        return Value(total, at_least, reasons, width, _derived(parts), varies=varies, one_batch=one_batch)

    def _normalised(self, rule: Normalised) -> Value:
        value, count = self.value(rule.metric), self.value(rule.by)
        if value.amount is None:
            return value
        if count.amount is None:
            because = f"{value.because}; {rule.by} is not given: taken to be {rule.to}"
            return Value(value.amount, value.at_least, because, value.uncertainty, _derived((value,)))
        if count.amount == 0:
            return Value(None, because=f"{rule.by} is 0")
        because = f"{value.because}; scaled from {count.amount:,} to {rule.to:,} {rule.by}"
        scale = rule.to / count.amount
        return Value(value.amount * scale, value.at_least, because, value.uncertainty * scale, _derived((value, count)))


def _derived(parts: Iterable[Value]) -> str:
    """Origin of a value that is made of others: what is made of an estimate is one."""
    return ESTIMATED if any(part.origin == ESTIMATED for part in parts) else "derived"


def unknown_of(parts: Iterable[Value]) -> Value:
    """Why a value that is made of others is unknown: what is unknown, or only a lower bound, of them."""
    open_parts = [part for part in parts if part.amount is None or part.at_least]
    return Value(
        None,
        because="; ".join(dict.fromkeys(part.because for part in open_parts)),
        lacks=tuple(dict.fromkeys(name for part in open_parts for name in part.lacks)),
    )


def half_a_digit(value: Decimal) -> Decimal:
    """Half a unit in the last place that was written: 0.4582 is rounded by at most 0.00005."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) / 2 if isinstance(exponent, int) and exponent < 0 else Decimal(0)


def _of_runs(name: str, spec: MetricSpec, fact: Fact, origin: str) -> Value:
    if fact.word is not None:
        return Value(None, because=fact.because, origin=origin, word=fact.word)
    runs = fact.runs
    if len(runs) > 1 and spec.aggregate is None:
        return Value(None, because=f"{name}: {len(runs)} runs are given, and the rules take one")
    if spec.runs is not None and len(runs) not in (1, spec.runs):
        return Value(None, because=f"{name}: the rules take the {spec.aggregate} of {spec.runs} runs, got {len(runs)}")
    because = fact.because if len(runs) == 1 else f"{fact.because}, {spec.aggregate} of {len(runs)} runs"
    value = _aggregated(runs, spec.aggregate)
    return Value(value, fact.at_least, because, uncertainty=fact.uncertainty, origin=origin)


def _aggregated(runs: tuple[Decimal, ...], how: str | None) -> Decimal:
    if how == "min":
        return min(runs)
    if how == "max":
        return max(runs)
    if how == "median":
        return Decimal(median(runs))
    exact = sum(map(Fraction, runs), Fraction(0)) / len(runs)
    return Decimal(exact.numerator) / Decimal(exact.denominator)
