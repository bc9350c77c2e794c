"""Analysis + what a machine spends → Analysis: energy, cycles or seconds beside the operations, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from costmodel.ir.analysis import Analysis, LayerRow
from costmodel.ir.cost import CostReport
from costmodel.ir.gpu_estimate import GpuEstimate


def attach_cost(analysis: Analysis, cost: CostReport) -> Analysis:
    """The analysis with the cost report and its figures in rows and totals."""
    shares = _shares(cost)
    return replace(
        analysis,
        cost=cost,
        totals=replace(analysis.totals, energy_mj=cost.energy_mj, cycles=cost.cycles),
        layers=tuple(_with_share(row, shares.get(row.layer), cost.units) for row in analysis.layers),
    )


@dataclass
class _Share:
    energy_pj: float = 0.0
    cycles: int = 0
    macs: int = 0


def _shares(cost: CostReport) -> dict[str, _Share]:
    shares: dict[str, _Share] = {}
    for solved in cost.layers:
        for place in solved.layer.places if solved.valid else ():
            share = shares.setdefault(place.layer, _Share())
            share.energy_pj += solved.energy_pj * place.times
            share.cycles += solved.cycles * place.times
            share.macs += solved.layer.macs * place.times
    return shares


def _with_share(row: LayerRow, share: _Share | None, units: int) -> LayerRow:
    if share is None:
        return row
    utilisation = share.macs / (units * share.cycles) if share.cycles else 0.0
    return replace(row, energy_pj=share.energy_pj, cycles=share.cycles, utilisation=utilisation)


def attach_gpu(analysis: Analysis, found: GpuEstimate) -> Analysis:
    """The analysis with the estimate on a GPU, and its median seconds in the rows of layers and ops."""
    layers = {row.layer: row.seconds for row in found.layers}
    ops = {(row.op, row.part): row.seconds for row in found.ops}
    return replace(
        analysis,
        gpu=found.run,
        time=found.time,
        memory=found.memory,
        energy=found.energy,
        layers=tuple(replace(row, seconds=layers.get(row.layer)) for row in analysis.layers),
        ops=tuple(replace(row, seconds=ops.get((row.op.rpartition(".")[0], row.part))) for row in analysis.ops),
        assumptions=(*analysis.assumptions, *found.assumptions),
    )
