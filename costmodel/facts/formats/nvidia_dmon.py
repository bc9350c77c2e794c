"""``nvidia-smi dmon -s p -o DT``: a line for each GPU and moment, ``pwr`` in watts; also ``--format csv``.

The columns stand in a line that begins with ``#``, their units in the next; it is printed again and again. ``-o T``
gives the time of day, ``-o D`` the date; without ``-o T`` nobody knows when a line was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from costmodel.facts.clock import of_day, unrolled
from costmodel.facts.metered import integrated, reading_of
from costmodel.facts.power import seconds
from costmodel.facts.quantity import number
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "nvidia-dmon"
TITLE = "an nvidia-smi dmon log"
PRECEDENCE = 24
OPTIONS: tuple[str, ...] = ()

_WATTS = "pwr"
_MISSING = ("-", "N/A", "[N/A]")
_DATE = re.compile(r"(\d{4})[/-]?(\d{2})[/-]?(\d{2})")


def recognises(source: Source) -> bool:
    """Whether its first line is a header with a column gpu (dmon's, or pmon's)."""
    first = source.head[0]
    header = _header(first)
    return (
        first.startswith("#") and "gpu" in header and bool({_WATTS, "sm", "pid", "fb", "mclk", "rxpci"} & set(header))
    )


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of all GPUs together, trapezoid rule per GPU.

    Raises:
        FormatError: no column pwr, or no time; a cell that is not what its column says.
    """
    times: dict[str, list[Decimal]] = {}
    watts: dict[str, list[Decimal]] = {}
    missing = lines = 0
    whole, cut = whole_lines(source)
    for n, row in _rows(source, whole):
        lines += 1
        if _WATTS not in row:
            raise source.error("no column pwr: log it with nvidia-smi dmon -s p -o DT", n)
        if row[_WATTS] in _MISSING:
            missing += 1
            continue
        value = number(row[_WATTS])
        if value is None or value < 0:
            raise source.error(f"pwr: {excerpt(row[_WATTS])} is not a number of W", n)
        times.setdefault(row["gpu"], []).append(_time(source, row, n))
        watts.setdefault(row["gpu"], []).append(value)
    if not times:
        raise source.error("no line with a power in it")
    samples = {gpu: [*zip(unrolled(at), watts[gpu], strict=True)] for gpu, at in times.items()}
    notes: tuple[str, ...] = ("dmon shows whole watts at whole seconds",)
    if missing:
        notes += (f"{missing} of {lines} lines have no power (-)",)
    if cut or len({len(found) for found in samples.values()}) > 1:
        notes += ("the end of the log is cut: not every GPU has a last sample",)
        cut = True
    return (reading_of(source, NAME, integrated(source, {"gpu": samples}, short=cut or bool(missing), notes=notes)),)


def _header(line: str) -> list[str]:
    return re.split(r"[\s,]+", line.strip().lstrip("#").strip().lower())


def _rows(source: Source, lines: list[tuple[int, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    header: list[str] = []
    for n, line in ((n, line) for n, line in lines if line.strip()):
        if line.lstrip().startswith("#"):
            names = _header(line)
            header = names if "gpu" in names else header  # the other line has units
            continue
        cells = re.split(r"[\s,]+", line.strip())
        if len(cells) != len(header):
            raise source.error(f"{len(cells)} cells below {len(header)} columns", n)
        yield n, dict(zip(header, cells, strict=True))


def _time(source: Source, row: dict[str, str], line: int) -> Decimal:
    """Seconds since 1970 with a date, else of the day."""
    if "time" not in row:
        raise source.error("says not when its lines were written: log it with nvidia-smi dmon -s p -o DT", line)
    time = of_day(row["time"])
    date = _DATE.fullmatch(row["date"]) if "date" in row else None
    if time is None or ("date" in row and date is None):
        shown = " ".join(filter(None, (row.get("date"), row["time"])))
        raise source.error(f"{excerpt(shown)} is not a time: YYYYMMDD HH:MM:SS is expected", line)
    if date is None:
        return time
    day = seconds(f"{date[1]}-{date[2]}-{date[3]}")
    if day is None:
        raise source.error(f"{excerpt(row['date'])} is not a date", line)
    return day + time
