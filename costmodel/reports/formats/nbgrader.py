"""nbgrader's CSV export of a class.

Columns: nbgrader export (assignment, duedate, timestamp, student_id, … max_score). What is undecided stays empty.
"""

from __future__ import annotations

import csv
import io

from costmodel.ir.grades import Graded, Grades, Member
from costmodel.reports.formats.csv import safe
from costmodel.reports.graded.people import people_of
from costmodel.reports.view import Noun, View

NOUNS = ("Grades",)
FILES = {"Grades": "nbgrader.csv"}
ON_REQUEST = True

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def render(noun: Noun, view: View) -> str:
    """One row per student, in a group one for each member; raw_score is without bonus and lateness."""
    assert isinstance(noun, Grades)  # see NOUNS
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for graded in noun.submissions:
        for who in people_of(graded):
            writer.writerow({name: safe(value) for name, value in _row(noun, graded, who).items()})
    return out.getvalue()


def _row(grades: Grades, graded: Graded, who: Member) -> dict[str, str | int | None]:
    last, comma, first = who.name.partition(",")
    if not comma:
        first, _, last = who.name.rpartition(" ")
    points = graded.verdict.points
    late = 0 if points is None or not points.total else points.late or 0
    return {
        "assignment": grades.rulebook,
        "duedate": "",
        "timestamp": "",
        "student_id": who.sid or who.name,
        "last_name": last.strip(),
        "first_name": first.strip(),
        "email": who.email,
        "raw_score": None if points is None or points.total is None else points.total + late,
        "late_submission_penalty": late,
        "score": graded.total,
        "max_score": graded.maximum,
    }
