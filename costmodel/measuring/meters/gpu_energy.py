"""Energy of the GPUs: NVML's counter where the card has one, else power integrated over the looks."""

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


class GpuEnergy:
    """All GPUs of the machine, whoever used them."""

    NAME = "gpu_energy"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"gpu_energy_joules": "J"})
    WHOLE_MACHINE = True
    ADVICE = "an NVIDIA GPU, its driver, and the package nvidia-ml-py"

    def missing(self) -> str:
        return "" if has_no_gpu() else nvml.why_missing()

    def begin(self, tree: Tree) -> Metering:  # noqa: ARG002
        return NoGpu(self.NAME, "gpu_energy_joules", "J") if has_no_gpu() else _Metering(nvml.Nvml())

    def per_second(self, seconds: float) -> Mapping[str, float]:
        if has_no_gpu():
            return {}
        metering, begun = _Metering(nvml.Nvml()), time.monotonic()
        while (left := begun + seconds - time.monotonic()) > 0:
            time.sleep(min(_EVERY_SECONDS, left))
            metering.count()
        return {"gpu_energy_joules": metering.joules / (time.monotonic() - begun)}


class _Metering:
    def __init__(self, gpus: nvml.Nvml) -> None:
        self._gpus = gpus
        self._problem = ""
        self._looked = time.monotonic()
        self.joules = 0.0
        try:
            self._start: float | None = gpus.energy_joules()
            self._watts = 0.0
        except OSError:
            self._start, self._watts = None, gpus.power_watts()

    def look(self, seen: TreeLook) -> Mapping[str, float]:  # noqa: ARG002
        if time.monotonic() - self._looked >= _EVERY_SECONDS:
            self.count()
        return {"gpu_energy_joules": self.joules}

    def count(self) -> None:
        """Read the counter, or add a trapezoid."""
        now = time.monotonic()
        try:
            if self._start is not None:
                self.joules = self._gpus.energy_joules() - self._start
            else:
                watts = self._gpus.power_watts()
                self.joules += (now - self._looked) * (watts + self._watts) / 2
                self._watts = watts
        except OSError as problem:
            self._problem = str(problem)
        self._looked = now

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:  # noqa: ARG002
        self.count()
        counted = "NVML's counter: millijoules, moved every 20 to 100 ms; the sensor is 5 % or 5 W off"
        sampled = "power every 0.1 s by the trapezoid rule; NVML averages it over up to a second; 5 % or 5 W"
        return (
            MeterReading(
                meter=GpuEnergy.NAME,
                quantity="gpu_energy_joules",
                unit="J",
                value=None if self._problem else self.joules,
                every_seconds=_EVERY_SECONDS,
                error=sampled if self._start is None else counted,
                misses="the host; other programs on the GPUs are in it, idle too",
                missing=self._problem,
            ),
        )


METER = GpuEnergy()
