"""A CSV with one row per submission: ``name``, and columns named as the metrics."""

from __future__ import annotations

from costmodel.ir.facts import Reading
from costmodel.metering.entries import Entry, readings_of, spelt
from costmodel.metering.rows import header_of, read_rows
from costmodel.metering.source import Options, Source, excerpt

_NAME = "name"
_TASK = "task"


def recognises(source: Source) -> bool:
    """Whether the header has a name, and more."""
    columns = header_of(source)
    return _NAME in columns and len(columns) > 1


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """One reading per row; an empty cell is an unknown value.

    Raises:
        FormatError: an unknown column, a row without name, a submission twice (for one task), a value that is none.
    """
    table = read_rows(source, (_NAME,))
    columns = [column for column in table.columns if column != _NAME]
    for column in columns:
        spelt(source, column, 1)
    seen: dict[tuple[str, str], int] = {}
    entries = []
    for row in table.rows:
        name, task = row.cells[_NAME], row.cells.get(_TASK, "")
        if not name:
            raise source.error("a row without name", row.line)
        if (name, task) in seen:
            raise source.error(f"{excerpt(name)} stands in line {seen[name, task]} already", row.line)
        seen[name, task] = row.line
        given = [column for column in columns if row.cells[column]]
        entries += [Entry(name, column, row.cells[column], row.line, row=row.line) for column in given]
    return readings_of(source, "facts-table", entries)
