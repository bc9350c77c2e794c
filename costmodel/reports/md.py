"""GitHub-flavoured Markdown."""

from __future__ import annotations

from tabulate import tabulate

from costmodel.reports.tables import tables
from costmodel.reports.text import cell
from costmodel.reports.view import Noun, View


def render(noun: Noun, view: View) -> str:
    """One pipe table per table; pipes in cells are escaped."""
    blocks = []
    for table in tables(noun, view):
        rows = [[cell(value).replace("|", "\\|") for value in row] for row in table.rows]
        body = tabulate(rows, headers=table.headers, tablefmt="pipe", disable_numparse=True)
        notes = "".join(f"\n- {note}" for note in table.notes)
        blocks.append(f"### {table.title}\n\n{body}" + (f"\n{notes}" if notes else ""))
    return "\n\n".join(blocks) + "\n"
