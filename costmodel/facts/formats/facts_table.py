"""A CSV with one row per submission: ``name`` (or ``sid``, ``email``, ``github``), and columns named as the metrics."""

from __future__ import annotations

from costmodel.facts.entries import GivenFact, readings_of, spelt
from costmodel.facts.rows import header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import IDENTITIES, Reading

NAME = "facts-table"
TITLE = "a table of facts"
PRECEDENCE = 100
OPTIONS: tuple[str, ...] = ()

_BY_NAME = "name"
_WHO = (_BY_NAME, *IDENTITIES)
_TASK = "task"


def recognises(source: Source) -> bool:
    """Whether the header has a name, and more."""
    columns = header_of(source)
    return len(columns) > 1 and any(name in columns for name in _WHO)


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """One reading per row; an empty cell is an unknown value.

    Raises:
        FormatError: an unknown column, a row without name, a submission twice (for one task), a value that is none.
    """
    table = read_rows(source)
    if not any(name in table.columns for name in _WHO):
        shown = ", ".join(excerpt(column) for column in table.columns[:20])
        raise source.error(f"no column {' or '.join(_WHO)}; the header has {shown}", 1)
    columns = [column for column in table.columns if column != _BY_NAME]
    for column in columns:
        spelt(source, column, 1)
    seen: dict[tuple[str, ...], int] = {}
    entries = []
    for row in table.rows:
        who = [row.cells.get(column, "") for column in _WHO]
        name = next(filter(None, who), "")
        if not name:
            raise source.error("a row without name", row.line)
        entry = (*who, row.cells.get(_TASK, ""))
        if entry in seen:
            raise source.error(f"{excerpt(name)} is in line {seen[entry]} already", row.line)
        seen[entry] = row.line
        given = [column for column in columns if row.cells[column]]
        entries += [GivenFact(name, column, row.cells[column], row.line, row=row.line) for column in given]
    return readings_of(source, NAME, entries)
