"""The card as NVML sees it, read from outside of the process that computes."""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """One look at the card; None is what this card or driver does not tell."""

    at: float  # time.monotonic(), which all processes of a machine share
    energy_millijoules: int | None
    power_milliwatts: int | None
    sm_clock_megahertz: int | None
    memory_used_bytes: int | None
    processes_used_bytes: int | None
    clock_limits: int | None  # NVML's bits: why the clock is no higher


class Meter:
    """NVML of one card; without a card or without the package it says nothing and does not stand in the way."""

    def __init__(self, *, wanted: bool) -> None:
        self._nvml: Any = None
        if wanted:
            self._nvml = importlib.import_module("pynvml")  # the package nvidia-ml-py
            self._nvml.nvmlInit()
            self._card = self._nvml.nvmlDeviceGetHandleByIndex(0)

    def _ask(self, question: str, *words: Any) -> Any:
        if self._nvml is None:
            return None
        try:
            return getattr(self._nvml, question)(self._card, *words)
        except (self._nvml.NVMLError, AttributeError):
            return None

    def sample(self) -> Sample:
        """Memory is counted as nvidia-smi does: without what the driver keeps for itself."""
        memory = self._ask("nvmlDeviceGetMemoryInfo", getattr(self._nvml, "nvmlMemory_v2", None))
        processes = self._ask("nvmlDeviceGetComputeRunningProcesses") or ()
        by_process = [p.usedGpuMemory for p in processes if p.usedGpuMemory is not None]
        return Sample(
            at=time.monotonic(),
            energy_millijoules=self._ask("nvmlDeviceGetTotalEnergyConsumption"),
            power_milliwatts=self._ask("nvmlDeviceGetPowerUsage"),
            sm_clock_megahertz=self._ask("nvmlDeviceGetClockInfo", 1),
            memory_used_bytes=memory and memory.used,
            processes_used_bytes=sum(by_process) if by_process else None,
            clock_limits=self._ask("nvmlDeviceGetCurrentClocksEventReasons"),
        )

    def card(self) -> Record:
        """What is fixed."""
        if self._nvml is None:
            return {}
        memory = self._ask("nvmlDeviceGetMemoryInfo", getattr(self._nvml, "nvmlMemory_v2", None))
        return {
            "name": self._ask("nvmlDeviceGetName"),
            "driver": self._nvml.nvmlSystemGetDriverVersion(),
            "power_limit_milliwatts": self._ask("nvmlDeviceGetEnforcedPowerLimit"),
            "sm_clock_max_megahertz": self._ask("nvmlDeviceGetMaxClockInfo", 1),
            "memory_clock_megahertz": self._ask("nvmlDeviceGetClockInfo", 2),
            "nvml_memory_total_bytes": memory and memory.total,
            "nvml_memory_driver_reserved_bytes": memory and getattr(memory, "reserved", None),
        }


def _told(values: Iterable[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def _counter(samples: Sequence[Sample]) -> tuple[float, float] | None:
    """Joules and seconds between the first and the last tick of the counter inside the window.

    The counter moves in ticks; between two ticks both the energy and the time are known to one poll.
    """
    ticks: list[tuple[float, int]] = []
    last: int | None = None
    for sample in samples:
        if sample.energy_millijoules is not None and sample.energy_millijoules != last:
            if last is not None:
                ticks.append((sample.at, sample.energy_millijoules))
            last = sample.energy_millijoules
    if len(ticks) < 3:
        return None
    return (ticks[-1][1] - ticks[0][1]) / 1e3, ticks[-1][0] - ticks[0][0]


def seen(samples: Sequence[Sample], start: float, end: float) -> Record:
    """What the card said between two moments, and the most memory it ever said among all the samples."""
    inside = [sample for sample in samples if start <= sample.at <= end]
    power = _told(sample.power_milliwatts for sample in inside)
    clock = _told(sample.sm_clock_megahertz for sample in inside)
    used, ever = (_told(sample.memory_used_bytes for sample in part) for part in (inside, samples))
    own = _told(sample.processes_used_bytes for sample in inside)
    limits = 0
    for bits in _told(sample.clock_limits for sample in inside):
        limits |= bits
    counted = _counter(inside)
    return {
        "samples": len(inside),
        "energy_counter_joules": counted[0] if counted else None,
        "energy_counter_seconds": counted[1] if counted else None,
        "energy_counter_watts": counted[0] / counted[1] if counted else None,
        "power_reading_watts_mean": statistics.fmean(power) / 1e3 if power else None,
        "sm_clock_megahertz_median": statistics.median(clock) if clock else None,
        "clock_event_reasons_bits": limits if inside and inside[0].clock_limits is not None else None,
        "nvml_used_bytes_window_max": max(used, default=None),
        "nvml_used_bytes_ever_max": max(ever, default=None),
        "nvml_processes_bytes_window_max": max(own, default=None),
    }
