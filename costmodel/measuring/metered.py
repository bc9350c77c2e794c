"""The meters of one stage: begun together, looked at together, and a few hundred samples kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace

from costmodel.ir.run import MeterReading, Sample
from costmodel.measuring.alone import NOTICED, busy_cores, machine_time
from costmodel.measuring.meter import Ended, Meter, Metering, not_there
from costmodel.measuring.tree import Tree, TreeLook

_MOST_SAMPLES = 400


class MeteredStage:
    """The meters of one stage; each that is missing is said to be.

    Args:
        meters: all that are asked for.
        idle_seconds: how long those of the whole machine look at it before and after.
    """

    def __init__(self, meters: Sequence[Meter], idle_seconds: float) -> None:
        self._missing = [(meter, why) for meter in meters if (why := meter.missing())]
        without = [meter for meter, _ in self._missing]
        self._there = [meter for meter in meters if meter not in without]
        self._idle_seconds = idle_seconds
        self._before: dict[str, float] = {}
        self._busy: float | None = None
        self._running: list[Metering] = []
        self._samples: list[Sample] = []
        self._stride, self._looks = 1, 0

    def idle_before(self) -> None:
        """Measure the machine as it is, and whether it is alone."""
        before = machine_time()
        self._before = self._idle()
        if self._before:
            self._busy = busy_cores(before, machine_time(), os.cpu_count() or 1)

    def remarks(self) -> Iterator[str]:
        """What has to be known of what was measured."""
        if self._busy is not None and self._busy > NOTICED:
            yield f"it was not alone: {self._busy:.1f} cores were busy before it, and what they took is measured too"

    def _idle(self) -> dict[str, float]:
        found: dict[str, float] = {}
        if self._idle_seconds:
            for meter in self._there:
                if meter.WHOLE_MACHINE:
                    found |= meter.per_second(self._idle_seconds)
        return found

    def begin(self, tree: Tree) -> None:
        """Start every meter; one that fails now is missing."""
        begun = []
        for meter in self._there:
            try:
                self._running.append(meter.begin(tree))
                begun.append(meter)
            except OSError as problem:
                self._missing.append((meter, str(problem)))
        self._there = begun

    def look(self, seen: TreeLook, begun: float) -> dict[str, float]:
        """What all of them read now."""
        values: dict[str, float] = {"processes": float(len(seen.processes))}
        for metering in self._running:
            values |= metering.look(seen)
        if self._looks % self._stride == 0:
            self._samples.append(Sample(seconds=round(seen.seconds - begun, 3), values=values))
        self._looks += 1
        if len(self._samples) > _MOST_SAMPLES:
            self._samples, self._stride = self._samples[::2], self._stride * 2
        return values

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:
        """What they measured; what is missing last."""
        readings = [reading for metering in self._running for reading in metering.end(ended)]
        after = self._idle()
        stated = [
            replace(r, idle_before=self._before.get(r.quantity), idle_after=after.get(r.quantity)) for r in readings
        ]
        return (*stated, *(reading for meter, why in self._missing for reading in not_there(meter, why)))

    def samples(self) -> tuple[Sample, ...]:
        """The samples that were kept."""
        return tuple(self._samples)
