"""GPU memory of everything that an entry started, as nvidia-smi shows it by process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType

from costmodel.ir.run import MeterReading
from costmodel.measuring import nvml
from costmodel.measuring.meter import Ended, Metering
from costmodel.measuring.no_gpu import NoGpu, has_no_gpu
from costmodel.measuring.tree import Tree, TreeLook

_EVERY_SECONDS = 0.1


class GpuMemory:
    """NVML's list of processes; contexts and what the allocator keeps are in it."""

    NAME = "gpu_memory"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"gpu_memory_bytes": "bytes"})
    WHOLE_MACHINE = False
    ADVICE = "an NVIDIA GPU, its driver, and the package nvidia-ml-py"

    def missing(self) -> str:
        return "" if has_no_gpu() else nvml.why_missing()

    def per_second(self, seconds: float) -> Mapping[str, float]:  # noqa: ARG002
        return {}

    def begin(self, tree: Tree) -> Metering:  # noqa: ARG002
        return NoGpu(self.NAME, "gpu_memory_bytes", "bytes") if has_no_gpu() else _Metering(nvml.Nvml())


class _Metering:
    def __init__(self, gpus: nvml.Nvml) -> None:
        self._gpus = gpus
        self._looked = 0.0
        self._now, self._most = 0, 0
        self._problem = ""

    def look(self, seen: TreeLook) -> Mapping[str, float]:
        if time.monotonic() - self._looked >= _EVERY_SECONDS and not self._problem:
            self._looked = time.monotonic()
            try:
                held = self._gpus.memory_of(seen.processes)
            except OSError as problem:
                self._problem = str(problem)
                return {}
            if held is None:
                self._problem = "the driver does not tell memory by process (MIG, WSL or a virtual GPU)"
                return {}
            self._now = held
            self._most = max(self._most, held)
        return {} if self._problem else {"gpu_memory_bytes": float(self._now)}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:  # noqa: ARG002
        return (
            MeterReading(
                meter=GpuMemory.NAME,
                quantity="gpu_memory_bytes",
                unit="bytes",
                value=None if self._problem else float(self._most),
                every_seconds=_EVERY_SECONDS,
                error="blocks of 2 MiB",
                misses="a peak shorter than 0.1 s that the allocator gives back; torch's keeps what it once had",
                missing=self._problem,
            ),
        )


METER = GpuMemory()
