"""Tables for a terminal."""

from __future__ import annotations

import textwrap

from tabulate import tabulate

from costmodel.files.quoting import printable
from costmodel.reports.table import Cell
from costmodel.reports.tables.by_noun import tables
from costmodel.reports.view import Noun, View

_WIDEST = 60
"""Longer cells are wrapped."""


def render(noun: Noun, view: View) -> str:
    """Every table under its title, numbers with thousands separators and aligned right."""
    blocks = []
    for table in tables(noun, view):
        rows = [[_wrapped(printable(cell(value))) for value in row] for row in table.rows]
        numeric = [
            all(isinstance(row[i], (int, float)) or row[i] is None for row in table.rows)
            or any(isinstance(row[i], int) for row in table.rows)
            for i in range(len(table.headers))
        ]
        body = tabulate(
            rows,
            headers=table.headers,
            tablefmt="simple",
            disable_numparse=True,
            colalign=["right" if right else "left" for right in numeric] if rows else None,
        )
        notes = "".join(f"\n  {printable(note)}" for note in table.notes)
        blocks.append(f"{printable(table.title)}\n\n{body}{notes}")
    return "\n\n".join(blocks) + "\n"


def _wrapped(text: str) -> str:
    # tabulate's own wrapping parses cells as numbers and fails on thousands separators
    return "\n".join(textwrap.wrap(text, _WIDEST, break_long_words=False, break_on_hyphens=False))


def cell(value: Cell) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.10g}"
    return f"{value:,}" if isinstance(value, int) else value
