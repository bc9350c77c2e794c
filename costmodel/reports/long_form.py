"""Several tables as one, a row for each cell: a program reads them with one header, and numbers in one column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costmodel.reports.table import Cell, Percent, Table

HEADERS = ("table", "row", "name", "column", "value", "text")
"""``name`` is the row's first cell; a number is in ``value``, everything else in ``text``."""


def long_form(tables: Sequence[Table]) -> Table:
    """Every cell that holds something, then what each table notes; rows are counted from 1."""
    return Table("", HEADERS, [row for table in tables for row in _rows(table)])


def _rows(table: Table) -> Iterator[tuple[Cell, ...]]:
    for number, row in enumerate(table.rows, 1):
        name = row[0] if row and isinstance(row[0], str) else None
        for column, cell in zip(table.headers, row, strict=True):
            if cell is None or cell == "" or (cell is name and column == table.headers[0]):
                continue
            is_text = isinstance(cell, str)
            unit = " [%]" if isinstance(cell, Percent) else ""
            yield table.title, number, name, f"{column}{unit}", None if is_text else cell, cell if is_text else None
    for note in (*table.notes, *table.remarks):
        yield table.title, None, None, "note", None, note
