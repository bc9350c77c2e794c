"""Agreement with the course's docker: what its search printed for every layer, and the proven optimum of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from costmodel.mapping.problem import Problem
from costmodel.mapping.search.optimum import optimum
from costmodel.mapping.search.timeloop.mapper import course_search
from tests.mapping.lab import simple_weight_stationary

RECORDED = json.loads((Path(__file__).parent / "data" / "lab_recorded.json").read_text(encoding="utf-8"))
LAYERS: list[dict[str, Any]] = RECORDED["layers"]


def title(layer: dict[str, Any]) -> str:
    shown = "".join(f"{dim}{size}" for dim, size in layer["instance"].items() if size != 1)
    return f"{layer['network']}-{shown}"


@pytest.mark.parametrize("layer", LAYERS, ids=title)
def test_the_courses_search_gives_the_recorded_figures(layer: dict[str, Any]) -> None:
    found = course_search(Problem.from_instance(layer["instance"]), simple_weight_stationary())
    assert found.evaluation.cycles == layer["cycles"]
    assert f"{found.evaluation.energy_pj:.2f}" == f"{layer['energy_pJ']:.2f}"
    assert not found.proven


@pytest.mark.parametrize("layer", LAYERS, ids=title)
def test_the_optimum_is_the_proven_one(layer: dict[str, Any]) -> None:
    found = optimum(Problem.from_instance(layer["instance"]), simple_weight_stationary())
    assert found.proven
    assert found.evaluation.cycles == layer["optimal_cycles"]
    assert f"{found.evaluation.energy_pj:.2f}" == f"{layer['optimal_energy_pj']:.2f}"


@pytest.mark.parametrize("network", RECORDED["totals"])
def test_the_layers_are_the_whole_network(network: str) -> None:
    layers = [layer for layer in LAYERS if layer["network"] == network]
    total = sum(layer["count"] * layer["energy_pJ"] for layer in layers) * 1e-9
    assert total == pytest.approx(RECORDED["totals"][network]["total_energy_mJ"], rel=1e-6)
    cycles = sum(layer["count"] * layer["cycles"] for layer in layers) * 1e-6
    assert cycles == pytest.approx(RECORDED["totals"][network]["total_cycles_M"])
