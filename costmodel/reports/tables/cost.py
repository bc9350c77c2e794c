"""A cost report as tables: totals by component, layers, and the work beside them."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.workload import Layer
from costmodel.reports.assumptions import varying_notes
from costmodel.reports.table import Cell, Percent, Table
from costmodel.reports.view import View
from costmodel.reports.whole_network import physical, whole_tables, words

NOUN = CostReport

_MOST = 3
"""Layers of which it is said how much of the cycles they take."""


def tables(cost: CostReport, view: View) -> list[Table]:
    """Totals, layers, and what was not mapped."""
    result = [_totals(cost), _layers(cost)]
    if cost.whole is not None:
        result[1:1] = whole_tables(cost, cost.whole, by_layer=view.layers)
    if cost.checks:
        result.append(_checks(cost))
    if cost.not_mapped and cost.whole is None:
        result.append(_beside(cost))
    if cost.machine_notes:
        result.append(
            Table("Said of the machine, and not modelled", ("what",), [(note,) for note in cost.machine_notes])
        )
    return result


def records(cost: CostReport, view: View) -> Table:  # noqa: ARG001  # a cost report has one view
    """One row per layer problem; figures of one without a mapping are unknown."""
    headers = (
        "problem", "places", "times", "energy_pj", "cycles", "utilisation", "macs", "valid", "proven_optimal",
        "because",
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for solved in cost.layers:
        layer = solved.layer
        figures: list[Cell] = [None] * 3
        if solved.valid:
            figures = [solved.energy_pj, solved.cycles, solved.utilisation]
        proven = ["yes" if solved.valid else "no", "yes" if solved.valid and solved.optimal else "no"]
        places = "; ".join(layer.names)
        rows.append([_problem(solved), places, layer.repeats, *figures, layer.macs, *proven, solved.because])
    return Table("", headers, rows)


def _totals(cost: CostReport) -> Table:
    rows: list[list[Cell]] = [["energy, mJ", cost.energy_mj, ""]]
    rows += [
        [f"of it {name}", energy * 1e-9, Percent(100 * energy / cost.energy_pj)]
        for name, energy in cost.energy_by_component.items()
        if cost.energy_pj
    ]
    rows += [
        ["cycles", cost.cycles, ""],
        ["utilisation", round(cost.utilisation, 6), f"of {cost.units} multiply-accumulate units"],
        *physical(cost.clocked),
    ]
    if cost.steps is not None:
        rows.append(["energy of the training, mJ", cost.energy_mj * cost.steps, f"{cost.steps:,} steps like this one"])
    rest = "has no energy here" if cost.whole is None else "is below"
    notes = [f"{cost.mapped_operations_share:.2%} of the operations are in the layers; the rest {rest}", *words(cost)]
    if not all(solved.valid for solved in cost.layers):
        notes.insert(0, "AT LEAST: a layer has no valid mapping (see below)")
    notes[:0] = [f"AT LEAST: {item}" for item in cost.uncounted]
    notes[:0] = varying_notes(cost.varies)
    title = f"{cost.phase} on {cost.hardware} ({cost.backend}, search {cost.search})"
    return Table(title, ("what", "value", "share"), rows, notes)


def _layers(cost: CostReport) -> Table:
    headers = ("problem", "places", "times", "energy, pJ", "cycles", "utilisation", "mapping")
    rows = [_layer(solved) for solved in cost.layers]
    return Table("Layer problems (one solution each)", headers, rows, [*_most_cycles(cost)])


def _most_cycles(cost: CostReport) -> Iterator[str]:
    """The layers that take the most of the cycles, and how busy the units are there."""
    solved = [layer for layer in cost.layers if layer.valid]
    total = sum(layer.cycles * layer.layer.repeats for layer in solved)
    most = sorted(solved, key=lambda layer: -layer.cycles * layer.layer.repeats)[:_MOST]
    said = [
        f"{_places(layer.layer)} {layer.cycles * layer.layer.repeats / total:.1%} ({layer.utilisation:.1%})"
        for layer in most
        if total
    ]
    if said:
        yield f"where the cycles go (and which share of the units works there): {', '.join(said)}"


def _places(layer: Layer) -> str:
    return layer.names[0] + (f" and {len(layer.names) - 1} more" if len(layer.names) > 1 else "")


def _layer(solved: LayerCost) -> list[Cell]:
    layer = solved.layer
    places, problem = _places(layer), _problem(solved)
    if not solved.valid:
        return [problem, places, layer.repeats, None, None, None, f"none: {solved.because}"]
    status = "proven optimal" if solved.optimal else "not proven"
    return [problem, places, layer.repeats, solved.energy_pj, solved.cycles, round(solved.utilisation, 4), status]


def _checks(cost: CostReport) -> Table:
    rows: list[list[Cell]] = []
    for ours, check in zip(cost.layers, cost.checks, strict=True):
        verdict = "yes" if check.agrees else "NO"
        theirs: list[Cell] = [check.energy_pj, check.cycles, verdict, check.because]
        rows.append([_problem(ours), ours.energy_pj, ours.cycles, *theirs])
    agreeing = sum(check.agrees for check in cost.checks)
    title = f"The same mappings by timeloop-model ({agreeing} of {len(rows)} agree)"
    headers = ("problem", "energy, pJ", "cycles", "Timeloop's, pJ", "its cycles", "agree", "because")
    return Table(title, headers, rows, [f"build: {by}" for by in sorted({check.by for check in cost.checks})])


def _problem(solved: LayerCost) -> str:
    return " ".join(f"{dim}{bound}" for dim, bound in solved.layer.instance.items() if bound != 1) or "C1"


def _beside(cost: CostReport) -> Table:
    largest = sorted(cost.not_mapped, key=lambda item: (-item.operations, item.op, item.part))
    rows = [(i.op, i.part, i.times, i.operations, i.bytes_moved) for i in largest]
    return Table("Not mapped: work beside the layers", ("op", "part", "times", "operations", "bytes moved"), rows)
