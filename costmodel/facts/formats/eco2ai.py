"""eco2AI's ``emission.csv``: kWh of CPU, GPU and RAM, a row per run; the column is called kWh, or by mistake kWTh."""

from __future__ import annotations

from decimal import Decimal, localcontext

from costmodel.facts.metered import MACHINE, Metered, reading_of
from costmodel.facts.quantity import EXACT
from costmodel.facts.rows import amount, header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "eco2ai"
TITLE = "an eco2AI log"
PRECEDENCE = 31
OPTIONS: tuple[str, ...] = ()

_COLUMNS = ("power_consumption(kWh)", "power_consumption(kWTh)")
_DURATION = "duration(s)"
_JOULES_PER_KWH = 3_600_000


def recognises(source: Source) -> bool:
    """Whether its two columns are there."""
    columns = header_of(source)
    return _DURATION in columns and any(name in columns for name in _COLUMNS)


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """One reading per run.

    Raises:
        FormatError: several rows of one run (epochs), of which nobody says whether they add up; a number that is none.
    """
    table = read_rows(source, (_DURATION,), log=True)
    column = next(name for name in _COLUMNS if name in table.columns)
    names = [row.cells.get("project_name", "") for row in table.rows]
    seen: set[str] = set()
    readings = []
    for row in table.rows:
        run = row.cells.get("id", "")
        if run and run in seen:
            raise source.error(
                f"run {excerpt(run)} has several rows, and it is not said whether they add up: "
                "leave only its last row if it counts on, or give the sum as a fact",
                row.line,
            )
        seen.add(run)
        name = row.cells.get("project_name", "")
        with localcontext(EXACT):
            joules = amount(source, row, column) * _JOULES_PER_KWH
        metered = Metered(
            joules={MACHINE: joules},
            how={MACHINE: f"{column} × 3.6e6; CPU + GPU + RAM"},
            seconds=_seconds(source, row.cells[_DURATION], row.line),
            notes=(*table.notes, "eco2AI estimates the CPU by its TDP and the RAM by its size"),
        )
        whose = name if names.count(name) == 1 else run
        readings.append(reading_of(source, NAME, metered, (whose or None) if len(table.rows) > 1 else None))
    return tuple(readings)


def _seconds(source: Source, text: str, line: int) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError:
        raise source.error(f"{_DURATION}: {excerpt(text)} is not a number of seconds", line) from None
    if not value.is_finite() or value < 0:
        raise source.error(f"{_DURATION}: {excerpt(text)} is not a number of seconds", line)
    return value
