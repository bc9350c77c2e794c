"""A budget: how much of the machine an entry may use, and how it is asked to end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from costmodel.errors import UsageError
from costmodel.facts.quantity import quantity_in

UNITS = {
    "time": "s",
    "grace": "s",
    "host_memory": "bytes",
    "gpu_memory": "bytes",
    "cpus": "cores",
    "processes": "processes",
    "disk": "bytes",
}
"""The limits of a budget, by the name of their field and option, and the unit of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits of one stage; None is no limit.

    Attributes:
        time: seconds of wall time.
        grace: seconds between SIGTERM at the limit and SIGKILL of the whole tree; 0 is SIGKILL at once.
        host_memory, gpu_memory: bytes of the whole tree.
        cpus: cores that it may run on.
        processes: of the tree at once; threads are not counted.
        disk: bytes of the folder that it may write to.
        sources: by field, where the limit comes from.
    """

    time: float | None = None
    grace: float = 0.0
    host_memory: int | None = None
    gpu_memory: int | None = None
    cpus: int | None = None
    processes: int | None = None
    disk: int | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def limits(self) -> dict[str, float]:
        """What is limited: value by field."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name in UNITS}
        return {name: float(value) for name, value in values.items() if value is not None and name != "grace"}


def given(words: Mapping[str, str], before: Budget | None = None) -> Budget:
    """A budget with the limits that options give (``time`` as ``10m``, ``host_memory`` as ``12GB``) in their place.

    Raises:
        UsageError: not a number in the limit's unit, or nothing could run within it.
    """
    result = before or Budget()
    sources = dict(result.sources)
    for name, text in words.items():
        changed: dict[str, Any] = {name: _value(name, text)}
        result = replace(result, **changed)
        sources[name] = f"--{name.replace('_', '-')} {text.strip()}"
    return replace(result, sources=sources)


def _value(name: str, text: str) -> float | int:
    unit = UNITS[name]
    option = f"--{name.replace('_', '-')}"
    # 10m is ten minutes to everybody who sets a time limit, though no unit of physics
    written = f"{text.strip()[:-1]}min" if unit == "s" and _is_minutes(text.strip()) else text
    value = quantity_in(unit if unit in ("s", "bytes") else "", written, option).value
    if unit == "s":
        if not value and name == "time":
            raise UsageError(f"{option} {text}: nothing runs in no time")
        return float(value)
    if value != int(value) or value < 1:
        raise UsageError(f"{option} {text}: a whole number of at least 1 is expected")
    return int(value)


def _is_minutes(text: str) -> bool:
    return text.endswith("m") and text[:-1].replace(".", "", 1).strip().isdigit()
