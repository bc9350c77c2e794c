"""Agreement with the real timeloop-model: every counter, energy and cycle count of recorded mappings.

``timeloop_cases.json``: the lab's machine, behaviours A, B and D. ``timeloop_links.json``: release 3.0.3 (behaviour E)
on other machines, mappings in which neighbouring PEs hand inputs on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.hardware.machines import load_hardware
from costmodel.mapping.cost.evaluate import evaluate
from costmodel.mapping.cost.mapping_cost import Evaluation
from costmodel.mapping.mapping import Mapping
from costmodel.mapping.problem import Problem
from tests.mapping.lab import simple_weight_stationary

DATA = Path(__file__).parent / "data"
RECORDED = json.loads((DATA / "timeloop_cases.json").read_text(encoding="utf-8"))
LINKS: dict[str, dict[str, Any]] = json.loads((DATA / "timeloop_links.json").read_text(encoding="utf-8"))["cases"]
CASES: dict[str, dict[str, Any]] = RECORDED["cases"]
CENT = 0.00501
"""Recorded energies have two decimals."""


def assert_recorded(found: Evaluation, case: dict[str, Any]) -> None:
    assert found.valid, found.because
    assert found.cycles == case["cycles"]
    entries = {(entry.level, entry.dataspace): entry for entry in found.accesses}
    for level, by_dataspace in case["levels"].items():
        for dataspace, figures in by_dataspace.items():
            entry = entries[level, dataspace]
            counted = {"reads": entry.reads, "fills": entry.fills, "updates": entry.updates}
            assert counted == {kind: figures[kind] for kind in counted}, (level, dataspace)
            assert entry.energy_pj == pytest.approx(figures["energy_pJ"], abs=CENT, rel=0)


def problem_of(case: dict[str, Any]) -> Problem:
    return Problem.from_instance(case["instance"], depthwise=case["depthwise"])


@pytest.mark.parametrize("name", CASES)
def test_behaviour_d_is_the_recorded_model(name: str) -> None:
    case = CASES[name]
    found = evaluate(problem_of(case), simple_weight_stationary("D"), Mapping.from_json(case["mapping"]))
    assert_recorded(found, case)
    assert found.energy_pj == pytest.approx(case["energy_pj"], abs=CENT, rel=0)
    assert found.utilisation == pytest.approx(case["utilisation"], abs=CENT)


@pytest.mark.parametrize("name", LINKS)
def test_links_are_read_and_filled_where_the_words_are_kept(name: str) -> None:
    case = LINKS[name]
    machine = machine_of(load_hardware(case["hardware"]))
    mapping = Mapping.from_json(case["mapping"])
    assert_recorded(evaluate(problem_of(case), machine, mapping), case)


@pytest.mark.parametrize("name", CASES)
def test_behaviour_a_differs_only_where_it_was_seen_to(name: str) -> None:
    case = CASES[name]
    expected = RECORDED["version_A_where_it_differs"].get(name, case)
    found = evaluate(problem_of(case), simple_weight_stationary("A"), Mapping.from_json(case["mapping"]))
    assert found.cycles == expected["cycles"]
    assert found.energy_pj == pytest.approx(expected["energy_pj"], abs=CENT, rel=0)


@pytest.mark.parametrize("name", CASES)
def test_behaviour_b_forbids_reduction_in_dram_and_is_else_d(name: str) -> None:
    case = CASES[name]
    d = evaluate(problem_of(case), simple_weight_stationary("D"), Mapping.from_json(case["mapping"]))
    b = evaluate(problem_of(case), simple_weight_stationary("B"), Mapping.from_json(case["mapping"]))
    reduces = any(o.reads for o in d.accesses if (o.level, o.dataspace) == ("DRAM", "Outputs"))
    assert b.valid is not reduces
    assert b == d or "DRAM would reduce" in b.because
