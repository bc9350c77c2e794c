"""Moodle's grade import: a CSV for Grades > Import > CSV file, one row per student.

Moodle docs, "Grade import": the teacher says which column identifies students (Email address, or ID number) and which
are grade and feedback; both are given, since feedback alone would overwrite grades. In Moodle's own code
(grade/import/csv/classes/load_data.php) an empty grade is no grade; but a row whose identifying cell is empty goes to
the student of the row before. So a cell that is not known names the student: Moodle stops, and says whom it lacks.
"""

from __future__ import annotations

from costmodel.ir.grades import Graded, Grades, Member
from costmodel.ir.verdict import Consequence, Outcome
from costmodel.reports.formats.csv import written
from costmodel.reports.graded.people import people_of
from costmodel.reports.graded.student_view import own
from costmodel.reports.table import Cell
from costmodel.reports.tables.verdict import lateness, why_nothing
from costmodel.reports.view import Noun, View

NOUNS = ("Grades",)
FILES = {"Grades": "moodle.csv"}
ON_REQUEST = True

COLUMNS = ("Full name", "ID number", "Email address", "Grade", "Maximum Grade", "Feedback comments")


def render(noun: Noun, view: View) -> str:
    """One row per student, in a group one for each member; points with the bonus, nothing while they are undecided."""
    assert isinstance(noun, Grades)  # see NOUNS
    return written(COLUMNS, [_row(graded, who) for graded in noun.submissions for who in people_of(graded)])


def _row(graded: Graded, who: Member) -> list[Cell]:
    unknown = f"unknown: {who.name}"
    grades = (graded.total, graded.maximum)
    return [who.name, who.sid or unknown, who.email or unknown, *grades, "; ".join(_comments(own(graded)))]


def _comments(graded: Graded) -> list[str]:
    """The outcome, points by table, and every rule that does not hold; nothing about anybody else."""
    verdict = graded.verdict
    said = [graded.outcome]
    if verdict.points is not None:
        nothing = why_nothing(verdict)
        said += [nothing] if nothing else []
        for row in verdict.points.tables:
            points = "undecided" if row.points is None else row.points
            said.append(f"{row.table}: {points} of {row.maximum} ({row.because})")
        said += [f"{name}: {points}" for name, points, _ in lateness(verdict)]
    if graded.entry is not None and graded.entry.bonus:
        said.append(f"bonus: {graded.entry.bonus}")
    rules = (*verdict.findings, *verdict.contract)
    broken = [f for f in rules if f.outcome is not Outcome.PASS and f.consequence is not Consequence.NOTE]
    return [*said, *(f"{f.rule} {f.outcome.value}: {f.because}" for f in broken)]
