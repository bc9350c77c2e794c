"""Bytes that an entry read from disks and wrote to them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from types import MappingProxyType

from costmodel.ir.run import MeterReading
from costmodel.measuring.meter import Ended
from costmodel.measuring.proc_files import read
from costmodel.measuring.tree import Tree, TreeLook


class Io:
    """proc(5), /proc/PID/io: read_bytes and write_bytes, those of reaped children included."""

    NAME = "io"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"read_bytes": "bytes", "write_bytes": "bytes"})
    WHOLE_MACHINE = False
    ADVICE = "a kernel with task I/O accounting is needed"

    def missing(self) -> str:
        return "" if _read("/proc/self/io") else "the kernel does not account for it"

    def per_second(self, seconds: float) -> Mapping[str, float]:  # noqa: ARG002
        return {}

    def begin(self, tree: Tree) -> _Metering:
        return _Metering(tree.keeper)


class _Metering:
    def __init__(self, keeper: int) -> None:
        self._keeper = f"/proc/{keeper}/io"
        self._before = _read(self._keeper)
        self._most: dict[str, int] = {}

    def look(self, seen: TreeLook) -> Mapping[str, float]:
        places = [self._keeper, *(f"/proc/{pid}/io" for pid in seen.processes)]
        now = {name: -self._before.get(name, 0) for name in Io.QUANTITIES}
        for found in map(_read, places):
            for name in now:
                now[name] += found.get(name, 0)
        for name, value in now.items():
            self._most[name] = max(self._most.get(name, 0), value)
        return {name: float(value) for name, value in now.items()}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:
        self.look(ended.look)
        return tuple(
            MeterReading(
                meter=Io.NAME,
                quantity=name,
                unit=unit,
                value=float(self._most.get(name, 0)),
                error="whole pages; what is written counts when it is put into the page cache",
                misses="what is read from the page cache, and what is written to memory file systems",
            )
            for name, unit in Io.QUANTITIES.items()
        )


def _read(place: str) -> dict[str, int]:
    with contextlib.suppress(OSError, ValueError):
        pairs = (line.split(":") for line in read(place).splitlines())
        return {name: int(value) for name, value in pairs}
    return {}


METER = Io()
