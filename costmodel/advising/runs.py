"""Runs that were measured, joined to the points of a grid by the words that vary: what no graph says (accuracy)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from costmodel.errors import CostModelError, FormatError, UsageError
from costmodel.facts.quantity import number
from costmodel.facts.rows import Row, Rows, read_rows
from costmodel.facts.source import Source, excerpt, open_source
from costmodel.files.quoting import safe_text
from costmodel.rules.judging.given_facts import parse_fact, spelt
from costmodel.rules.schema.rulebook import Rulebook

_PERCENT = {
    "accuracy": "accuracy_percent", "accuracy_percent": "accuracy_percent", "error_rate": "error_rate_percent",
    "error_rate_percent": "error_rate_percent",
}  # fmt: skip
"""Columns that are a percentage, and the figures that they are."""

Key = tuple[str, ...]

_SHOWN = 200
"""Characters of the grid in a message."""


@dataclass(frozen=True)
class Measured:
    """One run.

    Attributes:
        line: of the file.
        figures: by their names.
        facts: what the rulebook asks for, as text.
    """

    line: int
    figures: Mapping[str, int | float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Runs:
    """A table of runs.

    Attributes:
        name: of the file.
        axes: the words that they are joined by.
        rows: each run, by its values of these.
        names: figures that some run has, as points name them.
        notes: what of the table is not used.
    """

    name: str
    axes: tuple[str, ...]
    rows: Mapping[Key, Measured]
    names: tuple[str, ...]
    notes: tuple[str, ...]

    def of(self, values: Mapping[str, Any]) -> Measured | None:
        """The run of a point; None where nobody has measured it."""
        return self.rows.get(tuple(_word(values[axis]) for axis in self.axes))

    def left_over(self, points: Iterable[Mapping[str, Any]]) -> list[int]:
        """Lines of the runs that belong to no point."""
        asked = {tuple(_word(values[axis]) for axis in self.axes) for values in points}
        return [run.line for key, run in self.rows.items() if key not in asked]


def joined_runs(
    path: str | Path,
    space: Mapping[str, Sequence[Any]],
    points: Sequence[Mapping[str, Any]],
    book: Rulebook | None,
    given: Mapping[str, str],
) -> Runs:
    """The runs of a file, with notes on those that belong to no point, and on points that have none.

    Args:
        path: the file.
        space: what varies, and the values of the whole grid.
        points: those that are computed.
        book: the rulebook.
        given: facts that are the same for every point.

    Raises:
        FormatError: see :func:`read_runs`; or none of the runs belongs to a point.
        UsageError: a fact is given for all points, and measured for each.
    """
    runs = read_runs(path, space, book)
    twice = [name for run in runs.rows.values() for name in run.facts if name in given]
    if twice:
        raise UsageError(f"{twice[0]} is given for every point (--fact) and measured in {runs.name}: leave one out")
    idle = runs.left_over(points)
    if len(idle) == len(runs.rows):
        values = ", ".join(f"{name}={','.join(map(str, all_of))}" for name, all_of in space.items())
        raise FormatError(f"{runs.name}: none of its runs belongs to a point of {safe_text(values, _SHOWN)}")
    bare = sum(runs.of(values) is None for values in points)
    notes = [f"{runs.name}: the runs in lines {', '.join(map(str, idle))} belong to no point"] * bool(idle)
    notes += [f"{bare} of {len(points)} points have no measured run"] * bool(bare)
    return replace(runs, notes=(*runs.notes, *notes))


def read_runs(path: str | Path, axes: Mapping[str, Sequence[Any]], book: Rulebook | None) -> Runs:
    """A CSV with a column for each word that varies, and one for each figure that was measured.

    Args:
        path: the file.
        axes: what varies.
        book: the rulebook, whose facts have the names that it knows.

    Raises:
        FormatError: no such file, a word that varies without a column, two runs of one point, a cell that is no
            number, with file and line.
    """
    source = open_source(Path(path))
    rows = read_rows(source, needed=axes)
    asked = {} if book is None else spelt(book)
    others = [column for column in rows.columns if column not in axes]
    columns = [column for column in others if column in asked or _is_measured(column, rows)]
    if not columns:
        raise source.error("no column beside the words that vary holds a number: add one, such as accuracy", 1)
    found: dict[Key, Measured] = {}
    for row in rows.rows:
        key = tuple(_word_of_text(row.cells[axis]) for axis in axes)
        if key in found:
            words = ", ".join(f"{axis}={row.cells[axis]}" for axis in axes)
            raise source.error(f"{excerpt(words)} is also in line {found[key].line}: give one run per point", row.line)
        found[key] = _measured(source, row, columns, book, asked)
    names = dict.fromkeys(name for run in found.values() for name in (*run.figures, *(asked[n] for n in run.facts)))
    idle = [excerpt(column) for column in others if column not in columns]
    notes = (f"{source.name}: column {', '.join(idle)} is no figure, and is left out",) if idle else ()
    return Runs(source.name, tuple(axes), found, tuple(names), (*rows.notes, *notes))


def _is_measured(column: str, rows: Rows) -> bool:
    """A column of numbers: one number shows that the others are meant to be some."""
    return any(number(row.cells[column].rstrip(" %")) is not None for row in rows.rows)


def _measured(
    source: Source, row: Row, columns: Sequence[str], book: Rulebook | None, asked: Mapping[str, str]
) -> Measured:
    figures: dict[str, int | float] = {}
    facts: dict[str, str] = {}
    for column in columns:
        text = row.cells[column]
        if not text:
            continue  # this run has not measured it
        if book is not None and column in asked:
            _percentage(source, row, column, book.metrics[asked[column]].unit)
            facts[column] = text
        elif column in _PERCENT:
            figures[_PERCENT[column]] = _percentage(source, row, column, "%")
        else:
            value = number(text)
            if value is None:
                raise source.error(f"{column}: {excerpt(text)} is not a number", row.line)
            figures[column] = int(value) if value == value.to_integral_value() else float(value)
    return Measured(row.line, figures, facts)


def _percentage(source: Source, row: Row, column: str, unit: str) -> float:
    try:
        fact = parse_fact(column, row.cells[column], unit, "measured")
    except CostModelError as error:
        raise source.error(error.message, row.line) from None
    return float(sum(fact.runs) / len(fact.runs)) if fact.runs else 0.0


def _word(value: Any) -> str:
    """A value as what a table's cell is compared with: 16, 16.0 and "16" are the same."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return _word_of_text(str(value))


def _word_of_text(text: str) -> str:
    value = number(text)
    return text.strip().lower() if value is None else str(value.normalize())
