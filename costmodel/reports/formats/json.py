"""The noun itself in its stable JSON schema, indented for people."""

from __future__ import annotations

from dataclasses import replace

from costmodel.ir.grades import Graded
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES = {"Grades": "grades.json", "Ranking": "ranking.json"}
ON_REQUEST = False


def render(noun: Noun, view: View) -> str:
    """Everything the noun holds, whatever the view; of one student's result, nothing that is for the grader alone."""
    if isinstance(noun, Graded):
        noun = replace(noun, for_grader=())
    return noun.to_json()
