"""A student's result without what is for other eyes."""

from __future__ import annotations

from dataclasses import replace

from costmodel.ir.grades import Graded
from costmodel.ir.verdict import Consequence, Finding, Outcome


def own(graded: Graded) -> Graded:
    """The result without findings about other students, and without contract rules that the files cannot decide."""
    verdict = replace(graded.verdict, contract=decidable(graded.verdict.contract))
    return replace(graded, for_grader=(), verdict=verdict)


def decidable(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings without notes on what is not known here (the time of submission): the student cannot act on them."""
    return tuple(f for f in findings if f.outcome is not Outcome.UNDECIDED or f.consequence is not Consequence.NOTE)
