"""A mapping drawn as nested loops, outermost first, as Timeloop's map file shows it; and a case's JSON form."""

from __future__ import annotations

from typing import Any

from costmodel.files.quoting import printable, safe_text
from costmodel.ir.cost import LayerCost


def draw(name: str, cost: LayerCost) -> str:
    """Figures and loop nest of one layer problem; the name, and those of the machine's levels, may be a stranger's.

    ::

        DRAM [Weights Inputs Outputs]
          for Q in [0:14)
        shared_glb [Inputs Outputs]
            for C in [0:3) (Spatial-X)
    """
    name = safe_text(name)
    shape = " ".join(f"{dim}={bound}" for dim, bound in cost.layer.instance.items())
    if not cost.valid:
        return f"{name}: {shape}\ninvalid: {cost.because}\n"
    kind = "proven optimal" if cost.optimal else "not proven optimal"
    lines = [
        f"{name}: {shape}",
        f"{cost.energy_pj:,.2f} pJ, {cost.cycles:,} cycles, utilisation {cost.utilisation:.4f} ({kind})",
        "",
    ]
    depth = 0
    for level in cost.mapping:
        lines.append(f"{level.target} [{' '.join(level.keep)}]")
        for loop in level.loops:
            depth += 1
            place = f" (Spatial-{loop.spatial})" if loop.spatial else ""
            lines.append(f"{'  ' * depth}for {loop.dim} in [0:{loop.bound}){place}")
    parts = [f"{component} {energy:,.2f}" for component, energy in cost.energy_by_component.items()]
    return printable("\n".join([*lines, "", f"energy by component, pJ: {', '.join(parts)}"])) + "\n"


def case_data(cost: LayerCost) -> dict[str, Any]:
    """One result as the JSON of ``costmodel map`` says it; mapping outermost level first."""
    levels: dict[str, dict[str, dict[str, float]]] = {}
    for row in cost.accesses:
        levels.setdefault(row.level, {})[row.dataspace] = {
            "reads": row.reads,
            "fills": row.fills,
            "updates": row.updates,
            "energy_pj": row.energy_pj,
        }
    return {
        "valid": cost.valid,
        "because": cost.because,
        "optimal": cost.optimal,
        "energy_pj": cost.energy_pj,
        "cycles": cost.cycles,
        "utilisation": cost.utilisation,
        "mapping": [
            {
                "target": level.target,
                "keep": list(level.keep),
                "loops": [{"dim": o.dim, "bound": o.bound, "spatial": o.spatial} for o in level.loops],
            }
            for level in cost.mapping
        ],
        "levels": levels,
    }
