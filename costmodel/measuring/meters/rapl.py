"""Energy of processor packages and DRAM by RAPL, as Linux counts it in /sys/class/powercap.

Documentation/power/powercap/powercap.rst: a zone has a ``name``, ``energy_uj`` that counts up to
``max_energy_range_uj`` and begins again at zero; DRAM and cores are zones within their package.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from costmodel.ir.run import MeterReading
from costmodel.measuring.meter import Ended
from costmodel.measuring.tree import Tree, TreeLook

POWERCAP = Path("/sys/class/powercap")
_MICRO = 1e-6
_EVERY_SECONDS = 0.5
"""A package at 1 kW needs more than four minutes for the smallest range that is known (262 kJ)."""


@dataclass(frozen=True, slots=True)
class _Zone:
    """A counter: ``cpu_energy_joules`` of a package or ``dram_energy_joules``."""

    quantity: str
    counter: Path
    range_uj: int

    def read(self) -> int:
        return int(self.counter.read_text(encoding="ascii"))


class Rapl:
    """All packages of the machine, whoever used them.

    Args:
        root: where the zones are.
    """

    NAME = "rapl"
    QUANTITIES: Mapping[str, str] = MappingProxyType({"cpu_energy_joules": "J", "dram_energy_joules": "J"})
    WHOLE_MACHINE = True
    ADVICE = "an Intel or AMD processor with intel_rapl, and the right to read energy_uj (ask the administrator)"

    def __init__(self, root: Path = POWERCAP) -> None:
        self._root = root

    def missing(self) -> str:
        if not self._root.is_dir():
            return "the kernel offers no powercap zones"
        try:
            zones = self._zones()
            for zone in zones:
                zone.read()
        except (OSError, ValueError) as problem:
            return f"energy_uj cannot be read: {getattr(problem, 'strerror', None) or problem}"
        return "" if any(z.quantity == "cpu_energy_joules" for z in zones) else "there is no zone of a package"

    def begin(self, tree: Tree) -> _Metering:  # noqa: ARG002
        return _Metering(self._zones())

    def per_second(self, seconds: float) -> Mapping[str, float]:
        metering = _Metering(self._zones())
        begun = time.monotonic()
        time.sleep(seconds)
        metering.count()
        return {name: joules / (time.monotonic() - begun) for name, joules in metering.joules().items()}

    def _zones(self) -> list[_Zone]:
        """Packages, and the DRAM within them; a package that is listed twice (as MMIO too) counts once."""
        found: dict[tuple[str, str], _Zone] = {}
        for folder in sorted(self._root.glob("intel-rapl:*")):
            name = (folder / "name").read_text(encoding="ascii").strip()
            package = name if name.startswith("package") else self._package_of(folder)
            quantity = "dram_energy_joules" if name == "dram" else "cpu_energy_joules"
            if name.startswith("package") or name == "dram":
                largest = int((folder / "max_energy_range_uj").read_text(encoding="ascii"))
                found.setdefault((quantity, package), _Zone(quantity, folder / "energy_uj", largest))
        return list(found.values())

    def _package_of(self, folder: Path) -> str:
        """``intel-rapl:0:1`` lies within ``intel-rapl:0``."""
        with contextlib.suppress(OSError):
            return (self._root / folder.name.rpartition(":")[0] / "name").read_text(encoding="ascii").strip()
        return folder.name


class _Metering:
    def __init__(self, zones: list[_Zone]) -> None:
        self._zones = zones
        self._last = [zone.read() for zone in zones]
        self._sums = [0] * len(zones)
        self._looked = time.monotonic()
        self._problem = ""

    def look(self, seen: TreeLook) -> Mapping[str, float]:  # noqa: ARG002
        if time.monotonic() - self._looked >= _EVERY_SECONDS:
            self.count()
        return self.joules()

    def count(self) -> None:
        """Add what has been counted since the last time; a counter that is smaller now began again."""
        self._looked = time.monotonic()
        try:
            now = [zone.read() for zone in self._zones]
        except (OSError, ValueError) as problem:
            self._problem = f"a counter could not be read any longer: {problem}"
            return
        for index, zone in enumerate(self._zones):
            step = now[index] - self._last[index]
            self._sums[index] += step if step >= 0 else step + zone.range_uj
        self._last = now

    def joules(self) -> dict[str, float]:
        """Joules by quantity."""
        found: dict[str, float] = {}
        for zone, total in zip(self._zones, self._sums, strict=True):
            found[zone.quantity] = found.get(zone.quantity, 0.0) + total * _MICRO
        return found

    def end(self, ended: Ended) -> tuple[MeterReading, ...]:  # noqa: ARG002
        self.count()
        joules = self.joules()
        return tuple(
            MeterReading(
                meter=Rapl.NAME,
                quantity=quantity,
                unit=unit,
                value=None if self._problem else joules.get(quantity),
                every_seconds=_EVERY_SECONDS,
                error="a counter moves about every millisecond; a processor that models its power is a few percent off",
                misses="mainboard, fans, disks, power supply, GPU; other programs are in it, idle too",
                missing=self._problem or ("" if quantity in joules else "this machine has no such zone"),
            )
            for quantity, unit in Rapl.QUANTITIES.items()
        )


METER = Rapl()
