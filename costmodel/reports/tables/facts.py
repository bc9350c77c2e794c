"""Facts as a table: one row per value, and below it how each file was read."""

from __future__ import annotations

import textwrap
from decimal import Decimal

from costmodel.files.quoting import escaped
from costmodel.ir.facts import Facts, Measurement, Reading
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Facts

_MOST_DECIMALS = 7
_WIDEST = 50
_MOST_GAPS = 10


def tables(facts: Facts, view: View) -> list[Table]:  # noqa: ARG001  # facts have one view
    """One table for all files, with numbers for people: thousands apart, at most seven decimals."""
    headers = ("file", "submission", "fact", "value", "±", "unit", "who", "how")
    rows = [row for reading in facts.readings for row in _rows(reading)]
    remarks = dict.fromkeys(line for reading in facts.readings for line in _remarks(reading))
    return [Table("", headers, rows, remarks=tuple(remarks), right=("value", "±"), wrapped=True)]


def records(facts: Facts, view: View) -> Table:  # noqa: ARG001  # facts have one view
    """One row per value with all its digits; a fact that is a word has no number."""
    headers = (
        "file", "format", "submission", "fact", "value", "uncertainty", "unit", "kind", "at_least", "word", "because",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for reading in facts.readings:
        whose = (reading.file, reading.format, reading.submission or "")
        rows += [(*whose, name, None, None, "", "", "", word, "") for name, word in reading.words.items()]
        for m in reading.measurements:
            bound = "yes" if m.at_least else "no"
            rows.append((*whose, m.metric, m.value, m.uncertainty, m.unit, m.kind.value, bound, "", m.because))
    return Table("", headers, rows)


def _rows(reading: Reading) -> list[tuple[str, ...]]:
    whose = (escaped(reading.file), escaped(reading.submission or ""))
    words = [(*whose, escaped(name), escaped(word), "", "", "", "") for name, word in reading.words.items()]
    return [*words, *((*whose, *_measured(m)) for m in reading.measurements)]


def _measured(given: Measurement) -> tuple[str, ...]:
    value = f"{'≥ ' if given.at_least else ''}{_number(given.value)}"
    how = textwrap.fill(escaped(given.because), _WIDEST)
    return escaped(given.metric), value, _number(given.uncertainty), escaped(given.unit), given.kind.value, how


def _number(value: Decimal | None) -> str:
    if value is None:
        return ""
    digits = f"{value:,f}"
    if len(digits.partition(".")[2]) > _MOST_DECIMALS:
        digits = f"{value:,.{_MOST_DECIMALS}f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _remarks(reading: Reading) -> list[str]:
    log = ""
    if reading.samples is not None:
        log += f", {reading.samples:,} samples"
    if reading.duration_seconds is not None:
        log += f", {_number(reading.duration_seconds)} s"
    if reading.samples is not None:
        log += f", {len(reading.gaps)} gaps"
    file = escaped(reading.file)
    gaps = [
        f"  gap of {_number(gap.length_seconds)} s at {_number(gap.start_seconds)} s"
        for gap in reading.gaps[:_MOST_GAPS]
    ]
    notes = [f"  {file}: {escaped(note)}" for note in reading.notes]
    return [f"{file}: read as {escaped(reading.format)}{log}", *gaps, *notes]
