"""Weights & Biases' system metrics as CSV: watts of each GPU, ``system.gpu.0.powerWatts``.

Of ``run.history(stream="events")`` a column is called by the metric, and the time ``_timestamp`` (or ``_runtime``); of
the chart's export it is ``RUN - system/gpu.0.powerWatts`` beside ``…__MIN`` and ``…__MAX``, and the time is called
``Relative Time (Process)``.
A value is the mean of samples; the power of a GPU in percent is no power.
"""

from __future__ import annotations

import re
from decimal import Decimal

from costmodel.facts.metered import integrated, reading_of
from costmodel.facts.quantity import number
from costmodel.facts.rows import header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "wandb-system"
TITLE = "Weights & Biases' system metrics"
PRECEDENCE = 51
OPTIONS: tuple[str, ...] = ()

_TIMES = ("_timestamp", "Wall Time", "_runtime", "Relative Time (Process)", "Relative Time (Wall)")
_POWER = re.compile(r"(?:(?P<run>.+) - )?system[./]gpu\.(?P<gpu>\d+)\.powerWatts")
_ANY = re.compile(r"(?:.+ - )?system[./](?:gpu|cpu|memory|proc)\b.*")
_EMPTY = ("", "nan", "NaN", "null", "None")


def recognises(source: Source) -> bool:
    """Whether a time stands beside system metrics."""
    columns = header_of(source)
    return any(name in columns for name in _TIMES) and any(map(_ANY.fullmatch, columns))


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of all GPUs of each run, trapezoid rule per GPU.

    Raises:
        FormatError: no column of a GPU's watts; a number that is none.
    """
    table = read_rows(source, log=True)
    powers = {column: match for column in table.columns if (match := _POWER.fullmatch(column))}
    if not powers:
        raise source.error("no column system.gpu.0.powerWatts: export the chart GPU Power Usage (W)", 1)
    time = next(name for name in _TIMES if name in table.columns)
    runs: dict[str, dict[str, list[tuple[Decimal, Decimal]]]] = {}
    for row in table.rows:
        at = number(row.cells[time])
        if at is None:
            raise source.error(f"{time}: {excerpt(row.cells[time])} is not a number of seconds", row.line)
        for column, match in powers.items():
            text = row.cells[column]
            watts = number(text)
            if text in _EMPTY:
                continue
            if watts is None or watts < 0:
                raise source.error(f"{column}: {excerpt(text)} is not a number of W", row.line)
            runs.setdefault(match["run"] or "", {}).setdefault(match["gpu"], []).append((at, watts))
    if not runs:
        raise source.error("no sample with a power in it")
    notes = (*table.notes, "W&B keeps a mean of its samples every few seconds")
    return tuple(
        reading_of(
            source,
            NAME,
            integrated(source, {"gpu": gpus}, short=table.is_cut, notes=notes),
            (run or None) if len(runs) > 1 else None,
        )
        for run, gpus in runs.items()
    )
