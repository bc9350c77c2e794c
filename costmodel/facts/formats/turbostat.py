"""turbostat's table: watts (``PkgWatt``, ``RAMWatt``) or joules (``Pkg_J``, ``RAM_J``) of the processor's packages.

tools/power/x86/turbostat: a row is the mean of the interval before it; the first row of each interval, with ``-`` for
the processor, is the sum of all packages. Joules stand there with ``--Joules``; the time of each row with
``--show Time_Of_Day_Seconds,…``; ``turbostat COMMAND`` prints one interval and, before it, how many seconds it took.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, localcontext
from itertools import pairwise

from costmodel.facts.metered import Metered, averaged, reading_of
from costmodel.facts.quantity import EXACT, number
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "turbostat"
TITLE = "a turbostat log"
PRECEDENCE = 22
OPTIONS: tuple[str, ...] = ()

_WATTS = {"cpu": "PkgWatt", "dram": "RAMWatt"}
_JOULES = {"cpu": "Pkg_J", "dram": "RAM_J"}
_TIME = "Time_Of_Day_Seconds"
_TOPOLOGY = ("Package", "Die", "Node", "Core", "CPU")
_SECONDS = re.compile(r"\s*(\d+\.\d+) sec\s*")


def recognises(source: Source) -> bool:
    """Whether one of the first lines is its header."""
    return any({"PkgWatt", "Pkg_J"} & set(line.split()) for line in source.head[:100])


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of all packages together.

    Raises:
        FormatError: the log does not say how long its intervals are; a number that is none.
    """
    lines, cut = whole_lines(source)
    rows = [*_rows(lines)]
    if not rows:
        raise source.error("a header and no row of the whole machine below it")
    notes: tuple[str, ...] = ("RAPL counts whole packages: everything that ran on the machine is in it",)
    if cut:
        notes += ("the last line has no end: it was left out",)
    if any("Pkg_J" in row for _, row in rows):
        joules = {part: _column(source, rows, name) for part, name in _JOULES.items() if name in rows[0][1]}
        how = {part: f"{_JOULES[part]}, summed over {len(rows)} intervals" for part in joules}
        with localcontext(EXACT):
            sums = {part: sum(values, Decimal(0)) for part, values in joules.items()}
        return (reading_of(source, NAME, Metered(joules=sums, how=how, short=cut, samples=len(rows), notes=notes)),)
    lengths, short = _lengths(source, rows, lines)
    watts = {part: _column(source, rows, name) for part, name in _WATTS.items() if name in rows[0][1]}
    found = {part: [*zip(lengths, values[-len(lengths) :], strict=True)] for part, values in watts.items()}
    if short:
        notes += ("how long the first interval was is not said: it was left out",)
    return (reading_of(source, NAME, averaged(source, found, short=short or cut, notes=notes)),)


def _rows(lines: list[tuple[int, str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of the whole machine by column; a header may be printed again."""
    header: list[str] = []
    for n, line in lines:
        cells = line.split()
        if {"PkgWatt", "Pkg_J"} & set(cells):
            header = cells
        elif header and len(cells) == len(header):
            row = dict(zip(header, cells, strict=True))
            topology = [row[name] for name in _TOPOLOGY if name in row]
            if not topology or set(topology) == {"-"}:
                yield n, row


def _column(source: Source, rows: list[tuple[int, dict[str, str]]], name: str) -> list[Decimal]:
    values = []
    for n, row in rows:
        value = number(row.get(name, ""))
        if value is None or value < 0:
            raise source.error(f"{name}: {excerpt(row.get(name, ''))} is not a number, at least 0", n)
        values.append(value)
    return values


def _lengths(
    source: Source, rows: list[tuple[int, dict[str, str]]], lines: list[tuple[int, str]]
) -> tuple[list[Decimal], bool]:
    """Seconds of the intervals that are known, the last ones, and whether the first is missing."""
    if _TIME in rows[0][1]:
        times = _column(source, rows, _TIME)
        if any(later <= earlier for earlier, later in pairwise(times)) or len(times) < 2:
            raise source.error(f"{_TIME} has to grow from row to row, in at least two rows")
        return [later - earlier for earlier, later in pairwise(times)], True
    found = [match for _, line in lines if (match := _SECONDS.fullmatch(line))]
    if len(rows) == 1 and len(found) == 1:
        return [Decimal(found[0][1])], False
    raise source.error(
        "has watts and no time: log it with turbostat --show Time_Of_Day_Seconds,PkgWatt,RAMWatt, or with --Joules"
    )
