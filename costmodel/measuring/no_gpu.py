"""The machine that has no GPU: what is known of it without a driver, and what a meter of GPUs says then.

Only a machine without any PCI display controller or accelerator and without any device file of a GPU is one; where
that cannot be seen, nothing is known, and a meter without its library is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from costmodel.ir.run import MeterReading
from costmodel.measuring.meter import Ended
from costmodel.measuring.tree import TreeLook

_DISPLAY, _ACCELERATOR = "0x03", "0x12"
"""PCI base classes (PCI Code and ID Assignment Specification)."""
_DEVICE_FILES = ("nvidia*", "nvhost*", "nvmap", "kfd", "dxg", "dri/render*", "accel/*", "mali*", "kgsl*")


def has_no_gpu(devices: Path = Path("/dev"), buses: Path = Path("/sys/bus")) -> bool:
    """Whether there is surely no GPU; False too where nobody can tell.

    Args:
        devices: device files.
        buses: as sysfs has them.
    """
    if not buses.is_dir() or any(True for pattern in _DEVICE_FILES for _ in devices.glob(pattern)):
        return False
    try:
        classes = [file.read_text(encoding="ascii") for file in (buses / "pci" / "devices").glob("*/class")]
    except OSError:
        return False
    return not any(one.startswith((_DISPLAY, _ACCELERATOR)) for one in classes)


class NoGpu:
    """A metering of nothing: zero is known there."""

    def __init__(self, meter: str, quantity: str, unit: str) -> None:
        self._meter, self._quantity, self._unit = meter, quantity, unit

    def look(self, seen: TreeLook) -> Mapping[str, float]:  # noqa: ARG002  # a metering looks at the tree
        return {self._quantity: 0.0}

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:  # noqa: ARG002  # likewise
        return (
            MeterReading(
                meter=self._meter,
                quantity=self._quantity,
                unit=self._unit,
                value=0.0,
                error="none: this machine has no GPU, by its PCI bus and its device files",
                misses="a GPU of another machine, over the network",
            ),
        )
