"""pyRAPL's ``CSVOutput``: ``label,timestamp,duration,pkg,dram,socket``, in µJ and µs, a row per socket."""

from __future__ import annotations

from decimal import Decimal, localcontext

from costmodel.facts.metered import Metered, reading_of
from costmodel.facts.quantity import EXACT
from costmodel.facts.rows import Row, amount, header_of, read_rows
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Reading

NAME = "pyrapl"
TITLE = "a pyRAPL log"
PRECEDENCE = 61
OPTIONS: tuple[str, ...] = ()

_PARTS = {"cpu": "pkg", "dram": "dram"}


def recognises(source: Source) -> bool:
    """Whether all its columns are there."""
    return {"label", "timestamp", "duration", "pkg", "dram", "socket"} <= set(header_of(source))


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """One reading per label; its rows are sockets, and measurements that follow one another: they add up.

    Raises:
        FormatError: a missing column, a number that is none.
    """
    table = read_rows(source, ("label", "timestamp", "duration", "pkg", "socket"), log=True)
    labels: dict[str, list[Row]] = {}
    for row in table.rows:
        labels.setdefault(row.cells["label"], []).append(row)
    readings = []
    for label, rows in labels.items():
        joules: dict[str, Decimal] = {}
        lengths: dict[str, Decimal] = {}
        with localcontext(EXACT):
            for row in rows:
                socket = row.cells["socket"]
                lengths[socket] = lengths.get(socket, Decimal(0)) + amount(source, row, "duration") / 10**6
                for part, column in _PARTS.items():
                    if row.cells[column] not in ("", "None", "nan"):
                        joules[part] = joules.get(part, Decimal(0)) + amount(source, row, column) / 10**6
        metered = Metered(
            joules=joules,
            how={part: f"{_PARTS[part]} in µJ, summed over {len(rows)} rows" for part in joules},
            short=table.is_cut,
            samples=len(rows),
            seconds=max(lengths.values()),
            notes=table.notes,
        )
        readings.append(reading_of(source, NAME, metered, (label or None) if len(labels) > 1 else None))
    return tuple(readings)
