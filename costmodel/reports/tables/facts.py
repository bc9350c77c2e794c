"""Facts as text, CSV and JSON."""

from __future__ import annotations

import csv
import io
import textwrap
from decimal import Decimal

from tabulate import tabulate

from costmodel.errors import UnknownNameError
from costmodel.ir.codec import dumps
from costmodel.ir.facts import SCHEMA, Facts, Measurement, Reading

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MOST_DECIMALS = 7
_WIDEST = 50


def facts_formats() -> tuple[str, ...]:
    """Names of the formats that facts can be shown in."""
    return ("csv", "json", "text")


def render_facts(facts: Facts, format: str = "text") -> str:
    """Facts in a format, with a final newline; json holds everything and can be read again as facts.

    Raises:
        UnknownNameError: no such format.
    """
    if format not in facts_formats():
        raise UnknownNameError("format of facts", format, facts_formats())
    if format == "json":
        return dumps(facts, SCHEMA, indent=2)
    return _csv(facts) if format == "csv" else _text(facts)


def _text(facts: Facts) -> str:
    rows = [row for reading in facts.readings for row in _rows(reading)]
    headers = ("file", "submission", "fact", "value", "±", "unit", "who", "how")
    align = ("left", "left", "left", "right", "right", "left", "left", "left")
    table = tabulate(rows, headers=headers, disable_numparse=True, colalign=align if rows else None)
    return (
        "\n".join([table, "", *dict.fromkeys(line for reading in facts.readings for line in _remarks(reading))]) + "\n"
    )


def _rows(reading: Reading) -> list[tuple[str, ...]]:
    whose = (reading.file, _printable(reading.submission or ""))
    words = [(*whose, name, _printable(word), "", "", "", "") for name, word in reading.words.items()]
    numbers = [
        (*whose, m.metric, _value(m), _number(m.uncertainty), m.unit, m.kind.value, textwrap.fill(m.because, _WIDEST))
        for m in reading.measurements
    ]
    return [*words, *numbers]


def _value(given: Measurement) -> str:
    return f"{'≥ ' if given.at_least else ''}{_number(given.value)}"


def _number(value: Decimal | None) -> str:
    """A number for people: thousands apart, at most seven decimals."""
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
    head = f"{reading.file}: read as {reading.format}{log}"
    gaps = [f"  gap of {_number(gap.length_seconds)} s at {_number(gap.start_seconds)} s" for gap in reading.gaps[:10]]
    return [head, *gaps, *(f"  {reading.file}: {_printable(note)}" for note in reading.notes)]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def _csv(facts: Facts) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ("file", "format", "submission", "fact", "value", "uncertainty", "unit", "kind", "at_least", "because")
    )
    for reading in facts.readings:
        whose = (reading.file, reading.format, _safe(reading.submission or ""))
        for name, word in reading.words.items():
            writer.writerow((*whose, name, _safe(word), "", "", "", "", ""))
        for m in reading.measurements:
            half = "" if m.uncertainty is None else f"{m.uncertainty:f}"
            bound = "yes" if m.at_least else "no"
            writer.writerow((*whose, m.metric, f"{m.value:f}", half, m.unit, m.kind.value, bound, _safe(m.because)))
    return out.getvalue()


def _safe(text: str) -> str:
    """Text that a spreadsheet would run as a formula is quoted."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
