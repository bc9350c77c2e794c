"""The cost of one mapping: energy, cycles, accesses per level and data space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from costmodel.mapping.problem import DATASPACES


@dataclass(frozen=True, slots=True, kw_only=True)
class Accesses:
    """One data space on one level that keeps it: words per instance, energy of all instances."""

    level: str
    dataspace: str
    reads: int
    fills: int
    updates: int
    energy_pj: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Energy and latency of one mapping of one layer.

    Attributes:
        valid: whether the machine can run the mapping; if not, all figures are zero.
        because: why not; empty for a valid mapping.
        energy_pj: MACs and all levels.
        mac_energy_pj: MACs alone.
        utilisation: share of the multipliers' cycles that multiply.
        accesses: innermost level first.
    """

    valid: bool
    because: str = ""
    energy_pj: float = 0.0
    mac_energy_pj: float = 0.0
    cycles: int = 0
    utilisation: float = 0.0
    accesses: tuple[Accesses, ...] = ()

    @property
    def energy_by_level(self) -> dict[str, float]:
        """Energy in pJ by storage level, innermost first, and of the MACs."""
        totals = {"mac": self.mac_energy_pj}
        for entry in self.accesses:
            totals[entry.level] = totals.get(entry.level, 0.0) + entry.energy_pj
        return totals

    def to_json(self) -> dict[str, Any]:
        """Canonical form, per level and data space."""
        levels: dict[str, dict[str, dict[str, Any]]] = {}
        for entry in self.accesses:
            levels.setdefault(entry.level, {})[entry.dataspace] = {
                "reads": entry.reads,
                "fills": entry.fills,
                "updates": entry.updates,
                "energy_pj": entry.energy_pj,
            }
        order = {name: i for i, name in enumerate(DATASPACES)}
        figures = {name: dict(sorted(v.items(), key=lambda kv: order[kv[0]])) for name, v in levels.items()}
        return {
            "valid": self.valid,
            "because": self.because,
            "energy_pj": self.energy_pj,
            "cycles": self.cycles,
            "utilisation": self.utilisation,
            "levels": figures,
        }
