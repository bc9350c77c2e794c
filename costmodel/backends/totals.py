"""Solved layers as a cost report: every backend sums alike."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import cast

from costmodel.hardware.spec import DataspaceName, HardwareSpec
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.tensor import item_bytes
from costmodel.ir.whole import Clocked, Wider
from costmodel.ir.workload import Layer, Workload


def cost_report(
    workload: Workload,
    hardware: HardwareSpec,
    *,
    backend: str,
    backend_version: str,
    search: str,
    layers: tuple[LayerCost, ...],
) -> CostReport:
    """Totals over repeats; they are incomplete without a mapping, without a formula, or where the step varies."""
    layers = tuple(replace(solved, energy_by_component=_from_inside(solved, hardware)) for solved in layers)
    by_component: dict[str, float] = {}
    for solved in layers:
        for name, energy in solved.energy_by_component.items():
            by_component[name] = by_component.get(name, 0.0) + energy * solved.layer.repeats
    cycles = sum(solved.cycles * solved.layer.repeats for solved in layers)
    energy = sum(solved.energy_pj * solved.layer.repeats for solved in layers)
    units = int(hardware.compute.units.value)
    beside = sum(item.operations for item in workload.not_mapped)
    macs = sum(solved.layer.macs * solved.layer.repeats for solved in layers if solved.valid)
    return CostReport(
        hardware=hardware.name,
        hardware_digest=hardware.digest,
        backend=backend,
        backend_version=backend_version,
        search=search,
        phase=workload.phase,
        units=units,
        layers=layers,
        not_mapped=workload.not_mapped,
        mapped_operations_share=round(1 - beside / workload.operations, 6) if workload.operations else 0.0,
        energy_pj=energy,
        cycles=cycles,
        utilisation=macs / (units * cycles) if cycles else 0.0,
        energy_by_component=by_component,
        complete=all(solved.valid for solved in layers) and not (workload.uncounted or workload.varies),
        uncounted=workload.uncounted,
        varies=workload.varies,
        columns=prod(int(level.fanout_x.value) for level in hardware.levels if level.fanout_x is not None),
        rows=prod(int(level.fanout_y.value) for level in hardware.levels if level.fanout_y is not None),
        machine_notes=hardware.notes,
        wider=wider(workload, hardware),
        steps=workload.steps,
        clocked=clocked(hardware, cycles, energy),
    )


def wider(workload: Workload, hardware: HardwareSpec) -> tuple[Wider, ...]:
    """The layers whose elements have more bits than the machine's words of their data space."""
    found = []
    for item in workload.precisions:
        bits = 8 * item_bytes(item.dtype)
        word = hardware.compute.bits_of(cast(DataspaceName, item.dataspace))
        if bits > word:
            found.append(
                Wider(dataspace=item.dataspace, dtype=item.dtype, bits=bits, word_bits=word, layers=item.layers)
            )
    return tuple(found)


def clocked(hardware: HardwareSpec, cycles: int, energy_pj: float) -> Clocked | None:
    """Seconds, leakage and watts of so many cycles; None without a clock, or without cycles.

    seconds = cycles / clock; leakage = power of every instance · seconds; watts = (energy + leakage) / seconds.
    """
    clock = hardware.clock_hz
    if clock is None or not cycles:
        return None
    seconds, leak, area = cycles / clock, hardware.leakage_watts, hardware.area_um2
    return Clocked(
        clock_hz=clock,
        seconds=seconds,
        leakage_pj=None if leak is None else leak * seconds * 1e12,
        watts=energy_pj * 1e-12 / seconds + (leak or 0.0),
        area_mm2=None if area is None else area * 1e-6,
    )


def _from_inside(solved: LayerCost, hardware: HardwareSpec) -> dict[str, float]:
    """Energies from the multipliers outwards: a report from a file has its keys sorted."""
    known = solved.energy_by_component
    order = [level.name for level in hardware.levels if level.name in known]
    return {name: known[name] for name in (*(n for n in known if n not in order), *order)}


def unmapped(layer: Layer, because: str) -> LayerCost:
    """A layer without figures, and why."""
    return LayerCost(
        layer=layer,
        valid=False,
        because=because,
        optimal=False,
        energy_pj=0.0,
        cycles=0,
        utilisation=0.0,
        energy_by_component={},
        accesses=(),
        mapping=(),
    )
