"""CPU time of everything that an entry started, children that are gone included."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from costmodel.ir.run import MeterReading
from costmodel.measuring.meter import Ended
from costmodel.measuring.tree import Tree, TreeLook


class CpuTime:
    """proc(5): utime, stime, cutime and cstime of the tree; what is reaped is told to the parent."""

    NAME = "cpu_time"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"cpu_seconds": "s"})
    WHOLE_MACHINE = False
    ADVICE = "a /proc file system is needed (Linux)"

    def missing(self) -> str:
        from pathlib import Path

        return "" if Path("/proc/self/stat").is_file() else "there is no /proc"

    def per_second(self, seconds: float) -> Mapping[str, float]:  # noqa: ARG002
        return {}

    def begin(self, tree: Tree) -> _Metering:  # noqa: ARG002
        return _Metering()


class _Metering:
    def __init__(self) -> None:
        self._most = 0.0

    def look(self, seen: TreeLook) -> Mapping[str, float]:
        self._most = max(self._most, seen.cpu_seconds)
        return {"cpu_seconds": seen.cpu_seconds}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:
        return (
            MeterReading(
                meter=CpuTime.NAME,
                quantity="cpu_seconds",
                unit="s",
                value=max(self._most, ended.look.cpu_seconds),
                error="0.01 s for each process: the kernel tells it in clock ticks",
                misses="children whose parent ignores their end (SIGCHLD), after the last look at them",
            ),
        )


METER = CpuTime()
