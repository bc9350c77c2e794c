"""carbontracker's log: mean watts and duration of each epoch; or its output, which says what it made of them.

carbontracker/tracker.py: ``Duration: 0:02:21.90`` and ``Average power usage (W) for gpu: [136.86]`` (a number for each
device) were measured. ``Actual consumption for N epoch(s)`` is multiplied by the data centre's PUE; ``Predicted
consumption`` is no measurement.
"""

from __future__ import annotations

import re
from decimal import Decimal

from costmodel.facts.metered import MACHINE, Metered, averaged, reading_of
from costmodel.facts.quantity import number
from costmodel.facts.rows import whole_lines
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Reading

NAME = "carbontracker"
TITLE = "a carbontracker log"
PRECEDENCE = 27
OPTIONS: tuple[str, ...] = ()

_DURATION = re.compile(r".*\bDuration:\s*(?:(\d+) days?, )?(\d+):(\d{2}):(\d{2}(?:\.\d+)?)\s*")
_POWER = re.compile(r".*\bAverage power usage \(W\) for (\w+): \[?([\d.eE+, -]*)\]?\s*")
_ACTUAL = re.compile(r"\s*Actual consumption for \d+ epoch\(s\):\s*")
_ENERGY = re.compile(r"\s*Energy:\s*([\d.]+) kWh\s*")
_PARTS = {"gpu": "gpu", "cpu": "cpu", "dram": "dram"}


def recognises(source: Source) -> bool:
    """Whether it has a line that only carbontracker writes."""
    return any(_POWER.fullmatch(line) or _ACTUAL.fullmatch(line) for line in source.head)


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of all epochs that were monitored.

    Raises:
        FormatError: a power without the duration of its epoch; a number that is none.
    """
    numbered, cut = whole_lines(source)
    lines = [line for _, line in numbered]
    if not any(_POWER.fullmatch(line) for line in lines):
        return (reading_of(source, NAME, _output(source, lines)),)
    found: dict[str, list[tuple[Decimal, Decimal]]] = {}
    length: Decimal | None = None
    for n, line in enumerate(lines, 1):
        if duration := _DURATION.fullmatch(line):
            days, hours, minutes, rest = duration.groups()
            length = Decimal(int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60) + Decimal(rest)
        elif power := _POWER.fullmatch(line):
            watts = [number(cell) for cell in power[2].split(",") if cell.strip()]
            if length is None or any(value is None or value < 0 for value in watts):
                raise source.error("a power without the duration of its epoch, or one that is no number", n)
            part = _PARTS.get(power[1])
            if part is not None and watts:
                found.setdefault(part, []).append((length, sum((v for v in watts if v is not None), Decimal(0))))
    notes = ("carbontracker monitors the first epochs and predicts the others (monitor_epochs): only these are in it",)
    short = cut or len({len(epochs) for epochs in found.values()}) > 1  # an epoch of which a part is missing
    return (reading_of(source, NAME, averaged(source, found, short=short, notes=notes)),)


def _output(source: Source, lines: list[str]) -> Metered:
    """The last actual consumption."""
    energy: Decimal | None = None
    for n, line in enumerate(lines):
        if _ACTUAL.fullmatch(line):
            match = next((m for below in lines[n + 1 : n + 4] if (m := _ENERGY.fullmatch(below))), None)
            energy = number(match[1]) if match else energy
    if energy is None:
        raise source.error("no actual consumption in kWh in it: give the log that names the average power usage")
    notes = (
        "carbontracker multiplies the actual consumption by a PUE (1.58 for example), which this file does not say: "
        "the log with the average power usage has what was measured",
    )
    joules = {MACHINE: energy * 3_600_000}
    return Metered(joules=joules, how={MACHINE: "Actual consumption in kWh × 3.6e6, PUE included"}, notes=notes)
