"""CodeCarbon's ``emissions.csv``: kWh of CPU, GPU and RAM per run; columns are found by name."""

from __future__ import annotations

from decimal import localcontext

from costmodel.facts.quantity import EXACT, measurement, number
from costmodel.facts.rows import Row, amount, header_of, read_rows
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Measurement, Reading

NAME = "codecarbon"
TITLE = "a CodeCarbon log"
PRECEDENCE = 30
OPTIONS: tuple[str, ...] = ()

_JOULES_PER_KWH = 3_600_000
_COLUMNS = {
    "energy_joules": "energy_consumed",
    "cpu_energy_joules": "cpu_energy",
    "gpu_energy_joules": "gpu_energy",
    "dram_energy_joules": "ram_energy",
}
_ESTIMATES = (
    "RAM energy is a model (watts by installed memory), and CPU energy is estimated from the processor's TDP where "
    "RAPL cannot be read: the file does not say which"
)


def recognises(source: Source) -> bool:
    """Whether the columns of energy and emissions are there."""
    return {"energy_consumed", "emissions", "duration"} <= set(header_of(source))


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """One reading per run; of rows with the same run_id, which add up, the last.

    Raises:
        FormatError: a missing column, a number that is none.
    """
    table = read_rows(source, ("duration", "energy_consumed"), log=True)
    last = {row.cells.get("run_id") or str(row.line): row for row in table.rows}
    names = [row.cells.get("project_name", "") for row in last.values()]
    readings = []
    for run, row in last.items():
        name = row.cells.get("project_name", "") if len(set(names)) == len(names) else run
        readings.append(
            Reading(
                file=source.name,
                format=NAME,
                submission=(name or None) if len(last) > 1 else None,
                measurements=tuple(m for metric in _COLUMNS for m in _energy(source, row, metric)),
                duration_seconds=amount(source, row, "duration"),
                notes=(*table.notes, *_notes(row)),
            )
        )
    return tuple(readings)


def _energy(source: Source, row: Row, metric: str) -> tuple[Measurement, ...]:
    column = _COLUMNS[metric]
    if not row.cells.get(column):
        return ()
    with localcontext(EXACT):
        joules = amount(source, row, column) * _JOULES_PER_KWH
    because = f"{column} in kWh × 3.6e6"
    if metric == "energy_joules":
        because += "; CPU + GPU + RAM"
    return (measurement(metric, joules, because),)


def _notes(row: Row) -> list[str]:
    notes = [_ESTIMATES]
    mode = row.cells.get("tracking_mode")
    if mode == "process":
        notes.append("tracking_mode process: RAM and CPU are shares of this process; the GPU's whole draw counts")
    elif mode == "machine":
        notes.append("tracking_mode machine: everything that ran on the machine is in it")
    else:
        notes.append("no tracking_mode: whether the machine or the process was measured is unknown")
    pue = number(row.cells.get("pue", "") or "1")
    if pue is not None and pue != 1:
        notes.append(f"pue is {pue}: it is part of CodeCarbon's energies")
    return notes
