"""A class as pages: the teacher's, with links, and one for each student with their own feedback alone."""

from __future__ import annotations

from costmodel.ir.grades import Grades
from costmodel.reports.html.document import document
from costmodel.reports.view import Noun, View

NOUNS = ("Graded", "Grades")
FILES = {"Graded": "feedback/{key}.html", "Grades": "index.html"}
ON_REQUEST = False


def render(noun: Noun, view: View) -> str:
    """The page; all text of others is escaped. A student's has no script: other systems show it within their own."""
    return document(noun, view, script=isinstance(noun, Grades))
