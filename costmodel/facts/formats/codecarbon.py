"""CodeCarbon's ``emissions.csv``: kWh of CPU, GPU and RAM per run; columns are found by name.

A file of tasks (``start_task``, ``stop_task``) has a row for each task, of what it took; the rows of a run add up.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

from costmodel.facts.quantity import EXACT, measurement, number
from costmodel.facts.rows import Row, amount, header_of, read_rows
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Measurement, Reading

NAME = "codecarbon"
TITLE = "a CodeCarbon log"
PRECEDENCE = 30
OPTIONS: tuple[str, ...] = ()

_TASK = "task_name"
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
    """One reading per run: of rows with the same run_id the last, which goes on from the others; of tasks all of them.

    Raises:
        FormatError: a missing column, a number that is none.
    """
    table = read_rows(source, ("duration", "energy_consumed"), log=True)
    tasks = _TASK in table.columns
    runs: dict[str, list[Row]] = {}
    for row in table.rows:
        runs.setdefault(row.cells.get("run_id") or ("" if tasks else str(row.line)), []).append(row)
    runs = {run: rows if tasks else rows[-1:] for run, rows in runs.items()}
    names = [rows[-1].cells.get("project_name", "") for rows in runs.values()]
    readings = []
    for run, rows in runs.items():
        name = rows[-1].cells.get("project_name", "") if len(set(names)) == len(names) else run
        added = (f"a file of tasks: its {len(rows)} rows add up",) if tasks else ()
        readings.append(
            Reading(
                file=source.name,
                format=NAME,
                submission=(name or None) if len(runs) > 1 else None,
                measurements=tuple(m for metric in _COLUMNS for m in _energy(source, rows, metric, table.is_cut)),
                duration_seconds=sum((amount(source, row, "duration") for row in rows), Decimal(0)),
                notes=(*table.notes, *added, *_notes(rows[-1])),
            )
        )
    return tuple(readings)


def _energy(source: Source, rows: list[Row], metric: str, is_cut: bool) -> tuple[Measurement, ...]:
    column = _COLUMNS[metric]
    given = [row for row in rows if row.cells.get(column)]
    if not given:
        return ()
    with localcontext(EXACT):
        joules = sum((amount(source, row, column) for row in given), Decimal(0)) * _JOULES_PER_KWH
    because = f"{column} in kWh × 3.6e6"
    if metric == "energy_joules":
        because += "; CPU + GPU + RAM"
    if is_cut:
        because += "; the log is cut: a lower bound"
    return (measurement(metric, joules, because, at_least=is_cut),)


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
