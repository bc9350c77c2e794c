"""A limit applied to a value: holds, fails, or cannot be told, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from costmodel.errors import joined
from costmodel.ir.verdict import Consequence, Finding, Outcome
from costmodel.rules.gpu_figures import ESTIMATED
from costmodel.rules.schema.limit import LimitSpec
from costmodel.rules.value import Value, plain

_HOLDS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def finding_of(limit: LimitSpec, unit: str, value: Value) -> Finding:
    """The limit's finding on a value in ``unit``."""
    outcome, because, readings = _decide(limit, value)
    # how a value is read says nothing of one that is not there; why nothing hangs on it does
    if limit.note and (value.known or limit.on_failure is Consequence.NOTE):
        because = f"{because}; {limit.note}" if because else limit.note
    return Finding(
        rule=limit.rule,
        measured=value.word if value.word is not None else plain(value.amount),
        at_least=value.at_least and not value.one_batch,
        one_batch=value.one_batch,
        limit=limit.text,
        unit="" if unit == "name" else unit,
        outcome=outcome,
        because=because,
        consequence=limit.on_failure,
        readings=readings,
        operator="" if limit.value is None else limit.operator,
        bound=plain(limit.value),
    )


def both_ways(value: Value) -> str:
    """A value by both readings of a rule, each with where it comes from."""
    assert value.other is not None  # only asked for where there are two
    said = []
    for one in (value, value.other):
        if one.amount is not None:
            reason = _placed(one).because
            said.append(f"{one.amount:,} by the reading {one.by}{f' ({reason})' if reason else ''}")
    return " and ".join(said)


def _placed(value: Value) -> Value:
    """The value whose reason names the user's line too."""
    return replace(value, because=", ".join(filter(None, (value.because, value.where))))


def _decide(limit: LimitSpec, value: Value) -> tuple[Outcome, str, tuple[str, ...]]:
    """Outcome, reason, and the readings that do not agree about it."""
    if value.other is None:
        return (*_decided(limit, _placed(value)), ())
    outcome, because = _decided(limit, replace(_placed(value), other=None))
    other, _ = _decided(limit, value.other)
    if outcome is other:
        return outcome, because, ()
    why = f"{both_ways(value)}: a person decides which reading the rule means (--reading)"
    return Outcome.UNDECIDED, why, (value.by, value.other.by)


def _decided(limit: LimitSpec, value: Value) -> tuple[Outcome, str]:
    if not value.known:
        return Outcome.UNDECIDED, value.because
    if limit.operator == "one of":
        words = value.words or (str(value.word),)
        outside = [word for word in words if word not in limit.one_of]
        said = f"{outside[0]} is none of them" if outside else f"{value.word} is one of them"
        if len(outside or words) > 1:
            said = f"{' and '.join(outside)} are none of them" if outside else f"{value.word} are among them"
        return (Outcome.FAIL if outside else Outcome.PASS), joined(said, value.because)
    if value.amount is None:
        return Outcome.UNDECIDED, f"{value.word} is not a number"
    if limit.value is None:
        if value.at_least:
            return Outcome.UNDECIDED, f"{'one batch' if value.one_batch else 'only a lower bound'}: {value.because}"
        if value.origin == ESTIMATED:
            return Outcome.UNDECIDED, f"it has to be measured; {value.because}"
        return Outcome.PASS, value.because
    return _compared(limit, limit.value, value, value.amount)


def _compared(limit: LimitSpec, bound: Decimal, value: Value, amount: Decimal) -> tuple[Outcome, str]:
    compare = _HOLDS[limit.operator]
    holds = compare(amount, bound)
    # a lower bound can prove that a maximum is broken or that a minimum is reached, nothing else
    if value.varies or (value.at_least and holds == limit.operator.startswith("<")):
        return Outcome.UNDECIDED, f"{value.bounded}: {value.because}"
    if {compare(amount + side * value.uncertainty, bound) for side in (-1, 1)} != {holds}:
        return (
            Outcome.UNDECIDED,
            f"{_plain(amount)} ± {_plain(value.uncertainty)} lies on both sides of the limit; {value.because}",
        )
    if holds:
        return Outcome.PASS, value.because
    # how we computed it helps to mend it; where a fact comes from does not
    how = value.because if value.origin in ("computed", ESTIMATED) else ""
    return Outcome.FAIL, joined(f"{_plain(amount)} is not {limit.operator} {_plain(bound)}", how)


def _plain(number: Decimal) -> str:
    """Without the zeros after the point that a table's column of floats has brought: 12,500,000,000.0."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
