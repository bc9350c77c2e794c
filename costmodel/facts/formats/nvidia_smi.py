"""``nvidia-smi --query-gpu=timestamp,index,power.draw,… --format=csv[,nounits] -l``: watts of each GPU."""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from costmodel.facts.power import ONE_MOMENT, Integral, integrate, rounded, seconds
from costmodel.facts.quantity import EXACT, measurement, number
from costmodel.facts.rows import Row, header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Measurement, Reading

NAME = "nvidia-smi"
TITLE = "an nvidia-smi log"
PRECEDENCE = 50
OPTIONS: tuple[str, ...] = ()

_POWER = re.compile(r"power\.draw(\.average|\.instant)?( ?\[\w+\])?")
_MEMORY = re.compile(r"memory\.used( ?\[\w+\])?")
_CELL = re.compile(r"(?P<digits>[^A-Za-z\s]+) ?(?P<unit>[A-Za-z]*)")
_UNIT = re.compile(r"\[(\w+)\]$")
_SCALES = {
    "W": {"W": Decimal(1), "mW": Decimal("0.001"), "kW": Decimal(1000)},
    "MiB": {"MiB": Decimal(1), "KiB": Decimal(1) / 1024, "GiB": Decimal(1024)},
}
"""Units that people's own scripts write beside nvidia-smi's, by what we count in."""
_NAMES = ("index", "uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "serial", "gpu_serial")
_MISSING = re.compile(r"\[[^\]]*\]|n/a|err!|not supported|unknown error|insufficient permissions", re.IGNORECASE)
"""What stands in the place of a number: whatever it says in brackets, [GPU requires reset] for example."""
_BARE = re.compile(r"\d+(\.\d+)? W")
_SAMPLED = (
    "nvidia-smi shows a running average, and on some GPUs (A100, H100) only a quarter of the time is sampled "
    "(arXiv 2312.02741)"
)


def recognises(source: Source) -> bool:
    """Whether there is a column of power draw beside a time stamp."""
    columns = header_of(source)
    return ("timestamp" in columns and any(map(_POWER.fullmatch, columns))) or _has_no_header(columns)


def _has_no_header(columns: tuple[str, ...]) -> bool:
    """Whether the first line is a sample: a time stamp, and watts with their unit or nothing but numbers."""
    rest = columns[1:]
    return seconds(columns[0]) is not None and (
        any(map(_BARE.fullmatch, rest)) or (len(rest) > 1 and all(number(cell) is not None for cell in rest))
    )


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of all GPUs together, trapezoid rule per GPU; the largest memory in use, if it was logged.

    Raises:
        FormatError: no unit in header and cells, another unit, a time stamp or a number that is none.
    """
    if _has_no_header(header_of(source)):
        raise source.error("there is no header: which column is which is not known; write the log with --format=csv", 1)
    table = read_rows(source, ("timestamp",), log=True)
    power = next((c for c in table.columns if _POWER.fullmatch(c)), None)
    if power is None:
        raise source.error("no column power.draw [W]", 1)
    name = next((c for c in _NAMES if c in table.columns), None)
    memory = next((c for c in table.columns if _MEMORY.fullmatch(c)), None)
    notes = [*table.notes, _SAMPLED]
    gpus: dict[str, list[tuple[Decimal, Decimal]]] = {}
    at_once: dict[Decimal, int] = {}
    missing = 0
    largest: Decimal | None = None
    for row in table.rows:
        time = seconds(row.cells["timestamp"])
        if time is None:
            raise source.error(f"{excerpt(row.cells['timestamp'])} is not a time stamp", row.line)
        watts = _cell(source, row, power, "W")
        at_once[time] = at_once.get(time, 0) + 1
        order = f"GPU {at_once[time]}" if at_once[time] > 1 else ""
        samples = gpus.setdefault(row.cells[name] if name else order, [])
        if watts is None:
            missing += 1
        else:
            samples.append((time, watts))
        used = _cell(source, row, memory, "MiB") if memory else None
        largest = used if largest is None or (used is not None and used > largest) else largest
    if name is None:
        notes.append(_without_index(set(at_once.values())))
    if missing:
        notes.append(f"{missing} of {len(table.rows)} samples have no power (N/A)")
    return (_reading(source, gpus, table.is_cut or bool(missing), largest, notes),)


def _without_index(at_once: set[int]) -> str:
    """The note on a log that does not name its GPUs, by how many rows there are at one time."""
    if at_once == {1}:
        return "no column index or uuid: every row is taken for the same GPU"
    unlike = "" if len(at_once) == 1 else "; there are not always as many"
    return f"no column index or uuid: the {max(at_once)} rows of one time are taken for as many GPUs, in order{unlike}"


def _cell(source: Source, row: Row, column: str, unit: str) -> Decimal | None:
    """A number in ``unit``, or one of its kind, named in the header or in the cell; None for N/A."""
    text = row.cells[column]
    if _MISSING.fullmatch(text):
        return None
    match, header = _CELL.fullmatch(text), _UNIT.search(column)
    value = number(match["digits"]) if match else None
    units = {name for name in (match["unit"] if match else "", header[1] if header else "") if name}
    scale = _SCALES[unit].get(next(iter(units), ""))
    if value is None or value < 0 or len(units) > 1 or (units and scale is None):
        raise source.error(f"{column}: {excerpt(text)} is not a number of {unit}", row.line)
    if scale is None:
        raise source.error(f"{column}: neither the header nor {excerpt(text)} has the unit [{unit}]", row.line)
    return value * scale


def _reading(
    source: Source,
    gpus: dict[str, list[tuple[Decimal, Decimal]]],
    short: bool,
    largest: Decimal | None,
    notes: list[str],
) -> Reading:
    parts = {name: integrate([samples]) for name, samples in gpus.items() if samples}
    if not parts:
        raise source.error("no sample with a power in it")
    if not any(part.seconds for part in parts.values()):
        raise source.error(ONE_MOMENT)
    with localcontext(EXACT):
        total = rounded(sum((part.joules for part in parts.values()), Decimal(0)))
    gaps = tuple(gap for part in parts.values() for gap in part.gaps)
    return Reading(
        file=source.name,
        format=NAME,
        measurements=(*_energy(parts, total, short or bool(gaps)), *_memory(largest)),
        samples=sum(part.samples for part in parts.values()),
        duration_seconds=max(part.seconds for part in parts.values()),
        gaps=gaps,
        notes=tuple(notes),
    )


def _energy(parts: dict[str, Integral], total: Decimal, short: bool) -> tuple[Measurement, ...]:
    each = ", ".join(f"{name or 'GPU'}: {rounded(part.joules):f} J" for name, part in list(parts.items())[:8])
    because = f"trapezoid rule per GPU ({each})"
    return (
        measurement("energy_joules", total, "the GPU alone, CPU was not measured: a lower bound", at_least=True),
        measurement("gpu_energy_joules", total, because, at_least=short),
    )


def _memory(largest: Decimal | None) -> tuple[Measurement, ...]:
    if largest is None:
        return ()
    because = "the largest memory.used of one GPU: allocator, context and other processes; between samples unknown"
    return (measurement("gpu_memory_bytes", largest * 2**20, because, at_least=True),)
