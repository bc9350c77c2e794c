"""macOS's powermetrics as text: mean milliwatts of CPU and GPU over an interval that it names.

``*** Sampled system activity (Fri Sep 11 13:41:46 2026 -0700) (1002.90ms elapsed) ***``, then ``CPU Power: 823 mW``,
``GPU Power: 26 mW``, ``ANE Power: 323 mW``. The neural engine (ANE) counts with the GPU, as an accelerator.
"""

from __future__ import annotations

import re
from decimal import Decimal

from costmodel.facts.metered import averaged, reading_of
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Reading

NAME = "powermetrics"
TITLE = "a powermetrics log"
PRECEDENCE = 29
OPTIONS: tuple[str, ...] = ()

_SAMPLE = re.compile(r"\*\*\* Sampled system activity \(.*\) \((\d+(?:\.\d+)?)ms elapsed\) \*\*\*\s*")
_POWER = re.compile(r"(CPU|GPU|ANE|DRAM) Power: (\d+(?:\.\d+)?) ?(m?W)\s*")
_PARTS = {"CPU": "cpu", "GPU": "gpu", "ANE": "gpu", "DRAM": "dram"}


def recognises(source: Source) -> bool:
    """Whether a sample begins in it."""
    return any(_SAMPLE.fullmatch(line) for line in source.head[:200])


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of CPU and GPU, interval by interval.

    Raises:
        FormatError: no power in it.
    """
    intervals: list[tuple[Decimal, dict[str, Decimal]]] = []
    lines, cut = whole_lines(source)
    for _, line in lines:
        if sample := _SAMPLE.fullmatch(line):
            intervals.append((Decimal(sample[1]) / 1000, {}))
        elif (power := _POWER.fullmatch(line)) and intervals:
            intervals[-1][1][power[1]] = Decimal(power[2]) / (1000 if power[3] == "mW" else 1)
    found = {
        part: [(length, _sum(powers, part)) for length, powers in intervals if _names(part) & set(powers)]
        for part in dict.fromkeys(_PARTS.values())
    }
    known = {part: lengths for part, lengths in found.items() if lengths}
    if not known:
        raise source.error("no CPU Power and no GPU Power in it: run powermetrics --samplers cpu_power,gpu_power")
    short = cut or any(powers.keys() != intervals[0][1].keys() for _, powers in intervals)
    notes = ("Apple's own estimate of the chip; the machine's other parts are not in it",)
    return (reading_of(source, NAME, averaged(source, known, short=short, notes=notes)),)


def _names(part: str) -> set[str]:
    return {name for name, of in _PARTS.items() if of == part}


def _sum(powers: dict[str, Decimal], part: str) -> Decimal:
    return sum((watts for name, watts in powers.items() if _PARTS[name] == part), Decimal(0))
