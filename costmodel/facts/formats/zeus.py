"""Zeus's ``ZeusMonitor(log_file=…)``: one row per measured window, joules of each GPU."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from costmodel.errors import UnknownNameError
from costmodel.facts.quantity import EXACT, measurement
from costmodel.facts.rows import Row, Rows, amount, header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Measurement, Reading

NAME = "zeus"
TITLE = "a Zeus log"
PRECEDENCE = 40
OPTIONS = ("window",)

_ENERGY = re.compile(r"(gpu|cpu|dram)\d+_energy")


def recognises(source: Source) -> bool:
    """Whether there are windows and energies of GPUs."""
    columns = header_of(source)
    return {"window_name", "elapsed_time"} <= set(columns) and any(map(_ENERGY.fullmatch, columns))


def read(source: Source, options: Options) -> tuple[Reading, ...]:
    """One reading per window name; rows of one name follow one another, so they are added.

    Windows of different names may lie inside one another and are never added: of several, ``options.window`` chooses.

    Raises:
        FormatError: a missing column, a number that is none.
        UnknownNameError: no such window.
    """
    table = read_rows(source, ("window_name", "elapsed_time"), log=True)
    columns = [column for column in table.columns if _ENERGY.fullmatch(column)]
    if not columns:
        raise source.error("no column gpu0_energy", 1)
    windows: dict[str, list[Row]] = {}
    for row in table.rows:
        windows.setdefault(row.cells["window_name"], []).append(row)
    if options.window is not None and options.window not in windows:
        raise UnknownNameError(f"window in {source.path}", options.window, windows)
    if options.window is not None:
        windows = {options.window: windows[options.window]}
    return tuple(_reading(source, name, rows, columns, len(windows) == 1, table) for name, rows in windows.items())


def _reading(source: Source, name: str, rows: list[Row], columns: list[str], alone: bool, table: Rows) -> Reading:
    devices: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for column in columns:
            device = column.split("_")[0].rstrip("0123456789")
            devices[device] = devices.get(device, Decimal(0)) + _sum(source, rows, column)
        elapsed = _sum(source, rows, "elapsed_time")
    window = f"window {excerpt(name)}, {len(rows)} times{'; the log is cut: a lower bound' if table.is_cut else ''}"
    parts = tuple(
        measurement(f"{device}_energy_joules", joules, window, at_least=table.is_cut)
        for device, joules in devices.items()
    )
    extra = () if alone else ("windows may lie inside one another: choose one with --window to get energy_joules",)
    return Reading(
        file=source.name,
        format=NAME,
        measurements=(*(_total(devices, window, table.is_cut) if alone else ()), *parts),
        samples=len(rows),
        duration_seconds=elapsed,
        notes=(*table.notes, *extra),
    )


def _total(devices: dict[str, Decimal], window: str, is_cut: bool) -> tuple[Measurement, ...]:
    counted = {device: joules for device, joules in devices.items() if device != "dram"}
    because = f"{window}, {' + '.join(device.upper() for device in counted)}"
    partial = set(counted) != {"cpu", "gpu"}
    if partial:
        because += " alone: a lower bound"
    return (measurement("energy_joules", sum(counted.values(), Decimal(0)), because, at_least=partial or is_cut),)


def _sum(source: Source, rows: list[Row], column: str) -> Decimal:
    return sum((amount(source, row, column) for row in rows), Decimal(0))
