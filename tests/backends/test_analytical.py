"""The analytical backend on whole networks: the course's recorded figures, and the proven optima.

Source of the figures: public repository abf149/lab2-2022-abf149, commit db64e27, as its profiler printed them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import costmodel
from costmodel.backends.analytical import estimate
from costmodel.backends.machine import machine_of
from costmodel.errors import UnknownNameError
from costmodel.hardware.spec import load_hardware
from costmodel.ir.codec import dumps, loads
from costmodel.ir.cost import SCHEMA, CostReport
from costmodel.ir.workload import Layer, Place, Workload
from costmodel.mapping.lab import simple_weight_stationary

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
    report = estimate(workload, load_hardware(LAB))
    assert [solved.valid for solved in report.layers] == [False, True]
    assert report.layers[0].because
    assert not report.complete
    assert report.energy_pj == 2 * report.layers[1].energy_pj > 0
    assert "AT LEAST" in costmodel.render(report)


def test_an_unknown_search_lists_the_known_ones() -> None:
    workload = Workload(phase="inference", layers=(), not_mapped=(), operations=0, bytes_moved=0)
    with pytest.raises(UnknownNameError, match="course, optimum"):
        estimate(workload, load_hardware(LAB), search="luck")
