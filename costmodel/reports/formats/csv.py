"""Comma-separated values: every row of every table, its table's title first; numbers plain."""

from __future__ import annotations

import csv
import io

from costmodel.files.quoting import safe_cell
from costmodel.reports.table import Cell
from costmodel.reports.tables.by_noun import tables
from costmodel.reports.view import Noun, View

_LONGEST = 2000
"""Characters of a cell: a name or a message may be a stranger's."""


def render(noun: Noun, view: View) -> str:
    """One block per table: a header line that begins with ``table``, then its rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for table in tables(noun, view):
        writer.writerow(["table", *table.headers])
        for row in table.rows:
            writer.writerow([safe(table.title), *(safe(value) for value in row)])
    return out.getvalue()


def safe(value: Cell) -> Cell:
    """Text that a spreadsheet would run as a formula is quoted; other text and numbers stay."""
    return safe_cell(value, _LONGEST) if isinstance(value, str) else value
