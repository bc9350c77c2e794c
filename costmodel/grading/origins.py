"""The layers that a submission's cycles, energy and peak come from, so that its author knows where to begin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from costmodel.files.quoting import safe_text
from costmodel.ir.analysis import Analysis, LayerRow
from costmodel.ir.cost import CostReport, LayerCost
from costmodel.ir.grades import Origin

_MOST = 5
"""Layers of each figure."""


def origins_of(analysis: Analysis | None, cost: CostReport | None) -> tuple[Origin, ...]:
    """Of cycles and energy on the rulebook's machine (of operations where there is none), then of the peak."""
    if analysis is None:
        return ()
    rows = {row.layer: row for row in analysis.layers}
    found = [*_of_step(analysis)] if cost is None else [*_mapped("cycles", cost, rows), *_mapped("energy", cost, rows)]
    return (*found, *_peaks(analysis, rows))


def _mapped(figure: str, cost: CostReport, rows: Mapping[str, LayerRow]) -> Iterator[Origin]:
    parts: dict[str, list[tuple[float, str]]] = {}
    for solved in cost.layers:
        if solved.valid:
            one = solved.cycles if figure == "cycles" else solved.energy_pj
            for place in solved.layer.places:
                parts.setdefault(place.layer, []).append((place.times * one, _problem(solved)))
    sums = {layer: sum(amount for amount, _ in found) for layer, found in parts.items()}
    whole = sum(sums.values())
    for layer in sorted(sums, key=lambda layer: -sums[layer])[:_MOST]:
        yield Origin(
            figure=figure,
            layer=safe_text(layer),
            problem=max(parts[layer], key=lambda part: part[0])[1],  # of several the one that takes most
            where=_where(rows.get(layer)),
            amount=int(sums[layer]) if figure == "cycles" else sums[layer] * 1e-9,
            unit="cycles" if figure == "cycles" else "mJ",
            share=sums[layer] / whole if whole else None,
        )


def _problem(solved: LayerCost) -> str:
    bounds = solved.layer.instance.items()
    return " ".join(f"{dim}{bound}" for dim, bound in bounds if bound != 1) or "C1"


def _of_one_image(shapes: str, batch: int) -> str:
    """Shapes without the batch, as the bytes beside them are of one image."""
    return re.sub(rf"(?<![0-9x]){batch}x", "", shapes)


def _where(row: LayerRow | None) -> str:
    return "" if row is None else safe_text(row.where)


def _of_step(analysis: Analysis) -> Iterator[Origin]:
    whole = analysis.totals.operations.step
    for row in _largest(analysis.layers):
        yield Origin(
            figure="operations of a step",
            layer=safe_text(row.layer),
            problem=safe_text(row.shapes),
            where=_where(row),
            amount=row.operations.step,
            unit="operations",
            share=row.operations.step / whole if whole else None,
        )


def _largest(rows: Iterable[LayerRow]) -> list[LayerRow]:
    ordered = sorted(rows, key=lambda row: -row.operations.step)
    return [row for row in ordered if row.operations.step][:_MOST]


def _peaks(analysis: Analysis, rows: Mapping[str, LayerRow]) -> Iterator[Origin]:
    """The largest layer by both conventions, once where they agree."""
    peak = analysis.totals.peak_activation_bytes
    found = [
        ("every layer, functional calls too", peak.layer_io, peak.layer_io_layer, peak.layer_io_where),
        ("the course's profiler: leaf modules", peak.lab_profiler, peak.lab_profiler_layer, peak.lab_profiler_where),
    ]
    same = found[0][1:] == found[1][1:]
    for by, amount, layer, where in found[:1] if same else found:
        if layer:
            row = rows.get(layer)
            yield Origin(
                figure="peak activation",
                layer=safe_text(layer),
                problem="" if row is None else safe_text(_of_one_image(row.shapes, analysis.phases[0].batch)),
                where=safe_text(where) or _where(row),
                amount=amount,
                unit="bytes",
                by="" if same else by,
            )
