"""nbgrader's CSV export of a class.

Columns: nbgrader export (assignment, duedate, timestamp, student_id, … max_score). What is undecided stays empty.
"""

from __future__ import annotations

import csv
import io

from costmodel.ir.grades import Graded, Grades
from costmodel.reports.csv import safe
from costmodel.reports.view import Noun, View

NOUNS = (Grades,)

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def render(noun: Noun, view: View) -> str:
    """One row per student; raw_score is without the bonus."""
    assert isinstance(noun, Grades)  # see NOUNS
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for graded in noun.submissions:
        writer.writerow({name: safe(value) for name, value in _row(noun, graded).items()})
    return out.getvalue()


def _row(grades: Grades, graded: Graded) -> dict[str, str | int | None]:
    last, comma, first = graded.name.partition(",")
    if not comma:
        first, _, last = graded.name.rpartition(" ")
    points = graded.verdict.points
    return {
        "assignment": grades.rulebook,
        "duedate": "",
        "timestamp": "",
        "student_id": graded.sid or graded.name,
        "last_name": last.strip(),
        "first_name": first.strip(),
        "email": graded.email,
        "raw_score": points.total if points is not None else None,
        "late_submission_penalty": 0,
        "score": graded.total,
        "max_score": graded.maximum,
    }
