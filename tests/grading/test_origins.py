"""Where a submission's cycles, energy and peak come from; every sum is written out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from costmodel.grading.origins import origins_of
from costmodel.ir.analysis import PeakActivation
from costmodel.ir.cost import LayerCost
from costmodel.ir.workload import Place
from tests.reports import nouns


def solved(cycles: int, energy_pj: float, *places: tuple[str, int], valid: bool = True, **instance: int) -> LayerCost:
    one = nouns.solved(valid=valid, **instance)  # type: ignore[arg-type]  # bounds only
    where = tuple(Place(part="forward", layer=name, times=times) for name, times in places)
    return replace(one, layer=replace(one.layer, places=where), cycles=cycles, energy_pj=energy_pj)


ANALYSIS = nouns.analysis()
ANALYSIS = replace(
    ANALYSIS,
    layers=tuple(
        replace(row, where=f"net.py:{9 + n}" if row.layer == "conv" else "", shapes="3x4 → 6x4")
        for n, row in enumerate(ANALYSIS.layers)
    ),
)


def test_cycles_and_energy_are_added_up_by_layer() -> None:
    cost = nouns.cost(
        layers=(
            solved(100, 3e9, ("conv", 2), ("fc", 1), P=4), solved(50, 9e9, ("conv", 1), M=8),
            solved(7, 1e9, ("gone", 1), valid=False),
        )
    )  # fmt: skip
    cycles = [o for o in origins_of(ANALYSIS, cost) if o.figure == "cycles"]
    assert [(o.layer, o.problem, o.where, o.amount, o.share) for o in cycles] == [
        ("conv", "C3 P4", "net.py:9", 250, 250 / 350), ("fc", "C3 P4", "", 100, 100 / 350),
    ]  # fmt: skip
    energy = [o for o in origins_of(ANALYSIS, cost) if o.figure == "energy"]
    # 2 x 3e9 + 9e9 pJ are 15 mJ; the larger of the two problems is named
    assert [(o.layer, o.problem, o.unit) for o in energy] == [("conv", "C3 M8", "mJ"), ("fc", "C3 P4", "mJ")]
    assert [o.amount for o in energy] == [pytest.approx(15), pytest.approx(3)]
    many = nouns.cost(layers=tuple(solved(n, 1.0, (f"l{n}", 1)) for n in range(1, 9)))
    shown = [o.layer for o in origins_of(ANALYSIS, many) if o.figure == "cycles"]
    assert shown == ["l8", "l7", "l6", "l5", "l4"]
    # "C" alone is 1, too
    assert origins_of(ANALYSIS, nouns.cost(layers=(solved(1, 1.0, ("conv", 1), C=1),)))[0].problem == "C1"


def test_without_a_machine_the_operations_count() -> None:
    step = [o for o in origins_of(ANALYSIS, None) if o.figure != "peak activation"]
    # 4 n + 6, + 3 for what comes before: the fixture's own sum, 1206 for fc, 406 for conv, 86 for the loss
    assert [(o.layer, o.amount, o.problem) for o in step] == [
        (row.layer, row.operations.step, "3x4 → 6x4")
        for row in sorted(ANALYSIS.layers, key=lambda row: -row.operations.step)
    ]
    assert {o.figure for o in step} == {"operations of a step"}
    assert origins_of(None, None) == ()


def test_the_peak_is_named_by_both_conventions_once_where_they_agree() -> None:
    def peaks(**more: object) -> list[tuple[object, ...]]:
        given = {"layer_io": 5000, "layer_io_layer": "conv", "lab_profiler": 5000, "lab_profiler_layer": "conv", **more}
        totals = replace(ANALYSIS.totals, peak_activation_bytes=PeakActivation(**given))  # type: ignore[arg-type]
        found = origins_of(replace(ANALYSIS, totals=totals), None)
        return [(o.layer, o.amount, o.where, o.by) for o in found if o.figure == "peak activation"]

    assert peaks() == [("conv", 5000, "net.py:9", "")]
    io, lab = "every layer, functional calls too", "the course's profiler: leaf modules"
    assert peaks(layer_io=6000, layer_io_layer="relu", layer_io_where="net.py:7") == [
        ("relu", 6000, "net.py:7", io), ("conv", 5000, "net.py:9", lab),
    ]  # fmt: skip
    assert peaks(lab_profiler=0, lab_profiler_layer="") == [("conv", 5000, "net.py:9", io)]
