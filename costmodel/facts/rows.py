"""CSV and TSV with a header, row by row, each with its line number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from costmodel.facts.quantity import number
from costmodel.facts.source import Source, excerpt

_DELIMITERS = (",", ";", "\t")
_LINE = re.compile(r"[^\r\n]*[^\s][^\r\n]*")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file (from 1), and its cells by column, stripped."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """A header and its rows; ``notes`` say what of the file was left out, and ``is_cut`` that its end was."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    is_cut: bool = False


def header_of(source: Source) -> tuple[str, ...]:
    """The first line that is not blank, split; one column if it has no delimiter."""
    first = _first_line(source)
    try:
        cells = next(csv.reader([first], delimiter=_delimiter(first), skipinitialspace=True))
    except csv.Error:
        return (first.strip(),)
    return tuple(cell.strip() for cell in cells)


def read_rows(source: Source, needed: Iterable[str] = (), *, log: bool = False) -> Rows:
    """All rows below the header.

    Args:
        source: the file.
        needed: columns that have to be there.
        log: what was left of the last row when the writer was stopped is dropped, with a note: a row that is too short,
            and one that ends in a number without the end of a line, which may go on.

    Raises:
        FormatError: a missing or repeated column, a row of another length, no row at all, broken quotes.
    """
    columns = _named(header_of(source))
    _check_header(source, columns, needed)
    first = _first_line(source)
    reader = csv.reader(
        io.StringIO(source.text, newline=""), delimiter=_delimiter(first), skipinitialspace=True, strict=True
    )
    lines = _lines(source, reader)
    notes: list[str] = []
    if log and lines and _is_cut(source, lines[-1][1], columns):
        notes.append(f"line {lines[-1][0]} ends in the middle of a row: it was left out")
        lines.pop()
    for line, cells in lines:
        if len(cells) > len(columns) and not "".join(cells[len(columns) :]).strip():
            del cells[len(columns) :]
        if len(cells) != len(columns):
            raise source.error(f"{len(cells)} cells in a table of {len(columns)} columns", line)
    if not lines:
        raise source.error("a header and no row below it", 1)
    rows = tuple(Row(n, dict(zip(columns, map(str.strip, cells), strict=True))) for n, cells in lines)
    return Rows(columns, rows, tuple(notes), is_cut=bool(notes))


def _is_cut(source: Source, cells: list[str], columns: tuple[str, ...]) -> bool:
    """Whether the last row is the beginning of one: 100.00 W is whole, 1 may begin 150.00, and "" anything."""
    open_end = not cells[-1].strip() or number(cells[-1]) is not None
    return len(cells) < len(columns) or (not _is_ended(source) and len(cells) == len(columns) and open_end)


def _is_ended(source: Source) -> bool:
    return source.text.endswith(("\n", "\r"))


def whole_lines(source: Source) -> tuple[list[tuple[int, str]], bool]:
    """The lines of a text that is no table, with their numbers, and whether the last one was left out.

    A line without its end is what was left when the writer was stopped: nobody knows what would have stood behind it.
    """
    lines = [*enumerate(source.text.splitlines(), 1)]
    return (lines, False) if _is_ended(source) or len(lines) < 2 else (lines[:-1], True)


def _named(header: tuple[str, ...]) -> tuple[str, ...]:
    """A header without the empty names that commas at the end of every line make."""
    while len(header) > 1 and not header[-1]:
        header = header[:-1]
    return header


def _lines(source: Source, reader: Any) -> list[tuple[int, list[str]]]:
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if "".join(cells).strip():
                lines.append((reader.line_num, cells))
    except csv.Error as problem:
        raise source.error(f"not CSV: {problem}", reader.line_num) from None
    return lines[1:]


def _first_line(source: Source) -> str:
    found = _LINE.search(source.text)
    return found[0] if found else ""


def _delimiter(first: str) -> str:
    return max(_DELIMITERS, key=first.count)


def _check_header(source: Source, columns: tuple[str, ...], needed: Iterable[str]) -> None:
    missing = [name for name in needed if name not in columns]
    if missing:
        shown = ", ".join(excerpt(column) for column in columns[:20])
        raise source.error(f"no column {', '.join(missing)}; the header has {shown}", 1)
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise source.error(f"column {excerpt(repeated[0])} occurs twice in the header", 1)


def amount(source: Source, row: Row, column: str) -> Decimal:
    """A cell as a number, at least 0.

    Raises:
        FormatError: it is none.
    """
    value = number(row.cells[column])
    if value is None or value < 0:
        raise source.error(f"{column}: {excerpt(row.cells[column])} is not a number, at least 0", row.line)
    return value
