"""``perf stat -e power/energy-pkg/,power/energy-ram/ …``: joules of RAPL's domains, as text or with ``-x,``.

tools/perf/util/stat-display.c prints a scaled counter with two digits behind the point of the locale (``2,306.32``,
``0,05``); ``-r`` prints the mean of the runs with its standard deviation in percent, ``-I`` a line for each interval,
``--per-socket`` one for each socket. ``energy-cores`` and ``energy-gpu`` (the graphics within the package) are parts of
``energy-pkg``; ``energy-psys`` is the whole platform, where the firmware has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, localcontext
from typing import NamedTuple

from costmodel.facts.metered import MACHINE, Metered, reading_of
from costmodel.facts.quantity import EXACT, number
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "perf-stat"
TITLE = "what perf stat printed"
PRECEDENCE = 21
OPTIONS: tuple[str, ...] = ()

_PARTS = {"pkg": "cpu", "ram": "dram", "psys": MACHINE}
_LINE = re.compile(
    r"\s*(?:(?P<at>\d+\.\d+)\s+)?(?:S\d+\S*\s+\d+\s+)?(?P<value>[\d.,]+|<not \w+>)\s+(?:Joules\s+)?"
    r"power/energy-(?P<domain>[a-z]+)/\s*(?:\(\s*\+-\s*(?P<percent>[\d.,]+)%\s*\))?.*"
)
_CSV = re.compile(r"(?:\s*\d+\.\d+[,;])?(?:S\d+[^,;]*[,;]\d+[,;])?(?P<value>[\d.]+|<not \w+>)([,;])(?:Joules)?\2"
                  r"power/energy-(?P<domain>[a-z]+)/\2.*")  # fmt: skip
_ELAPSED = re.compile(r"\s*(?P<value>[\d.,]+)\s+(?:\+-\s+[\d.,]+\s+)?seconds time elapsed.*")
_HAS_NO_END = re.compile(r"\s*\d+\.\d+\s+[\d.,]+ Joules|[^ ]*[,;]Joules[,;]")
"""Lines of -I and of -x, below which no time stands."""
_TWO_DIGITS = re.compile(r"(\d+|\d{1,3}(?:[.,]\d{3})+)[.,](\d{2})")


class _Count(NamedTuple):
    domain: str
    joules: Decimal
    percent: Decimal | None


def recognises(source: Source) -> bool:
    """Whether an energy event stands on a line of its own."""
    return any("power/energy-" in line and _match(line) for line in source.head)


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules by domain, summed over sockets and intervals; of several runs the mean.

    Raises:
        FormatError: nothing was counted, or a number that is none.
    """
    lines, cut = whole_lines(source)
    counts = [*_counts(source, lines)]
    joules: dict[str, Decimal] = {}
    spread: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for count in counts:
            part = _PARTS.get(count.domain)
            if part is not None:
                joules[part] = joules.get(part, Decimal(0)) + count.joules
                if count.percent is not None:
                    spread[part] = spread.get(part, Decimal(0)) + count.joules * count.percent / 100
    if not joules:
        raise source.error("counts no energy of the package (<not supported>?); run perf stat -a -e power/energy-pkg/")
    runs = re.search(r"\((\d+) runs\)", source.text)
    notes: tuple[str, ...] = ("RAPL counts the whole package or platform: everything that ran on the machine is in it",)
    if runs:
        notes += (f"the mean of {runs[1]} runs: the energy of one",)
    how = {part: f"RAPL, {'psys' if part == MACHINE else part}, as perf counted it" for part in joules}
    elapsed = _elapsed(lines)
    if cut or (elapsed is None and not any(_HAS_NO_END.match(line) for _, line in lines)):
        notes += ("the end is missing, where perf says how long it took: what is above it counts",)
        cut = True
    metered = Metered(joules=joules, how=how, short=cut, uncertainty=spread, seconds=elapsed, notes=notes)
    return (reading_of(source, NAME, metered),)


def _match(line: str) -> re.Match[str] | None:
    return _CSV.fullmatch(line) or _LINE.fullmatch(line)


def _counts(source: Source, lines: list[tuple[int, str]]) -> Iterator[_Count]:
    """What was counted; ``<not counted>`` and ``<not supported>`` are no counts."""
    for n, line in lines:
        found = _match(line)
        if found is None or found["value"].startswith("<"):
            continue
        value = number(found["value"]) if _CSV.fullmatch(line) else _two_digits(found["value"])
        if value is None:
            raise source.error(f"{excerpt(found['value'])} is not a number with two digits behind the point", n)
        percent = found.groupdict().get("percent")
        yield _Count(found["domain"], value, None if percent is None else _two_digits(percent))


def _two_digits(text: str) -> Decimal | None:
    """A number whose last two digits stand behind the point, whatever the locale's point is."""
    found = _TWO_DIGITS.fullmatch(text)
    return None if found is None else Decimal(f"{re.sub('[.,]', '', found[1])}.{found[2]}")


def _elapsed(lines: list[tuple[int, str]]) -> Decimal | None:
    for _, line in lines:
        found = _ELAPSED.fullmatch(line)
        if found:
            return number(found["value"].replace(",", "."))
    return None
