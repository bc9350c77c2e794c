"""GitHub-flavoured Markdown."""

from __future__ import annotations

from tabulate import tabulate

from costmodel.files.quoting import safe_markdown
from costmodel.reports.formats.text import cell
from costmodel.reports.tables.by_noun import tables
from costmodel.reports.view import Noun, View

_LONGEST = 2000
"""Characters of a cell: a name or a message may be a stranger's."""


def render(noun: Noun, view: View) -> str:
    """One pipe table per table; pipes in cells are escaped."""
    blocks = []
    for table in tables(noun, view):
        rows = [[safe_markdown(cell(value), _LONGEST) for value in row] for row in table.rows]
        body = tabulate(rows, headers=table.headers, tablefmt="pipe", disable_numparse=True)
        notes = "".join(f"\n- {safe_markdown(note, _LONGEST)}" for note in table.notes)
        blocks.append(f"### {safe_markdown(table.title, _LONGEST)}\n\n{body}" + (f"\n{notes}" if notes else ""))
    return "\n\n".join(blocks) + "\n"
