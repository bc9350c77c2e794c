"""Tables for a terminal."""

from __future__ import annotations

import re
from decimal import Decimal

from costmodel.files.quoting import printable
from costmodel.reports.human import human
from costmodel.reports.layout import Grid, laid_out, wrapped
from costmodel.reports.table import Cell, Percent, Table
from costmodel.reports.tabulation import tables
from costmodel.reports.view import EVERY_NOUN, Noun, View

NOUNS = EVERY_NOUN
FILES = {"Grades": "rubric.txt"}
ON_REQUEST = False

_WIDEST = 60
"""Longer cells are wrapped."""
_NO_TERMINAL = 120
"""Columns that a table takes at most where nobody says how many there are."""
_OUTCOME = "outcome"
"""Header of the column whose words are coloured."""
_COLOURS = {"PASS": "\x1b[32m", "FAIL": "\x1b[31m", "UNDECIDED": "\x1b[33m"}
_PLAIN = "\x1b[0m"
_WORD = re.compile(r"(?:(?<=  )|^)(?:PASS|FAIL|UNDECIDED)(?=  |$)", re.MULTILINE)


def render(noun: Noun, view: View) -> str:
    """Every table under its title, numbers with thousands separators and aligned right."""
    return as_text(tables(noun, view), view)


def as_text(shown: list[Table], view: View) -> str:
    """Tables as a terminal shows them."""
    return "\n\n".join(_block(table, view) for table in shown) + "\n"


def _block(table: Table, view: View) -> str:
    rows = [[printable(_cell(value, view)) for value in row] for row in table.rows]
    widest = None if table.wrapped else _WIDEST
    grid = Grid([*map(printable, table.headers)], rows, right_columns(table), widest)
    body = laid_out(grid, view.width or _NO_TERMINAL)
    if view.colour and _OUTCOME in table.headers:
        body = _coloured(body)
    title = f"{_sentence(table.title, view)}\n\n" if table.title else ""
    notes = "".join(f"\n{_sentence(note, view, '  ')}" for note in table.notes)
    remarks = "\n".join(_sentence(remark, view) for remark in table.remarks)
    return title + body + notes + (f"\n\n{remarks}" if remarks else "")


def _sentence(text: str, view: View, indent: str = "") -> str:
    line = indent + printable(text)
    return line if view.width is None else wrapped(line, view.width, indent)


def _coloured(body: str) -> str:
    """The outcomes in colour: words that stand by themselves in a column."""
    return _WORD.sub(lambda found: f"{_COLOURS[found[0]]}{found[0]}{_PLAIN}", body)


def right_columns(table: Table) -> list[bool]:
    """Which columns are aligned right: those of numbers, and those that the table names."""
    return [
        header in table.right
        or all(isinstance(row[i], (int, float, Decimal)) or row[i] is None for row in table.rows)
        or any(isinstance(row[i], int) for row in table.rows)
        for i, header in enumerate(table.headers)
    ]


def _cell(value: Cell, view: View) -> str:
    return (human(value) if view.human else None) or cell(value)


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
