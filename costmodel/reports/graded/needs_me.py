"""What a person must look at in a graded class, what moves the most points first, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from costmodel.ir.grades import Graded, Grades
from costmodel.ir.verdict import Consequence, Finding, Outcome, Points
from costmodel.reports.table import Table

_TO_DO = {
    "no model": "say which object it is: --models, or an override of model; or ask for the code",
    "several models": "say which object it is: --models, or an override of model",
    "subject": "mend it with the student, or say which object is the model: an override of model",
    "recipe": "mend it with the student; grade it again with --only",
    "trace": "mend it with the student; grade it again with --only",
    "timeout": "grade it again with --only and a larger --time-limit",
    "cpu": "grade it again with --only and a larger --time-limit",
    "memory": "read the program: it asks for more memory than a submission has",
    "forged": "read the program; decide with an override of outcome",
    "out of sight": "read the lines; decide with an override of outcome",
    "own input": "read the input that it brings; decide with an override of outcome",
    "hidden parameters": "read the lines; decide with an override of outcome or of the metric",
    "replay contradicts": "compare with the student's own run; decide with an override of outcome",
    "stranger": "add the name to --aliases, or the person to --roster",
    "archive": "ask for another archive; grade it again with --only",
    "empty": "ask for the files; grade it again with --only",
    "unreadable": "ask for the files; grade it again with --only",
    "duplicate": "decide which one counts, and take the other out of the folder",
    "same files": "compare the two; decide with an override of outcome",
    "facts": "mend the row, give the person an alias, or decide with an override of the metric",
}
"""By the rule of a finding that is no rule of the rulebook's."""
_READING = "say which reading the course means: --reading; or decide with an override of outcome"
_UNKNOWN = "give the missing value with --facts, or decide with an override of the metric"
_FLAG = "look at it, and decide with an override of outcome"
_FILES = "nothing, if it is so; else decide with an override of outcome"
_PLACE = (
    "say what is not known: a column submitted in --facts (which may be given twice), --late-policy, --extensions; "
    "or decide with an override of late (points) or of outcome"
)
_FAILS = "nothing, if the figures are right; else an override of the metric"
_REMARKS = frozenset({"missing", "notebook", "replay agrees", "name", "link"})
"""Findings that are no question."""


@dataclass(frozen=True)
class _Matter:
    """One cause of one submission, with the rules that hang on it and what to do about the first."""

    name: str
    because: str
    to_do: str
    stake: int
    rules: tuple[str, ...]


def needs_me(grades: Grades) -> Table:
    """One row for each cause of each submission that a person has not decided about, and what concerns the class."""
    matters = [matter for graded in grades.submissions for matter in _matters(graded)]
    matters.sort(key=lambda matter: -matter.stake)
    rows = [(m.name, m.stake or "", ", ".join(m.rules), m.because, m.to_do) for m in matters]
    people = len({matter.name for matter in matters})
    who = "nobody" if not people else "1 submission" if people == 1 else f"{people} submissions"
    headers = ("who", "points at stake", "what", "because", "what to do")
    handed_in = sum(graded.outcome != "MISSING" for graded in grades.submissions)
    return Table(f"Needs a person: {who} of {handed_in}", headers, rows, grades.notes)


def to_look_at(graded: Graded) -> list[str]:
    """Every cause of one submission, with the rules that hang on it."""
    return [f"{', '.join(matter.rules)}: {matter.because}" for matter in _matters(graded)]


def _matters(graded: Graded) -> Iterator[_Matter]:
    verdict = graded.verdict
    if verdict.decided is not None or any(finding.rule == "missing" for finding in graded.findings):
        return
    rules = (*verdict.findings, *verdict.contract)
    found = (*graded.findings, *graded.for_grader, *(f for f in rules if f.consequence is not Consequence.NOTE))
    causes: dict[str, _Matter] = {}
    for finding in sorted(found, key=lambda finding: not finding.readings):
        if finding.outcome is Outcome.PASS or finding.rule in _REMARKS:
            continue
        # a rule whose metric is not known repeats why, and adds its own note
        cause = next((c for c in causes if f"{finding.because}; ".startswith(f"{c}; ")), finding.because)
        stake = _stake(graded, finding)
        known = causes.get(cause)
        if known is None:
            to_do = _to_do_about_files(finding) if finding in verdict.contract else _to_do(finding)
            known = _Matter(graded.name, cause, to_do, stake, ())
        hanging = dict.fromkeys((*known.rules, finding.rule))
        causes[cause] = replace(known, stake=max(known.stake, stake), rules=tuple(hanging))
    yield from causes.values()


def _to_do_about_files(finding: Finding) -> str:
    if finding.rule in _TO_DO:
        return _TO_DO[finding.rule]
    return _PLACE if finding.consequence is Consequence.UNRANKED else _FILES


def _to_do(finding: Finding) -> str:
    if finding.readings:
        return _READING
    if finding.rule in _TO_DO:
        return _TO_DO[finding.rule]
    if finding.outcome is Outcome.FAIL and finding.consequence is not Consequence.FLAG:
        return _FAILS
    return _UNKNOWN if finding.measured is None and finding.consequence is not Consequence.FLAG else _FLAG


def _stake(graded: Graded, finding: Finding) -> int:
    """Points that hang on a finding: all there are where it takes them, or where none are known because of it."""
    points = graded.verdict.points
    if points is None:
        return 0
    if finding.readings:
        totals = [row.points for row in graded.verdict.readings if row.points is not None]
        return max(totals, default=0) - min(totals, default=0) if len(totals) > 1 else _earned(points)
    if finding.consequence.zeroes or points.total is None:
        return _earned(points)
    return 0


def _earned(points: Points) -> int:
    """The points of the tables, and the most there are in a table whose points are not known."""
    return sum(row.maximum if row.points is None else row.points for row in points.tables)
