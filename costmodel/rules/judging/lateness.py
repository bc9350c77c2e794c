"""Points that a late submission loses, by the rulebook's own policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from costmodel.ir.verdict import Consequence, Finding, Outcome
from costmodel.rules.judging.points import Price
from costmodel.rules.schema.rulebook import Rulebook


def about_the_deadline(book: Rulebook, contract: Iterable[Finding]) -> Finding | None:
    """The finding about the deadline; None where there is none."""
    rule = None if book.contract is None else book.contract.deadline
    return None if rule is None else next((finding for finding in contract if finding.rule == rule.rule), None)


def settled(book: Rulebook, contract: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings once a person has decided what lateness takes: nothing else hangs on the deadline then."""
    due = about_the_deadline(book, contract)
    return tuple(replace(f, consequence=Consequence.NOTE) if f is due else f for f in contract)


def in_time(book: Rulebook, contract: Iterable[Finding]) -> Outcome | None:
    """Whether it was handed in before the deadline: FAIL is late, whatever that costs; None where no rule asks."""
    found = about_the_deadline(book, contract)
    if found is None:
        return None
    return Outcome.FAIL if found.measured is not None and found.outcome is not Outcome.PASS else found.outcome


def price_of(book: Rulebook, contract: Iterable[Finding]) -> Price:
    """What the finding about the deadline takes; it has measured the seconds after it."""
    rule = None if book.contract is None else book.contract.deadline
    if rule is None or rule.late is None:
        return lambda _: 0
    policy = rule.late
    found = about_the_deadline(book, contract)
    if found is None or found.outcome is Outcome.PASS or found.consequence.zeroes:
        return lambda _: 0
    if found.outcome is Outcome.UNDECIDED:
        # nobody has said when it was handed in; or it hangs on what is not known
        return lambda _: 0 if found.consequence is Consequence.NOTE else None
    late = found.measured if isinstance(found.measured, int) else 0
    return lambda maximum: policy.taken(late, maximum)
