"""Facts of runs that no machine here can measure: energy with and without its parts, and memory as an interval."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from costmodel.facts.binomial import wilson
from costmodel.ir.facts import Measurement
from costmodel.ir.run import Ending, MeterReading, Run, RunLimit, StageRun
from costmodel.measuring.run_facts import facts_of


def ran(values: Mapping[str, float | None], ending: Ending = Ending.FINISHED, seconds: float = 2.5) -> Run:
    readings = tuple(
        MeterReading(meter="m", quantity=name, unit="J", value=value, missing="" if value is not None else "no meter")
        for name, value in values.items()
    )
    stage = StageRun(stage="main.py", command=("x",), ending=ending, wall_seconds=seconds, meters=readings)
    limit = RunLimit(name="time", value=2.0, unit="s", kept_by="us")
    return Run(submission="ant", number=1, seed=0, enclosure="none", keeps=(), limits=(limit,), stages=(stage,))


def metrics(run: Run) -> dict[str, Measurement]:
    (reading,) = facts_of([run]).readings
    return {m.metric: m for m in reading.measurements}


def test_energy_is_the_sum_of_processor_and_gpu() -> None:
    found = metrics(ran({"cpu_energy_joules": 10.5, "gpu_energy_joules": 4.0, "dram_energy_joules": 2.0}))
    assert (found["energy_joules"].value, found["energy_joules"].at_least) == (Decimal("14.5"), False)
    assert found["dram_energy_joules"].value == 2


@pytest.mark.parametrize(
    ("values", "joules"),
    [
        ({"cpu_energy_joules": 10.5, "gpu_energy_joules": None}, Decimal("10.5")),
        ({"cpu_energy_joules": None, "gpu_energy_joules": 4.0}, Decimal(4)),
        ({"cpu_energy_joules": None, "gpu_energy_joules": 0.0}, None),  # a machine without a GPU, and no meter
        ({"cpu_energy_joules": None, "gpu_energy_joules": None}, None),
    ],
)
def test_energy_without_a_part_is_a_lower_bound_or_nothing(
    values: dict[str, float | None], joules: Decimal | None
) -> None:
    found = metrics(ran(values)).get("energy_joules")
    assert (found.value if found else None) == joules
    assert found is None or found.at_least


def test_the_time_of_what_the_limit_ended_is_the_limit_and_of_what_broke_it_what_it_took() -> None:
    assert metrics(ran({}, Ending.ENDED, 2.003))["training_seconds"].value == 2
    assert metrics(ran({}, Ending.BROKE, 2.003))["training_seconds"].value == Decimal("2.003")
    assert metrics(ran({}, Ending.NOT_STARTED)) == {}


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Brown, Cai and DasGupta 2001: (p̂ + z²/2n ± z·sqrt(p̂q̂/n + z²/4n²)) / (1 + z²/n), worked out for 81 of 100
    assert list(wilson(81, 100)) == pytest.approx([0.72221, 0.87485], abs=1e-5)
    assert list(wilson(0, 10)) == pytest.approx([0.0, 0.27753], abs=1e-5)
    assert list(wilson(10, 10)) == pytest.approx([0.72247, 1.0], abs=1e-5)
