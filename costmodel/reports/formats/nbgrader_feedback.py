"""nbgrader's feedback folder: an HTML page per student, where ``nbgrader release_feedback`` looks for it.

Layout: nbgrader documentation, "How to structure course files": {step}/{student_id}/{assignment_id}/{notebook_id}.html,
below the course's folder; the step is ``feedback``.
"""

from __future__ import annotations

from costmodel.reports.formats import page
from costmodel.reports.view import Noun, View

NOUNS = ("Graded",)
FILES = {"Graded": "nbgrader/feedback/{student}/{assignment}/{notebook}.html"}
ON_REQUEST = True


def render(noun: Noun, view: View) -> str:
    """The student's feedback as a page."""
    return page.render(noun, view)
