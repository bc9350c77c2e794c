"""pyJoules's ``CSVHandler``: ``timestamp;tag;duration;package_0;core_0;dram_0;nvidia_gpu_0``.

RAPL domains are in microjoules; NVIDIA devices are in millijoules, although pyJoules's README says microjoules
(reference: energy measurement libraries). ``core`` and ``uncore`` are parts of ``package``. RAPL's counters have 32
bits and begin again at 0: a sample in which one did is negative, and nobody knows by how much it is short.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext

from costmodel.facts.quantity import EXACT, measurement, number
from costmodel.facts.rows import amount, header_of, read_rows
from costmodel.facts.source import Options, Source
from costmodel.ir.facts import Reading

NAME = "pyjoules"
TITLE = "a pyJoules log"
PRECEDENCE = 60
OPTIONS: tuple[str, ...] = ()

_DOMAINS = {
    "cpu": (re.compile(r"package_\d+"), Decimal("1e-6")),
    "gpu": (re.compile(r"nvidia_gpu_\d+"), Decimal("1e-3")),
    "dram": (re.compile(r"dram_\d+"), Decimal("1e-6")),
}


def recognises(source: Source) -> bool:
    """Whether there is a tag, and a package or GPU domain."""
    columns = header_of(source)
    domains = [domain for domain, _ in _DOMAINS.values()]
    return {"timestamp", "tag", "duration"} <= set(columns) and any(d.fullmatch(c) for c in columns for d in domains)


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules summed over all tags, which follow one another.

    Raises:
        FormatError: a missing column, a number that is none.
    """
    table = read_rows(source, ("timestamp", "tag", "duration"), log=True)
    totals: dict[str, Decimal] = {}
    duration = Decimal(0)
    wrapped = 0
    with localcontext(EXACT):
        for row in table.rows:
            for column in table.columns:
                device = next((d for d, (domain, _) in _DOMAINS.items() if domain.fullmatch(column)), None)
                if device is None and column != "duration":
                    continue
                if device is not None and (number(row.cells[column]) or 0) < 0:
                    wrapped += 1
                    continue
                value = amount(source, row, column)
                if device is None:
                    duration += value
                else:
                    totals[device] = totals.get(device, Decimal(0)) + value * _DOMAINS[device][1]
    counted = {device: joules for device, joules in totals.items() if device != "dram"}
    partial = set(counted) != {"cpu", "gpu"}
    because = f"{' + '.join(device.upper() for device in counted)}{' alone: a lower bound' if partial else ''}"
    short = table.is_cut or bool(wrapped)
    because += "; the log is cut: a lower bound" if table.is_cut else ""
    because += f"; {wrapped} samples in which a counter began again at 0 are left out: a lower bound" if wrapped else ""
    total = measurement("energy_joules", sum(counted.values(), Decimal(0)), because, at_least=partial or short)
    parts = tuple(
        measurement(f"{d}_energy_joules", joules, "summed over tags", at_least=short) for d, joules in totals.items()
    )
    return (
        Reading(
            file=source.name,
            format=NAME,
            measurements=(total, *parts),
            samples=len(table.rows),
            duration_seconds=duration,
            notes=table.notes,
        ),
    )
