"""HTML tables, for notebooks."""

from __future__ import annotations

from html import escape

from tabulate import tabulate

from costmodel.files.quoting import printable
from costmodel.reports.formats.text import cell
from costmodel.reports.tabulation import tables
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES: dict[str, str] = {}
ON_REQUEST = False


def render(noun: Noun, view: View) -> str:
    """Every table under its title; all text is escaped."""
    blocks = []
    for table in tables(noun, view):
        rows = [[printable(cell(value)) for value in row] for row in table.rows]
        # tabulate's "html" format escapes the cells
        body = tabulate(rows, headers=[*map(printable, table.headers)], tablefmt="html", disable_numparse=True)
        title = f"<h4>{escape(printable(table.title))}</h4>\n" if table.title else ""
        lists = ["".join(f"<li>{escape(printable(line))}</li>" for line in ls) for ls in (table.notes, table.remarks)]
        blocks.append("\n".join([title + body, *(f"<ul>{items}</ul>" for items in lists if items)]))
    return "\n".join(blocks) + "\n"
