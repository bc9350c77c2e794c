"""Trace + cost report → a time line in cycles: the layer problems in the order in which the step first needs them."""

from __future__ import annotations

from costmodel.ir.cost import CostReport
from costmodel.ir.timeline import CYCLES, Slice, Timeline
from costmodel.ir.trace import Trace
from costmodel.ir.workload import Place
from costmodel.passes.summary import layer_name


def accelerator_timeline(trace: Trace, cost: CostReport) -> Timeline:
    """One slice for each place of a solved layer problem, as long as its cycles times its calls there."""
    order: dict[tuple[str, str], int] = {}
    for number, call in enumerate(trace.calls):
        order.setdefault((call.phase.value, layer_name(call.scope)), number)
    placed = [(order.get((_phase(place), place.layer), len(trace.calls)), place, solved)
              for solved in cost.layers if solved.valid for place in solved.layer.places]  # fmt: skip
    slices = tuple(
        Slice(
            phase=_phase(place),
            layer=place.layer,
            op=solved.layer.lowered_as,
            duration=float(solved.cycles * place.times),
            facts={
                "energy_pj": solved.energy_pj * place.times,
                "utilisation": solved.utilisation,
                "times": place.times,
                "problem": " ".join(f"{dim}={bound}" for dim, bound in solved.layer.instance.items()),
            },
        )
        for _, place, solved in sorted(placed, key=lambda item: item[0])
    )
    notes = [f"{100 * (1 - cost.mapped_operations_share):.1f}% of the operations are in no layer problem: not drawn"]
    notes += [f"{s.layer.names[0]} has no mapping: not drawn" for s in cost.layers if not s.valid]
    title = f"{cost.phase} on {cost.hardware}, estimated"
    return Timeline(title=title, unit=CYCLES, slices=slices, notes=tuple(notes))


def _phase(place: Place) -> str:
    """Where a part of the count runs: the loss's own backward belongs to the backward phase."""
    return "backward" if place.part == "loss_backward" else place.part
