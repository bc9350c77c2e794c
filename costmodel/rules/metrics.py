"""Values for a rulebook's metrics: figures of the analysis, facts from outside, and what is derived from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from costmodel.errors import RulebookError, UnknownNameError, UsageError
from costmodel.ir.analysis import Analysis
from costmodel.rules.rulebook import Rulebook


@dataclass(frozen=True)
class Value:
    """A metric's value; None if unknown. ``at_least`` marks a lower bound, ``because`` says why."""

    amount: Decimal | None
    at_least: bool = False
    because: str = ""


def _training_operations(analysis: Analysis) -> Value:
    total = analysis.totals.operations.training
    if total is None:
        return Value(None, because="the length of the training is unknown: give --samples and --epochs, or a recipe")
    return Value(Decimal(total))


FIGURES: dict[str, Callable[[Analysis], Value]] = {
    "parameters": lambda a: Value(Decimal(a.totals.parameters)),
    "training_operations": _training_operations,
    "step_operations": lambda a: Value(Decimal(a.totals.operations.step)),
    "peak_activation_layer_io": lambda a: Value(Decimal(a.totals.peak_activation_bytes.layer_io)),
    "peak_activation_lab_profiler": lambda a: Value(Decimal(a.totals.peak_activation_bytes.lab_profiler)),
}
"""Static figures that a rulebook may name."""

_COUNTED = frozenset({"training_operations", "step_operations"})
"""Figures that are only lower bounds while an op has no formula."""


def parse_facts(texts: Mapping[str, str], rulebook: Rulebook) -> dict[str, Decimal]:
    """Facts as decimals, in the unit of their metric; a percentage may carry its sign.

    Raises:
        UsageError: not a number, or outside what its unit allows.
        UnknownNameError: the rulebook knows no such fact.
    """
    units = {name: spec.unit for name, spec in rulebook.metrics.items() if spec.figure is None and not spec.sum_of}
    units |= {s.complement_of: "%" for s in rulebook.metrics.values() if s.complement_of is not None}
    facts = {}
    for name, text in texts.items():
        if name not in units:
            raise UnknownNameError(f"fact for rulebook {rulebook.name}", name, units)
        facts[name] = _number(name, text, units[name])
    for name, spec in rulebook.metrics.items():
        other = spec.complement_of
        if name in facts and other in facts and facts[name] + facts[other] != 100:
            raise UsageError(f"facts {name}={facts[name]} and {other}={facts[other]} contradict: they must sum to 100")
    return facts


def _number(name: str, text: str, unit: str) -> Decimal:
    stripped = text.strip().removesuffix(unit).strip()
    try:
        value = Decimal(stripped)
    except InvalidOperation:
        raise UsageError(f"fact {name}={text}: not a number in {unit}") from None
    if not value.is_finite() or value < 0:
        raise UsageError(f"fact {name}={text}: must be a finite number, at least 0, in {unit}")
    if unit == "%" and value > 100:
        raise UsageError(f"fact {name}={text}: a percentage is at most 100")
    return value


def measure(name: str, rulebook: Rulebook, analysis: Analysis, facts: Mapping[str, Decimal]) -> Value:
    """The value of a rulebook's metric."""
    spec = rulebook.metrics[name]
    if spec.figure is not None:
        return _figure(spec.figure, rulebook, analysis)
    if spec.sum_of:
        return _sum([measure(part, rulebook, analysis, facts) for part in spec.sum_of])
    if name in facts:
        return Value(facts[name], because="given as a fact")
    if spec.complement_of is not None and spec.complement_of in facts:
        return Value(100 - facts[spec.complement_of], because=f"100 - {spec.complement_of}, given as a fact")
    return Value(None, because=f"{name} is not known before the run: give it with --fact {name}=VALUE (in {spec.unit})")


def _figure(figure: str, rulebook: Rulebook, analysis: Analysis) -> Value:
    if figure not in FIGURES:
        raise RulebookError(f"rulebook {rulebook.name}: unknown figure {figure!r}; known: {', '.join(sorted(FIGURES))}")
    value = FIGURES[figure](analysis)
    missing = [u for u in analysis.uncounted if u.op.rpartition(".")[0] not in rulebook.waive_uncounted]
    if figure in _COUNTED and missing and value.amount is not None:
        ops = ", ".join(sorted({u.op for u in missing}))
        return Value(value.amount, at_least=True, because=f"no formula for {ops}")
    return value


def _sum(parts: list[Value]) -> Value:
    reasons = "; ".join(dict.fromkeys(p.because for p in parts if p.because))
    if any(part.amount is None for part in parts):
        return Value(None, because=reasons)
    total = sum((part.amount for part in parts if part.amount is not None), Decimal(0))
    return Value(total, any(part.at_least for part in parts), reasons)
