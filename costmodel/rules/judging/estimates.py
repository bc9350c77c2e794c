"""What was measured beside what was estimated of it: a value outside the interval is worth a look."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.verdict import Consequence, Finding, Outcome
from costmodel.rules.judging.evidence import Evidence
from costmodel.rules.schema.rulebook import Rulebook
from costmodel.rules.value import plain


def estimate_findings(book: Rulebook, evidence: Evidence) -> Iterator[Finding]:
    """A note for each metric that was both measured and estimated on the rules' GPU.

    It decides nothing: the measured value does. Outside of the interval the entry did something else than was
    analysed, the machine was another, or the estimate is wrong.
    """
    for name, spec in book.metrics.items():
        measured, estimated = evidence.values(name)["measured"], evidence.estimated(name)
        if estimated is None or measured.amount is None or estimated.amount is None:
            continue
        if measured.at_least or estimated.at_least:
            continue
        low, high = (estimated.amount + sign * estimated.uncertainty for sign in (-1, 1))
        inside = low - measured.uncertainty <= measured.amount <= high + measured.uncertainty
        where = "inside" if inside else "below" if measured.amount < low else "above"
        yield Finding(
            rule=f"estimate: {name}",
            measured=plain(measured.amount),
            at_least=False,
            limit=f"{low:,} to {high:,}",
            unit=spec.unit,
            outcome=Outcome.PASS if inside else Outcome.UNDECIDED,
            because=f"measured {where} the interval; {estimated.because}",
            consequence=Consequence.NOTE,
        )
