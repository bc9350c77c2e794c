"""powerstat's table: the time of day, what the processor did, and the mean watts since the row before.

ColinIanKing/powerstat: with ``-R`` the watts are RAPL's (``CPU: 5.06 Watts on average`` at the end), otherwise the
battery's, of the whole machine (``System: …``). Rows of Average, StdDev and so on stand below the samples.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise

from costmodel.facts.clock import of_day, unrolled
from costmodel.facts.metered import MACHINE, averaged, reading_of
from costmodel.facts.quantity import number
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "powerstat"
TITLE = "a powerstat log"
PRECEDENCE = 26
OPTIONS: tuple[str, ...] = ()

_HEADER = re.compile(r"\s*Time\s+User\s+Nice\s+Sys\s+Idle\s+IO\s.*\bWatts\b.*")
_SUMMARY = re.compile(r"\s*(CPU|System):\s+[\d.]+ Watts on average.*")
_WHAT = {"CPU": "cpu", "System": MACHINE}


def recognises(source: Source) -> bool:
    """Whether one of the first lines is its header."""
    return any(_HEADER.fullmatch(line) for line in source.head[:20])


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of the processor, or of the whole machine, whichever the end of the log names.

    Raises:
        FormatError: the end does not name it; a row that is none.
    """
    column, times, watts = 0, [], []
    what = ""
    for n, line in whole_lines(source)[0]:  # its end names what was measured: without it nothing is read
        cells = line.split()
        if _HEADER.fullmatch(line):
            column = cells.index("Watts")
        elif summary := _SUMMARY.fullmatch(line):
            what = _WHAT[summary[1]]
        elif cells and (time := of_day(cells[0])) is not None and column:
            value = number(cells[column].rstrip("E")) if len(cells) > column else None
            if value is None or value < 0:
                raise source.error(f"{excerpt(line.strip())}: no watts in the column Watts", n)
            times.append(time)
            watts.append(value)
    if not what:
        raise source.error("does not end in CPU: … or System: … Watts on average: what was measured is not known")
    at = unrolled(times)
    intervals: list[tuple[Decimal, Decimal]] = [
        (later - earlier, mean) for (earlier, later), mean in zip(pairwise(at), watts[1:], strict=True)
    ]
    notes = ("a row is the mean since the row before; the first row's interval is not said: it was left out",)
    return (reading_of(source, NAME, averaged(source, {what: intervals}, short=True, notes=notes)),)
