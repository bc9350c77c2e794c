"""NVIDIA's management library, where ``pynvml`` is installed and finds a driver; nothing here is imported otherwise."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

_MODULE = "pynvml"
_NOT_AVAILABLE = 1 << 63
"""NVML_VALUE_NOT_AVAILABLE is all ones."""


class Nvml:
    """The GPUs of this machine.

    Raises:
        OSError: there is no library, no driver or no GPU; the text says which.
    """

    def __init__(self) -> None:
        try:
            self._library: Any = importlib.import_module(_MODULE)
        except ImportError:
            raise OSError("pynvml is not installed") from None
        try:
            self._library.nvmlInit()
            count = int(self._library.nvmlDeviceGetCount())
            self._gpus = [self._library.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        except Exception as problem:
            raise OSError(f"NVML: {problem}") from None
        if not self._gpus:
            raise OSError("NVML sees no GPU")

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._gpus)

    def energy_joules(self) -> float:
        """What all GPUs have counted since the driver was loaded (Volta and newer).

        Raises:
            OSError: a GPU does not count.
        """
        return float(sum(self._each("nvmlDeviceGetTotalEnergyConsumption"))) / 1000

    def power_watts(self) -> float:
        """What all GPUs draw now, averaged by the driver over up to a second.

        Raises:
            OSError: a GPU does not say.
        """
        return float(sum(self._each("nvmlDeviceGetPowerUsage"))) / 1000

    def memory_of(self, pids: Iterable[int]) -> int | None:
        """Bytes that these processes hold on all GPUs; None where the driver does not tell it by process."""
        wanted, total = set(pids), 0
        for running in self._each("nvmlDeviceGetComputeRunningProcesses"):
            for one in running:
                if one.pid in wanted:
                    if one.usedGpuMemory is None or one.usedGpuMemory >= _NOT_AVAILABLE:
                        return None
                    total += int(one.usedGpuMemory)
        return total

    def others_than(self, pids: Iterable[int]) -> int:
        """How many other processes compute on the GPUs."""
        wanted = set(pids)
        running = [one.pid for found in self._each("nvmlDeviceGetComputeRunningProcesses") for one in found]
        return sum(pid not in wanted for pid in running)

    def busy_percent(self) -> float:
        """The share of time in which a kernel ran, of the busiest GPU."""
        return float(max(rates.gpu for rates in self._each("nvmlDeviceGetUtilizationRates")))

    def _each(self, function: str) -> list[Any]:
        try:
            return [getattr(self._library, function)(gpu) for gpu in self._gpus]
        except Exception as problem:
            raise OSError(f"NVML: {function}: {problem}") from None


def why_missing() -> str:
    """Why NVML cannot be used, "" if it can."""
    try:
        Nvml()
    except OSError as problem:
        return str(problem)
    return ""


def gpu_names() -> tuple[str, ...]:
    """A name for each GPU, by its number; none where NVML cannot be used."""
    try:
        return tuple(f"gpu-{number}" for number in range(Nvml().count))
    except OSError:
        return ()
