"""A student's result as the student may see it."""

from __future__ import annotations

from dataclasses import replace

from costmodel.ir.grades import Graded
from costmodel.ir.verdict import Finding, Outcome


def own(graded: Graded) -> Graded:
    """Without what speaks of other students, and without rules on files that nobody can decide from the files."""
    verdict = replace(graded.verdict, contract=decidable(graded.verdict.contract))
    return replace(graded, for_grader=(), verdict=verdict)


def decidable(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings without those that only note what is not known here (the time of submission): no student can act."""
    return tuple(f for f in findings if f.outcome is not Outcome.UNDECIDED or f.consequence != "note")
