"""Comma-separated values: every row of every table, after its table's title; numbers plain."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from costmodel.files.quoting import safe_cell
from costmodel.reports.table import Cell
from costmodel.reports.tabulation import records, tables
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES = {"Grades": "rubric.csv"}
ON_REQUEST = False

_LONGEST = 2000
"""Characters of a cell: a name or a message may be a stranger's."""


def render(noun: Noun, view: View) -> str:
    """One block per table: a header line that begins with ``table``, then its rows; a flat noun has no titles."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    flat = records(noun)
    if flat is not None:
        writer.writerows([*map(safe, row)] for row in (flat.headers, *flat.rows))
        return out.getvalue()
    for table in tables(noun, view):
        writer.writerow(["table", *map(safe, table.headers)])
        writer.writerows([safe(table.title), *map(safe, row)] for row in table.rows)
    return out.getvalue()


def safe(value: Cell) -> Cell:
    """A cell that no spreadsheet runs as a formula; numbers stay numbers, a decimal with all its digits."""
    if isinstance(value, str):
        return safe_cell(value, _LONGEST)
    return f"{value:f}" if isinstance(value, Decimal) else value
