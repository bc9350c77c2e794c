"""Intel Power Gadget's CSV (PowerLog): joules of the processor and its memory since the log began.

``Cumulative Processor Energy_0(Joules)`` counts up; ``_0`` is the socket. Below the samples stand lines such as
``Cumulative Processor Energy_0 (Joules) = 142.337524``. IA (cores) and GT (graphics) are parts of the processor.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from costmodel.facts.metered import Metered, reading_of
from costmodel.facts.quantity import EXACT, number
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Reading

NAME = "intel-power-gadget"
TITLE = "an Intel Power Gadget log"
PRECEDENCE = 23
OPTIONS: tuple[str, ...] = ()

_COLUMN = re.compile(r"Cumulative (Processor|DRAM) Energy_(\d+) ?\(Joules\)")
_TOTAL = re.compile(r'"?\s*Cumulative (Processor|DRAM) Energy_(\d+) ?\(Joules\) = ([\d.]+)\s*"?')
_TIME = re.compile(r'"?\s*Total Elapsed Time \(sec\) = ([\d.]+)\s*"?')
_PARTS = {"Processor": "cpu", "DRAM": "dram"}


def recognises(source: Source) -> bool:
    """Whether the header has its cumulative columns."""
    first = source.head[0]
    return "Elapsed Time (sec)" in first and _COLUMN.search(first) is not None


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """The totals below the samples; without them the last whole sample, which is then a lower bound.

    Raises:
        FormatError: neither totals nor a sample.
    """
    numbered, _ = whole_lines(source)
    lines = [line for _, line in numbered if line.strip()]
    totals = {(m[1], m[2]): m[3] for line in lines if (m := _TOTAL.fullmatch(line))}
    cut = len(totals) < sum(_COLUMN.fullmatch(name) is not None for name in _cells(lines[0]))
    samples = _samples(lines)
    if cut and samples:
        totals = {(m[1], m[2]): samples[-1][name] for name in samples[-1] if (m := _COLUMN.fullmatch(name))}
    joules: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for (kind, _), text in totals.items():
            value = number(text)
            if value is None or value < 0:
                raise source.error(f"Cumulative {kind} Energy: {text!r} is not a number, at least 0")
            joules[_PARTS[kind]] = joules.get(_PARTS[kind], Decimal(0)) + value
    notes = ("the totals below the samples are missing: the last whole sample counts",) if cut else ()
    metered = Metered(
        joules=joules,
        how=dict.fromkeys(joules, "cumulative joules, summed over sockets"),
        short=cut,
        samples=len(samples),
        seconds=next((number(m[1]) for line in lines if (m := _TIME.fullmatch(line))), None),
        notes=notes,
    )
    return (reading_of(source, NAME, metered),)


def _samples(lines: list[str]) -> list[dict[str, str]]:
    """The rows that are as long as the header; some versions end the header, and some every row, with a comma."""
    header = _cells(lines[0])
    rows = [_cells(line) for line in lines[1:]]
    return [dict(zip(header, cells, strict=True)) for cells in rows if len(cells) == len(header) > 1]


def _cells(line: str) -> list[str]:
    return [cell.strip(' "') for cell in line.strip().rstrip(",").split(",")]
