"""How busy the machine is beside what is measured: a meter of the whole machine needs it to be alone."""

from __future__ import annotations

import os
from dataclasses import dataclass

from costmodel.measuring.proc_files import read

_TICKS = os.sysconf("SC_CLK_TCK")
NOTICED = 0.2
"""Cores; a quiet system's own services take less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineTime:
    """Seconds that all cores together have worked, and have been idle, since boot."""

    busy: float
    idle: float


def machine_time(text: str | None = None) -> MachineTime | None:
    """From ``/proc/stat`` (proc(5): user nice system idle iowait irq softirq steal …); None where there is none.

    >>> machine_time("cpu  100 0 50 800 50 0 0 0 0 0")
    MachineTime(busy=1.5, idle=8.5)
    """
    try:
        words = (read("/proc/stat") if text is None else text).split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, idle, waiting, *interrupts = (int(word) for word in words[1:9])
    return MachineTime(busy=(user + nice + system + sum(interrupts)) / _TICKS, idle=(idle + waiting) / _TICKS)


def busy_cores(before: MachineTime | None, after: MachineTime | None, cores: int) -> float | None:
    """Cores that were busy between two moments; None if it cannot be told.

    >>> busy_cores(MachineTime(busy=1.0, idle=1.0), MachineTime(busy=2.0, idle=4.0), 8)
    2.0
    """
    if before is None or after is None:
        return None
    busy, idle = after.busy - before.busy, after.idle - before.idle
    return cores * busy / (busy + idle) if busy + idle > 0 else None
