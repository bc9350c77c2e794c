"""The real timeloop-model and timeloop-mapper, where they are installed: our files, our figures, to the digit."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from costmodel import backends
from costmodel.backends.analytical import estimate
from costmodel.backends.backend import Run, Search
from costmodel.backends.timeloop import estimate as estimate_by_timeloop
from costmodel.backends.timeloop import verify
from costmodel.backends.timeloop.tools import MODEL, Installation, find_tool
from costmodel.errors import UsageError
from costmodel.hardware.machines import load_hardware
from costmodel.hardware.spec import HardwareSpec
from costmodel.ir.cost import CostReport, LayerCheck
from costmodel.ir.workload import Layer, Workload
from costmodel.ir.workload import Place as LayerPlace
from costmodel.verbs.estimate import workload_of

LAB = load_hardware("simple_weight_stationary")
ORACLE = Path(__file__).parents[1] / "oracles" / "data" / "timeloop_cases.json"
CASES: dict[str, dict[str, Any]] = json.loads(ORACLE.read_text(encoding="utf-8"))["cases"]


def layer(instance: dict[str, int], depthwise: bool) -> Layer:
    places = (LayerPlace(part="forward", layer="x", times=1),)
    return Layer(places=places, instance=instance, depthwise=depthwise, word_bits=16, lowered_as="convolution")


def workload(*layers: Layer) -> Workload:
    return Workload(phase="inference", layers=layers, not_mapped=(), operations=1, bytes_moved=0)


@dataclass(frozen=True)
class Real:
    """The binaries on this machine, and the lab's machine with the behaviour that they have."""

    run: Run
    spec: HardwareSpec


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    run = Run(options={"work": tmp_path_factory.mktemp("timeloop"), "time_limit": 300.0})
    try:
        find_tool(MODEL, Installation())
    except UsageError as error:
        pytest.skip(f"the real Timeloop did not run: {error}")
    for behaviour in ("D", "E"):
        spec = LAB.model_copy(update={"timeloop": behaviour})
        # a mapping with spatial halos, on which versions differ
        (check,) = verify(evaluated(spec, CASES["random_dw_9"]), spec, run)
        assert check.energy_pj is not None, check.because
        if check.agrees:
            return Real(run, spec)
    pytest.skip(f"the real Timeloop did not run: {check.by} is none of the versions that we know ({check.because})")


def evaluated(spec: HardwareSpec, *cases: dict[str, Any]) -> CostReport:
    """The analytical figures of recorded mappings."""
    solver = backends.solver()
    costs = tuple(solver.evaluate(layer(c["instance"], c["depthwise"]), spec, c["mapping"]) for c in cases)
    return replace(estimate(workload(), spec, Search(), Run()), layers=costs)


def disagreeing(report: CostReport, real: Real) -> list[LayerCheck]:
    return [check for check in verify(report, real.spec, real.run) if not check.agrees]


def test_the_real_model_gives_every_recorded_figure(real: Real) -> None:
    assert disagreeing(evaluated(real.spec, *CASES.values()), real) == []


@pytest.mark.parametrize("phase", ["inference", "training"])
def test_the_real_model_agrees_on_the_optimum_of_a_network(real: Real, in_root: Path, phase: str) -> None:
    lenet = workload_of("examples/zoo/lenet.py:LeNet5", {}, phase=phase, use_cache=False)
    assert disagreeing(estimate(lenet, real.spec, Search(), Run()), real) == []


@pytest.mark.slow
def test_the_real_mapper_finds_what_the_courses_search_finds(real: Real) -> None:
    if real.spec.timeloop != "D":
        pytest.skip("the real Timeloop did not run: its mapper is not the course's version")
    problems = workload(layer({"C": 84, "M": 10}, False), layer({"C": 8, "R": 3, "S": 3, "P": 8, "Q": 8}, True))
    theirs = estimate_by_timeloop(problems, LAB, Search(), real.run)
    ours = estimate(problems, LAB, Search(search="course"), Run())
    for found, expected in zip(theirs.layers, ours.layers, strict=True):
        assert found.valid, found.because
        assert found.mapping == expected.mapping
        assert found.cycles == expected.cycles
        assert found.energy_pj == pytest.approx(expected.energy_pj, abs=0.00501, rel=0)
