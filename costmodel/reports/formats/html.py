"""One HTML page that needs nothing but itself: it opens from a disk, in a mail, or on paper."""

from __future__ import annotations

from costmodel.reports.html.document import document
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES: dict[str, str] = {}
ON_REQUEST = False


def render(noun: Noun, view: View) -> str:
    """The page; all text of others is escaped."""
    return document(noun, view)
