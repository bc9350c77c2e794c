"""The share of time in which a kernel ran on the busiest GPU."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType

from costmodel.ir.run import MeterReading
from costmodel.measuring import nvml
from costmodel.measuring.meter import Ended
from costmodel.measuring.no_gpu import has_no_gpu
from costmodel.measuring.tree import Tree, TreeLook

_EVERY_SECONDS = 0.2


class GpuUtilisation:
    """NVML's rate, whoever keeps the GPU busy; its mean over the looks."""

    NAME = "gpu_utilisation"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"gpu_busy_percent": "%"})
    WHOLE_MACHINE = False
    ADVICE = "an NVIDIA GPU, its driver, and the package nvidia-ml-py"

    def missing(self) -> str:
        return "this machine has no GPU" if has_no_gpu() else nvml.why_missing()

    def per_second(self, seconds: float) -> Mapping[str, float]:  # noqa: ARG002
        return {}

    def begin(self, tree: Tree) -> _Metering:  # noqa: ARG002
        return _Metering(nvml.Nvml())


class _Metering:
    def __init__(self, gpus: nvml.Nvml) -> None:
        self._gpus = gpus
        self._looked = 0.0
        self._seen: list[float] = []
        self._problem = ""

    def look(self, seen: TreeLook) -> Mapping[str, float]:  # noqa: ARG002
        if time.monotonic() - self._looked >= _EVERY_SECONDS and not self._problem:
            self._looked = time.monotonic()
            try:
                self._seen.append(self._gpus.busy_percent())
            except OSError as problem:
                self._problem = str(problem)
        return {"gpu_busy_percent": self._seen[-1]} if self._seen else {}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:  # noqa: ARG002
        why = self._problem or ("" if self._seen else "it ended before the first look")
        return (
            MeterReading(
                meter=GpuUtilisation.NAME,
                quantity="gpu_busy_percent",
                unit="%",
                value=None if why else sum(self._seen) / len(self._seen),
                every_seconds=_EVERY_SECONDS,
                error="NVML looks back over 1/6 s to 1 s; busy says nothing of how many of the processors are",
                misses="how much of the GPU a kernel uses; other programs are in it",
                missing=why,
            ),
        )


METER = GpuUtilisation()
