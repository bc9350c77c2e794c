"""Published trainings lie inside the intervals; and the calibration is whole."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

import costmodel
from costmodel.backends.gpu.time.card import card_of
from costmodel.backends.gpu.time.constants import Constants, load_calibration
from costmodel.hardware.gpu.cards import gpu_names, load_gpu

RESNET50: dict[str, Any] = {
    "input": "3x224x224", "batch": 128, "optimizer": "sgd", "optimizer_options": {"lr": 0.1, "momentum": 0.9},
}  # fmt: skip


@pytest.mark.parametrize(
    ("card", "words", "published"),
    [
        # lambdal/deeplearning-benchmark and NVIDIA/DeepLearningExamples, ResNet-50 on one V100, images a second
        ("v100-sxm2-16gb", {"precision": "fp32"}, (367, 369)),
        ("v100-sxm2-16gb", {"precision": "amp"}, (833,)),
        ("v100-sxm2-16gb", {"precision": "amp", "layout": "nhwc"}, (1200,)),
    ],
)
def test_resnet_50_on_a_v100(card: str, words: dict[str, Any], published: tuple[int, ...]) -> None:
    step = costmodel.estimate("examples/zoo/resnet.py:ResNet50", card, progress=False, **RESNET50, **words).time
    for rate in published:
        assert step.step_seconds.low <= 128 / rate <= step.step_seconds.high


def test_every_constant_is_a_positive_number_with_a_source() -> None:
    calibration = load_calibration()
    for field in fields(Constants):
        assert getattr(calibration.constants, field.name) > 0, field.name
    for margin in (calibration.margins.measured, calibration.margins.other, calibration.margins.foreign):
        assert 0 < margin.low < 1 < margin.high
    assert calibration.host.low < calibration.host.median < calibration.host.high


def test_a_card_has_factors_of_its_own_only_where_it_or_its_chip_was_measured() -> None:
    measured = {name for name in gpu_names() if card_of(load_gpu(name)).measured}
    assert {"v100-pcie-16gb", "v100-sxm2-32gb", "p100-pcie-16gb", "t4", "rtx-3090", "rtx-8000", "k80"} <= measured
    # of these a large product is known, or nothing
    assert not {"h100-sxm5", "h200-sxm", "rtx-4090", "l4"} & measured
    for name in measured:
        assert {"compute_factor", "memory_factor"} <= set(load_gpu(name).fitted)
        assert "calibration/time" in load_gpu(name).sources["time_fit"]


def test_a_card_that_nobody_measured_has_the_factors_of_its_architecture() -> None:
    calibration = load_calibration()
    usual = calibration.architectures["ada"]
    card = card_of(load_gpu("l4"))
    assert (card.compute_factor, card.tensor_factor, card.memory_factor) == (usual.compute, usual.tensor, usual.memory)
