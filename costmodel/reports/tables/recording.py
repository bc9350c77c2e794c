"""A recording as a table: static and real, side by side."""

from __future__ import annotations

from costmodel.files.quoting import escaped
from costmodel.ir.recording import RecordedRow, Recording
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Recording


def tables(recording: Recording, view: View) -> list[Table]:  # noqa: ARG001  # a recording has one view
    """One row per quantity; what has no formula below."""
    rows: list[list[Cell]] = [
        [escaped(r.quantity), _number(r.static), f"{'≥ ' if r.at_least else ''}{_number(r.real)}", escaped(r.unit),
         {True: "yes", False: "NO", None: ""}[r.agrees], escaped(r.because)]
        for r in recording.rows
    ]  # fmt: skip
    remarks = tuple(f"AT LEAST: {escaped(op)} has no formula" for op in recording.uncounted)
    title = f"{recording.calls:,} calls in {recording.steps} steps"
    headers = ("quantity", "static", "real", "unit", "agrees", "because")
    return [Table(title, headers, rows, remarks=remarks, right=("static", "real"), wrapped=True)]


def records(recording: Recording, view: View) -> Table:  # noqa: ARG001  # likewise
    """The same with all digits."""
    rows: list[list[Cell]] = [[*_plain(row)] for row in recording.rows]
    return Table("", ("quantity", "unit", "static", "real", "at_least", "because"), rows)


def _plain(row: RecordedRow) -> tuple[Cell, ...]:
    return row.quantity, row.unit, row.static, row.real, "yes" if row.at_least else "no", row.because


def _number(value: int | float | None) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
