"""experiment-impact-tracker's ``data.json`` (an object a line) or ``data.csv`` (its first versions): watts at a moment.

``rapl_power_draw_absolute`` and ``nvidia_draw_absolute`` are of the whole machine; the ``…_attributable_…`` ones are an
estimate of the process's share, and are not taken. ``timestamp`` is in seconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from costmodel.facts.metered import integrated, reading_of
from costmodel.facts.quantity import number
from costmodel.facts.rows import read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "impact-tracker"
TITLE = "an experiment-impact-tracker log"
PRECEDENCE = 28
OPTIONS: tuple[str, ...] = ()

_TIME = "timestamp"
_WATTS = {"cpu": "rapl_power_draw_absolute", "gpu": "nvidia_draw_absolute"}


def recognises(source: Source) -> bool:
    """Whether its names stand in the first line."""
    first = source.head[0]
    named = any(name in first for name in (*_WATTS.values(), "rapl_estimated_attributable_power_draw"))
    return named and _TIME in first


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """Joules of CPU and GPUs by the trapezoid rule.

    Raises:
        FormatError: only attributed power, a line that is no sample, a number that is none.
    """
    samples: dict[str, dict[str, list[tuple[Decimal, Decimal]]]] = {part: {"": []} for part in _WATTS}
    notes: list[str] = []
    for line, data in _samples(source, notes):
        at = _number(data.get(_TIME))
        if at is None:
            raise source.error(f"timestamp: {excerpt(data.get(_TIME))} is not a number of seconds", line)
        for part, name in _WATTS.items():
            if data.get(name) not in (None, ""):
                watts = _number(data[name])
                if watts is None or watts < 0:
                    raise source.error(f"{name}: {excerpt(data[name])} is not a number of W", line)
                samples[part][""].append((at, watts))
    if not any(found[""] for found in samples.values()):
        raise source.error(
            "has no rapl_power_draw_absolute and no nvidia_draw_absolute: attributed power is an estimate"
        )
    return (reading_of(source, NAME, integrated(source, samples, short=bool(notes), notes=tuple(notes))),)


def _samples(source: Source, notes: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if not source.text.lstrip().startswith("{"):
        table = read_rows(source, (_TIME,), log=True)
        notes += table.notes
        yield from ((row.line, row.cells) for row in table.rows)
        return
    lines = [(n, text) for n, text in enumerate(source.text.splitlines(), 1) if text.strip()]
    for n, text in lines:
        try:
            data = json.loads(text, parse_float=Decimal, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict):
            yield n, data
        elif n == lines[-1][0] and n != lines[0][0]:
            notes.append(f"line {n} is cut in the middle: it was left out")
        else:
            raise source.error(f"not a sample: {excerpt(text)}", n)


def _number(value: Any) -> Decimal | None:
    """A number of JSON or of a cell, of a size that watts and seconds have."""
    if isinstance(value, str):
        return number(value)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value < 10**12:
        return None
    return Decimal(value)
