"""Wall time of a stage, from the fork of its command to its end or its kill."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from costmodel.ir.run import MeterReading
from costmodel.measuring.meter import Ended
from costmodel.measuring.tree import Tree, TreeLook


class WallTime:
    """The monotonic clock, which the entry cannot set."""

    NAME = "wall_time"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"wall_seconds": "s"})
    WHOLE_MACHINE = False
    ADVICE = ""

    def missing(self) -> str:
        return ""

    def per_second(self, seconds: float) -> Mapping[str, float]:  # noqa: ARG002
        return {}

    def begin(self, tree: Tree) -> _Metering:  # noqa: ARG002
        return _Metering()


class _Metering:
    def look(self, seen: TreeLook) -> Mapping[str, float]:  # noqa: ARG002
        return {}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:
        return (
            MeterReading(
                meter=WallTime.NAME,
                quantity="wall_seconds",
                unit="s",
                value=ended.wall_seconds,
                error="below 0.01 s; a few milliseconds in which the enclosure is put up are inside",
                misses="nothing",
            ),
        )


METER = WallTime()
