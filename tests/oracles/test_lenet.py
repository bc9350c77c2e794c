"""The hand oracle of the counting convention: LeNet-5, to the last digit.

Source: a program of scalar loops whose gradients equal autograd's to 1e-9; batch 1 at 3×32×32, cross-entropy,
SGD with momentum.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import costmodel
from costmodel import Analysis

SETTINGS: dict[str, Any] = {"input": "3x32x32", "optimizer": "sgd", "optimizer_options": {"lr": 0.1, "momentum": 0.9}}


@pytest.fixture
def lenet(in_root: object) -> Callable[[int], Analysis]:
    return lambda batch: costmodel.analyze("examples/zoo/lenet.py:LeNet5", batch=batch, **SETTINGS)


def test_whole_step_of_one_image(lenet: Callable[[int], Analysis]) -> None:
    totals = lenet(1).totals
    assert totals.parameters == 62_006
    assert totals.operations.forward == 1_314_676
    assert totals.operations.loss == 51
    assert totals.operations.backward - totals.operations.loss_backward == 1_850_520
    assert totals.operations.optimizer == 248_024
    assert totals.complete


def test_batch_of_four(lenet: Callable[[int], Analysis]) -> None:
    operations = lenet(4).totals.operations
    assert (operations.forward, operations.loss) == (5_258_704, 204)


@pytest.mark.parametrize(
    ("layer", "forward", "backward"),
    [
        ("conv1", 705_600, 705_150 + 4_698),
        ("conv2", 480_000, 477_600 + 1_584 + 478_824),
        ("fc1", 96_000, 48_000 + 0 + 95_600),
        ("fc2", 20_160, 10_080 + 0 + 20_040),
        ("fc3", 1_680, 840 + 0 + 1_596),
        ("(model)", 11_236, 6_508),
    ],
)
def test_every_layer(lenet: Callable[[int], Analysis], layer: str, forward: int, backward: int) -> None:
    row = next(row for row in lenet(1).layers if row.layer == layer)
    assert (row.operations.forward, row.operations.backward) == (forward, backward)


@pytest.mark.parametrize("batch", [1, 4])
def test_peak_activation_of_one_image(lenet: Callable[[int], Analysis], batch: int) -> None:
    peak = lenet(batch).totals.peak_activation_bytes
    assert (peak.layer_io, peak.layer_io_layer) == (37_632, "relu")
    assert peak.lab_profiler == 31_104


def test_lab_profiler_agrees_with_the_recorded_course_runs(in_root: object) -> None:
    # abf149/lab2-2022-abf149, commits db64e27 (LeNet-5) and fe69c62 (ResNet-18): printed peak activations
    resnet = costmodel.analyze("examples/zoo/resnet.py:ResNet18", input="3x32x32")
    assert resnet.totals.peak_activation_bytes.lab_profiler == 524_288
    assert resnet.totals.parameters == 11_173_962


@pytest.mark.parametrize(
    ("options", "per_parameter"),
    [
        ({"lr": 0.1}, 2),
        ({"lr": 0.1, "momentum": 0.9}, 4),
        ({"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4}, 6),
        ({"lr": 0.1, "momentum": 0.9, "foreach": True}, 4),
        ({"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4, "fused": True}, 6),
    ],
)
def test_sgd_per_parameter(in_root: object, options: dict[str, float], per_parameter: int) -> None:
    analysis = costmodel.analyze("examples/zoo/lenet.py:LeNet5", optimizer="sgd", optimizer_options=options)
    assert analysis.totals.operations.optimizer == per_parameter * 62_006


@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "rmsprop", "adagrad", "adadelta", "adamax"])
def test_foreach_counts_as_the_plain_loop(in_root: object, name: str) -> None:
    def step(**options: object) -> int:
        analysis = costmodel.analyze("examples/zoo/lenet.py:LeNet5", optimizer=name, optimizer_options=options)
        return analysis.totals.operations.optimizer

    assert step(foreach=True) == step(foreach=False)


@pytest.mark.parametrize("name", ["adam", "adamw", "adagrad"])
def test_fused_counts_as_the_plain_loop(in_root: object, name: str) -> None:
    def step(**options: object) -> int:
        analysis = costmodel.analyze("examples/zoo/lenet.py:LeNet5", optimizer=name, optimizer_options=options)
        return analysis.totals.operations.optimizer

    assert step(fused=True) == step(foreach=False)


def test_training_is_steps_times_step_with_the_first_update_once(in_root: object) -> None:
    def analysis(**length: Any) -> Analysis:
        return costmodel.analyze("examples/zoo/lenet.py:LeNet5", batch=4, **length, **SETTINGS)

    one = analysis().totals.operations
    # the first momentum update copies the gradient: 2 operations a parameter instead of 4
    first_update_saves = 2 * 62_006
    assert analysis(samples=12, epochs=2).totals.operations.training == 6 * one.step - first_update_saves
    rest = costmodel.analyze("examples/zoo/lenet.py:LeNet5", batch=2, **SETTINGS).totals.operations.step
    with_rest = analysis(samples=14, epochs=2).totals.operations.training
    assert with_rest == 6 * one.step + 2 * rest - first_update_saves
    dropped = analysis(samples=14, epochs=2, drop_last=True).totals.operations.training
    assert dropped == 6 * one.step - first_update_saves
