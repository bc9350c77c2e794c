"""Tables for a terminal."""

from __future__ import annotations

import textwrap
from decimal import Decimal

from tabulate import tabulate

from costmodel.files.quoting import printable
from costmodel.reports.table import Cell, Percent, Table
from costmodel.reports.tabulation import tables
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES = {"Grades": "rubric.txt"}
ON_REQUEST = False

_WIDEST = 60
"""Longer cells are wrapped."""


def render(noun: Noun, view: View) -> str:
    """Every table under its title, numbers with thousands separators and aligned right."""
    return "\n\n".join(_block(table) for table in tables(noun, view)) + "\n"


def _block(table: Table) -> str:
    texts = [[printable(cell(value)) for value in row] for row in table.rows]
    rows = texts if table.wrapped else [[_wrapped(text) for text in row] for row in texts]
    body = tabulate(
        rows,
        headers=[*map(printable, table.headers)],
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if right else "left" for right in _right(table)] if rows else None,
    )
    title = f"{printable(table.title)}\n\n" if table.title else ""
    notes = "".join(f"\n  {printable(note)}" for note in table.notes)
    remarks = "\n".join(map(printable, table.remarks))
    return title + body + notes + (f"\n\n{remarks}" if remarks else "")


def _right(table: Table) -> list[bool]:
    """Which columns are aligned right: those of numbers, and those that the table names."""
    return [
        header in table.right
        or all(isinstance(row[i], (int, float, Decimal)) or row[i] is None for row in table.rows)
        or any(isinstance(row[i], int) for row in table.rows)
        for i, header in enumerate(table.headers)
    ]


def _wrapped(text: str) -> str:
    # tabulate's own wrapping parses cells as numbers and fails on thousands separators
    return "\n".join(textwrap.wrap(text, _WIDEST, break_long_words=False, break_on_hyphens=False))


def cell(value: Cell) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, Percent):
        return f"{value:,.1f}%"
    if isinstance(value, float):
        return f"{value:,.10g}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return f"{value:,}" if isinstance(value, int) else value
