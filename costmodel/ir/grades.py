"""Grades: a class's verdicts, its ranking, and what a result needs to be defended a year later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from costmodel.ir.noun import Noun
from costmodel.ir.ranking import Entry, Ranking
from costmodel.ir.verdict import Finding, Outcome, Verdict

SCHEMA = "costmodel.grades/1"
ONE = "costmodel.graded/1"
MISSING = "missing"
"""The rule of the finding for a student who handed in nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of a group that handed in together; "" is not known."""

    name: str
    email: str = ""
    sid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A layer that a figure comes from.

    Attributes:
        figure: ``cycles``, ``energy``, ``operations of a step`` or ``peak activation``.
        layer: module path, as an analysis names it.
        problem: its shape: of its layer problem (``C3 M6 R5 S5 P28 Q28``), or of its tensors (``3x32x32 → 6x28x28``).
        where: the line of the submission that calls it (``net.py:12``); "" if unknown.
        amount: in ``unit``.
        share: of the whole figure, from 0 to 1; None for a peak, which is one layer's alone.
        by: the convention that counts so; "" if there is one only.
    """

    figure: str
    layer: str
    problem: str
    where: str
    amount: int | float
    unit: str
    share: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Graded(Noun):
    """One student's result.

    Attributes:
        name: the student; one printable line.
        key: a plain file name for what is written about it.
        digest: of the files handed in, "" if there are none.
        findings: about the handing in and the tracing; each is for a person to look at.
        for_grader: findings that speak of other students: nothing that a student sees shows them.
        verdict: by the rulebook; what could not be computed is undecided in it.
        entry: place in the ranking, None if the rulebook does not rank.
        output: the end of what the submission printed while it was traced.
        email, sid: from the roster, "" if unknown.
        members: of a group of several, each with their own; empty for one student.
        origins: the layers that cycles, energy and the peak come from, the largest first; empty if nothing is known.
        rank_published: whether the rulebook publishes ranks; the student is shown the rank only then.
    """

    SCHEMA: ClassVar[str] = ONE
    ROWS: ClassVar[str] = ""

    name: str
    key: str
    digest: str
    findings: tuple[Finding, ...]
    verdict: Verdict
    entry: Entry | None
    output: str = ""
    email: str = ""
    sid: str = ""
    for_grader: tuple[Finding, ...] = ()
    members: tuple[Member, ...] = ()
    origins: tuple[Origin, ...] = ()
    rank_published: bool = False

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.name}, {self.verdict.outcome.value}"

    @property
    def outcome(self) -> str:
        """``MISSING`` for who handed nothing in, ``LATE`` for what came late and does not fail, else the verdict's."""
        if any(finding.rule == MISSING for finding in self.findings):
            return "MISSING"
        verdict = self.verdict
        late = verdict.in_time is Outcome.FAIL and verdict.decided is None and verdict.outcome is not Outcome.FAIL
        return "LATE" if late else verdict.outcome.value

    @property
    def total(self) -> int | None:
        """Points with the bonus; None while they are undecided or the rulebook gives none."""
        points = self.verdict.points.total if self.verdict.points is not None else None
        if points is None:
            return None
        return points + (self.entry.bonus or 0 if self.entry is not None else 0)

    @property
    def maximum(self) -> int | None:
        """The most base points there are; None if the rulebook gives none."""
        return None if self.verdict.points is None else self.verdict.points.maximum


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Grades(Noun):
    """A class.

    Attributes:
        submissions: sorted by name.
        ranking: None if the rulebook does not rank.
        notes: about the class as a whole: facts of unknown students, a weaker wall.
        provenance: versions and digests, never a clock.
        metrics: the rulebook's metrics, in its order, and their units; empty in an older file.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "submissions"

    rulebook: str
    title: str
    submissions: tuple[Graded, ...]
    ranking: Ranking | None
    notes: tuple[str, ...]
    provenance: Mapping[str, str]
    metrics: Mapping[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{len(self.submissions)} submissions under {self.rulebook}"
