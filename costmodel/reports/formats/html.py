"""HTML tables, for notebooks."""

from __future__ import annotations

from html import escape

from tabulate import tabulate

from costmodel.files.quoting import printable
from costmodel.reports.formats.text import cell
from costmodel.reports.tables.by_noun import tables
from costmodel.reports.view import Noun, View


def render(noun: Noun, view: View) -> str:
    """Every table under its title; all text is escaped."""
    blocks = []
    for table in tables(noun, view):
        rows = [[printable(cell(value)) for value in row] for row in table.rows]
        # tabulate's "html" format escapes the cells
        body = tabulate(rows, headers=table.headers, tablefmt="html", disable_numparse=True)
        notes = "".join(f"<li>{escape(printable(note))}</li>" for note in table.notes)
        blocks.append(f"<h4>{escape(printable(table.title))}</h4>\n{body}" + (f"\n<ul>{notes}</ul>" if notes else ""))
    return "\n".join(blocks) + "\n"
