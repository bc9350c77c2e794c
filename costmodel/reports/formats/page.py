"""A student's feedback, or a class's rubric, as an HTML page that a browser opens by itself: no script, no link."""

from __future__ import annotations

from html import escape

from costmodel.files.quoting import printable
from costmodel.ir.grades import Graded, Grades
from costmodel.reports.formats import html
from costmodel.reports.view import Noun, View

NOUNS = ("Graded", "Grades")
FILES = {"Graded": "feedback/{key}.html", "Grades": "rubric.html"}
ON_REQUEST = False

HEAD = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
    "<style>body{{font-family:sans-serif;margin:2em}}table{{border-collapse:collapse}}"
    "th,td{{border-bottom:1px solid #ccc;padding:.2em .8em;text-align:left;vertical-align:top}}</style>\n"
    "</head>\n<body>\n"
)
"""The same for everybody but for the title."""
TAIL = "</body>\n</html>\n"


def render(noun: Noun, view: View) -> str:
    """The tables that a notebook shows, in a page that says its encoding."""
    assert isinstance(noun, (Graded, Grades))  # see NOUNS
    title = f"{noun.name}: {noun.verdict.title}" if isinstance(noun, Graded) else noun.title
    return HEAD.format(title=escape(printable(title))) + html.render(noun, view) + TAIL
