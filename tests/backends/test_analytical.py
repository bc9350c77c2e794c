"""The analytical backend on whole networks: the course's recorded figures, and the proven optima.

Source of the figures: public repository abf149/lab2-2022-abf149, commit db64e27, as its profiler printed them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import costmodel
from costmodel.backends.analytical import estimate, solve_front
from costmodel.backends.analytical.machine_of_spec import machine_of
from costmodel.backends.backend import Run, Search
from costmodel.errors import UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import SCHEMA, CostReport
from costmodel.ir.workload import Layer, Place, Workload
from costmodel.mapping.objective import OBJECTIVES
from tests.mapping.lab import simple_weight_stationary

LENET = "examples/zoo/lenet.py:LeNet5"
LAB = "simple_weight_stationary"


def test_the_spec_gives_the_engine_the_machine_that_it_was_checked_with() -> None:
    assert machine_of(load_hardware(LAB)) == simple_weight_stationary()


def test_the_courses_search_gives_the_recorded_figures_of_lenet(in_root: Path) -> None:
    report = costmodel.estimate(LENET, LAB, search="course")
    assert report.cycles == 22_366
    assert round(report.energy_mj, 8) == 0.0268069
    assert not any(layer.optimal for layer in report.layers)


def test_the_optimum_of_lenet_is_proven_and_no_worse(in_root: Path) -> None:
    report = costmodel.estimate(LENET, LAB)
    assert all(layer.optimal for layer in report.layers)
    assert (report.cycles, round(report.energy_mj, 4)) == (22_354, 0.0173)
    assert sum(report.energy_by_component.values()) == pytest.approx(report.energy_pj)
    assert report.energy_pj == sum(layer.energy_pj * layer.layer.repeats for layer in report.layers)


def test_a_training_step_maps_forward_and_both_gradients(in_root: Path) -> None:
    report = costmodel.estimate(LENET, LAB, phase="training")
    parts = {name.split(":")[0] for solved in report.layers for name in solved.layer.names}
    assert parts == {"forward", "backward"}
    assert report.complete
    assert report.energy_pj > costmodel.estimate(LENET, LAB).energy_pj
    assert 0 < report.mapped_operations_share < 1


def test_an_executor_and_the_cache_change_nothing(in_root: Path) -> None:
    plain = costmodel.estimate(LENET, LAB)
    with ThreadPoolExecutor(2) as executor:
        assert costmodel.estimate(LENET, LAB, executor=executor) == plain
    first = costmodel.estimate(LENET, LAB, cache=True)
    assert first == costmodel.estimate(LENET, LAB, cache=True) == plain
    assert loads(CostReport, dumps(first, SCHEMA), SCHEMA) == first


def layer(**instance: int) -> Layer:
    places = (Place(part="forward", layer="x", times=2),)
    return Layer(places=places, instance=instance, depthwise=False, word_bits=16, lowered_as="convolution")


def test_a_layer_that_fits_no_mapping_says_so_and_loses_no_other() -> None:
    # R·S = 225 weights do not fit the 192-word scratchpad, and R and S may not be split (mapspace.md 1)
    workload = Workload(
        phase="inference",
        layers=(layer(C=1, M=1, R=15, S=15, N=1, P=4, Q=4), layer(C=16, M=16, R=1, S=1, N=1, P=1, Q=1)),
        not_mapped=(),
        operations=1,
        bytes_moved=1,
    )
    report = estimate(workload, load_hardware(LAB), Search(), Run())
    assert [solved.valid for solved in report.layers] == [False, True]
    assert report.layers[0].because
    assert not report.complete
    assert report.energy_pj == 2 * report.layers[1].energy_pj > 0
    assert "AT LEAST" in costmodel.render(report)


SMALL = Workload(
    phase="inference",
    layers=(layer(C=32, M=32, R=3, S=3, N=1, P=8, Q=8), layer(C=64, M=10, R=1, S=1, N=1, P=1, Q=1)),
    not_mapped=(),
    operations=1,
    bytes_moved=1,
)


def test_worker_processes_change_nothing() -> None:
    steps: list[tuple[int, int]] = []
    spec = load_hardware(LAB)
    parallel = estimate(SMALL, spec, Search(), Run(jobs=2, progress=lambda done, of: steps.append((done, of))))
    assert parallel == estimate(SMALL, spec, Search(), Run())
    assert steps == [(1, 2), (2, 2)]


def test_every_objective_is_the_best_at_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path))  # a cache shared by objectives must not mix them up
    for cached in (False, True, True):
        run = Run(cache=cached)
        found = {o: estimate(SMALL, load_hardware(LAB), Search(objective=o), run) for o in OBJECTIVES}
        assert {report.search for report in found.values()} == {"optimum", "optimum of energy", "optimum of edp"}
        for mine in zip(*(report.layers for report in found.values()), strict=True):
            assert all(solved.optimal for solved in mine)
            latency, energy, edp = mine
            assert latency.cycles == min(solved.cycles for solved in mine)
            assert energy.energy_pj == min(solved.energy_pj for solved in mine)
            assert edp.energy_pj * edp.cycles == min(solved.energy_pj * solved.cycles for solved in mine)


def test_the_front_of_a_layer_runs_from_fast_to_frugal() -> None:
    # 15 output channels leave Y's fan-out free (16 does not divide it), so fewer PEs are a choice
    front = solve_front(layer(C=512, M=51, R=3, S=3, N=4, P=4, Q=4), load_hardware(LAB), "exact")
    assert [solved.cycles for solved in front] == sorted({solved.cycles for solved in front})
    assert [solved.energy_pj for solved in front] == sorted({solved.energy_pj for solved in front}, reverse=True)
    assert len(front) > 1
    assert all(solved.optimal for solved in front)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"search": "luck"}, "course, optimum"),
        ({"objective": "beauty"}, "edp, energy, latency"),
        ({"effort": "none"}, "exact, fast"),
        ({"search": "course", "objective": "energy"}, "use search optimum"),
        ({"jobs": -1}, "0 for one per core"),
    ],
)
def test_a_word_that_is_not_known_is_told(words: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        costmodel.estimate(SMALL, LAB, **words)
