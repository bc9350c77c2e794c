"""The time of a training: phases, cycles of steps that differ, data that keeps a card waiting, limits on power."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import costmodel
from costmodel.backends.gpu.pipeline import kept_waiting
from costmodel.ir.interval import Interval

NET: dict[str, Any] = {"input": "3x32x32", "batch": 64, "optimizer": "sgd"}
MODEL = "examples/zoo/resnet.py:ResNet18"


def estimate(**words: Any) -> costmodel.GpuEstimate:
    found: costmodel.GpuEstimate = costmodel.estimate(MODEL, "v100-sxm2-16gb", **{**NET, **words})
    return found


@pytest.fixture(scope="module")
def plain() -> costmodel.GpuEstimate:
    return estimate(steps=1000)


def between(found: Interval, start: Interval, step: Interval, steps: float) -> None:
    for end in ("low", "median", "high"):
        expected = getattr(start, end) + steps * getattr(step, end)
        assert getattr(found, end) == pytest.approx(expected, rel=1e-6)


START = Interval(low=2.0, median=8.0, high=30.0)
"""Of costmodel/backends/gpu/estimate.py."""


def test_a_training_is_its_start_and_its_steps(plain: costmodel.GpuEstimate) -> None:
    assert plain.time.training_seconds is not None
    between(plain.time.training_seconds, START, plain.time.step_seconds, 1000)


def test_sharpness_at_every_second_step_is_half_of_the_steps(plain: costmodel.GpuEstimate) -> None:
    every, second = (estimate(sam=k, steps=1000).time for k in (1, 2))
    assert second.training_seconds is not None
    expected = 8.0 + 500 * plain.time.step_seconds.median + 500 * every.step_seconds.median
    assert second.training_seconds.median == pytest.approx(expected, rel=1e-6)


def test_a_step_of_a_cycle_is_one_on_average(plain: costmodel.GpuEstimate) -> None:
    count = itertools.count()

    def twice_at_every_other(model: Any, optimizer: Any, batch: Any) -> None:
        for _ in range(1 + next(count) % 2):
            optimizer.zero_grad()
            model(batch[0]).sum().backward()
        optimizer.step()

    found = estimate(step=twice_at_every_other, cycle=2, steps=1000).time
    once, again = plain.time.parts, found.parts
    assert again["forward"] == pytest.approx(1.5 * once["forward"], rel=0.01)
    assert again["optimizer"] == pytest.approx(once["optimizer"], rel=0.05)
    assert sum(again.values()) == pytest.approx(found.step_seconds.median)
    assert found.training_seconds is not None
    between(found.training_seconds, START, found.step_seconds, 1000)


def test_phases_add_up(plain: costmodel.GpuEstimate) -> None:
    phases = [{"name": "a", "steps": 100}, {"name": "b", "steps": 50, "batch": 128}]
    found = estimate(phases=phases).time
    other = estimate(batch=128).time.step_seconds
    assert found.training_seconds is not None
    expected = 8.0 + 100 * plain.time.step_seconds.median + 50 * other.median
    assert found.training_seconds.median == pytest.approx(expected, rel=1e-6)


def test_an_evaluation_computes_in_the_precision_that_was_asked_for() -> None:
    """A forward pass in evaluation mode once ran in FP32 whatever autocast said."""
    single, half = (estimate(phase="inference", precision=p).memory.allocated_bytes.median for p in ("fp32", "amp"))
    assert half < 0.8 * single


def test_inference_takes_the_batch_and_no_gradients(plain: costmodel.GpuEstimate) -> None:
    found = estimate(phase="inference")
    assert found.run.batch == 64
    assert set(found.time.parts) == {"forward"}
    assert found.time.step_seconds.median < 0.5 * plain.time.step_seconds.median
    assert found.memory.phase == "inference"


def test_workers_that_are_too_few_keep_the_card_waiting(plain: costmodel.GpuEstimate) -> None:
    step = Interval(low=0.1, median=0.1, high=0.1)
    # 64 photographs at 4, 8 and 15 ms each, by two processes
    assert kept_waiting(step, 64, 2, 224 * 224) == Interval(low=0.128, median=0.256, high=0.48)
    assert kept_waiting(step, 64, None, 224 * 224) == step
    assert kept_waiting(step, 64, 0, 224 * 224).median == pytest.approx(0.1 + 64 * 8e-3)
    few = estimate(workers=1)
    assert few.time.step_seconds.high > plain.time.step_seconds.high
    # a card that waits draws less
    assert estimate(workers=0).energy.watts.median < plain.energy.watts.median


def test_a_lower_power_limit_is_slower_and_cheaper(plain: costmodel.GpuEstimate) -> None:
    held = estimate(power_limit=150)
    assert held.energy.power_limit_watts == 150
    assert held.energy.watts.high <= 150
    assert held.time.step_seconds.median > plain.time.step_seconds.median
    assert held.energy.step_joules.median < plain.energy.step_joules.median


def test_grams_are_said_where_the_grid_is_known(plain: costmodel.GpuEstimate) -> None:
    assert plain.energy.training_grams_co2e is None
    found = estimate(steps=1000, carbon_intensity=360).energy
    assert found.training_joules is not None
    assert found.host_training_joules is not None
    assert found.training_grams_co2e is not None
    joules = found.training_joules.median + found.host_training_joules.median
    # 360 g a kWh are 0.1 g a kJ
    assert found.training_grams_co2e.median == pytest.approx(joules / 1e4)


def test_what_is_compiled_is_between_no_gain_and_the_most_that_was_published(plain: costmodel.GpuEstimate) -> None:
    found = estimate(compiled=True).time.step_seconds
    assert found.high == pytest.approx(plain.time.step_seconds.high)
    assert found.median == pytest.approx(plain.time.step_seconds.median / 1.67)


def test_an_op_without_a_formula_makes_it_at_least(tmp_path: Any) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.fc = nn.Linear(8, 8)\n\n    def forward(self, x):\n"
        "        return self.fc(torch.linalg.svdvals(x.reshape(-1, 2, 4)).reshape(-1, 2).repeat(1, 4))\n",
        encoding="utf-8",
    )
    found = costmodel.estimate(f"{tmp_path}/net.py:Net", "t4", input="8", batch=2)
    assert not found.complete
    assert any("svd" in item.op for item in found.uncounted)
