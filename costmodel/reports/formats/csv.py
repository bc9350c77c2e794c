"""Comma-separated values: one table with one header, for pandas, R and spreadsheets; numbers plain, unknown is empty.

UTF-8 without a byte order mark: R's ``read.csv`` and Python's ``csv``, with which scoring programs read, take one for a
part of the first name, and the platforms need none. Excel, which takes a file without one for its own code page when
it is double-clicked, is told by Data > From Text/CSV; a semicolon or a mark would spoil it for the others. Lines end
in a newline, cells are quoted only where they must be (RFC 4180) and never hold a line break.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from costmodel.files.quoting import safe_cell
from costmodel.reports.long_form import long_form
from costmodel.reports.table import Cell
from costmodel.reports.tabulation import records, tables
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES = {"Grades": "rubric.csv", "Ranking": "ranking.csv"}
ON_REQUEST = False

_LONGEST = 2000
"""Characters of a cell: a name or a message may be a stranger's."""


def render(noun: Noun, view: View) -> str:
    """The noun's one list, or its only table; several tables become one row for each of their cells."""
    flat = records(noun, view)
    if flat is None:
        shown = tables(noun, view)
        flat = shown[0] if len(shown) == 1 else long_form(shown)
    return written(flat.headers, flat.rows)


def written(headers: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> str:
    """A header and its rows as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([*map(safe, row)] for row in (headers, *rows))
    return out.getvalue()


def safe(value: Cell) -> Cell:
    """A cell that no spreadsheet runs as a formula; numbers stay numbers, a decimal with all its digits."""
    if isinstance(value, str):
        return safe_cell(value, _LONGEST)
    return f"{value:f}" if isinstance(value, Decimal) else value
