"""Resident memory of everything that an entry started: the largest sum, as an interval."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from costmodel.ir.run import MeterReading
from costmodel.measuring.meter import Ended
from costmodel.measuring.tree import Tree, TreeLook


class Memory:
    """Looks at the tree, and the kernel's own peak of each process, which no spike escapes."""

    NAME = "memory"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"host_memory_bytes": "bytes"})
    WHOLE_MACHINE = False
    ADVICE = "a /proc file system is needed (Linux)"

    def missing(self) -> str:
        from pathlib import Path

        return "" if Path("/proc/self/status").is_file() else "there is no /proc"

    def per_second(self, seconds: float) -> Mapping[str, float]:  # noqa: ARG002
        return {}

    def begin(self, tree: Tree) -> MemoryMetering:  # noqa: ARG002
        return MemoryMetering()


class MemoryMetering:
    """The peak lies between the largest thing that was seen and the sum of what each process ever had."""

    def __init__(self) -> None:
        self._low = 0
        self._extra = 0
        self._highest: dict[int, int] = {}
        self._looks = 0
        self._first = self._last = 0.0

    def look(self, seen: TreeLook) -> Mapping[str, float]:
        self._first = self._first or seen.seconds
        self._last = seen.seconds
        self._looks += 1
        for pid, one in seen.processes.items():
            self._highest[pid] = max(self._highest.get(pid, 0), one.highest)
        self._extra = max(self._extra, seen.extra_bytes)
        self._low = max(self._low, seen.memory_bytes, *self._highest.values(), 0)
        return {"host_memory_bytes": float(seen.memory_bytes)}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:
        every = (self._last - self._first) / max(1, self._looks - 1)
        low = max(self._low, ended.peak_bytes)
        # one of them may have grown to the largest peak after the last look at it
        largest = max(self._highest.values(), default=0)
        high = max(low, sum(self._highest.values()) - largest + max(largest, ended.peak_bytes) + self._extra)
        return (
            MeterReading(
                meter=Memory.NAME,
                quantity="host_memory_bytes",
                unit="bytes",
                value=float(low),
                low=float(low),
                high=float(high),
                every_seconds=every,
                error=(
                    "a page that processes share counts for each of them; no peak of one process is missed, and the "
                    "sum of all lies in the interval; never below 15 MB, which the fork of its keeper has"
                ),
                misses="page cache, memory of the kernel, processes that come and go between two looks",
            ),
        )


METER = Memory()
