"""Energy and area tables in Accelergy's form: given to Timeloop, they stand in for a run of Accelergy.

Timeloop looks for the keys ``ERT`` and ``ART`` in its inputs before it calls Accelergy (src/applications/model), and
asks a storage for ``read`` and ``write``, the MACs for ``mac`` (operation tables of include/model/topology.hpp; newer
versions also for ``update``, ``compute`` and ``leak``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from costmodel.backends.timeloop.architecture import groups, mac_name
from costmodel.backends.timeloop.syntax import Syntax
from costmodel.hardware.spec import HardwareSpec, SourcedQuantity


def table_document(spec: HardwareSpec, syntax: Syntax) -> dict[str, Any]:
    """``{"ERT": …, "ART": …}``: picojoules of one access of ``words_per_access`` words, um² of one instance."""
    energies = [{"name": path, "actions": _actions(costs)} for path, costs, _ in _components(spec)]
    areas = [{"name": path, "area": 0.0 if area is None else float(area.value)} for path, _, area in _components(spec)]
    return {
        "ERT": {"version": syntax.version, "tables": energies},
        "ART": {"version": syntax.version, "tables": areas},
    }


def _components(spec: HardwareSpec) -> Iterator[tuple[str, dict[str, float], SourcedQuantity | None]]:
    nested = groups(spec)
    for group in nested:
        for level in group.levels:
            read, write = level.access_pj
            yield f"{group.path}.{level.name}", {"read": read, "write": write, "update": write}, level.area
    energy = float(spec.compute.energy.value)
    yield f"{nested[-1].path}.{mac_name(spec)}", {"mac": energy, "compute": energy}, spec.compute.area


def _actions(costs: dict[str, float]) -> list[dict[str, Any]]:
    """The actions with their energies; leakage is in none of the specs, and newer versions ask for it."""
    return [{"name": name, "arguments": {}, "energy": energy} for name, energy in {**costs, "leak": 0.0}.items()]
