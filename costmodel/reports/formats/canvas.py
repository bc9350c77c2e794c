"""Canvas's grade import: its gradebook's CSV with one assignment.

Columns: Canvas guides, "How do I import grades in the Gradebook?", and canvas-lms, lib/gradebook_importer.rb: Student,
ID, SIS User ID, SIS Login ID, Section, then the assignment; a row "Points Possible" below the header. Canvas finds a
student by the ids that it knows, else by the name; its own ID is in no roster, and stays empty.
"""

from __future__ import annotations

from costmodel.ir.grades import Grades
from costmodel.reports.formats.csv import written
from costmodel.reports.graded.people import people_of
from costmodel.reports.table import Cell
from costmodel.reports.view import Noun, View

NOUNS = ("Grades",)
FILES = {"Grades": "canvas.csv"}
ON_REQUEST = True

COLUMNS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_POSSIBLE = "Points Possible"


def render(noun: Noun, view: View) -> str:
    """One row per student, in a group one for each member; points with the bonus, nothing while they are undecided."""
    assert isinstance(noun, Grades)  # see NOUNS
    most = next((g.maximum for g in noun.submissions if g.maximum is not None), None)
    rows: list[list[Cell]] = [[_POSSIBLE, None, None, None, None, most]]
    for graded in noun.submissions:
        rows += [[who.name, None, who.sid, who.email, None, graded.total] for who in people_of(graded)]
    return written((*COLUMNS, noun.rulebook), rows)
