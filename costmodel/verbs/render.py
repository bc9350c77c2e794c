"""Render: any noun as text, in a report format."""

from __future__ import annotations

from costmodel.reports.view import Noun


def render(noun: Noun, format: str = "text") -> str:
    """A noun as text, json, csv, md, html, or in a platform's format that is for it.

    Raises:
        UnknownNameError: no such format for this noun.
    """
    from costmodel.reports import render as render_noun

    return render_noun(noun, format)
