"""Seconds of convolutions with groups: which of the libraries' ways a case goes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from costmodel.backends.gpu.time.constants import load_calibration
from costmodel.backends.gpu.time.kernel_table import columns_of
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.windows import depthwise_seconds, grouped_seconds
from costmodel.ir.kernel import Kernel, KernelKind, Product
from costmodel.ir.phase import Phase
from tests.backends.gpu.time.test_products import TEN_UNITS

CONSTANTS = replace(
    load_calibration().constants, grouped_half_last=0.1, grouped_width_last=0.0, grouped_fast=0.5,
    depthwise_forward=0.5, depthwise_forward_last=1.0, unaligned_depthwise=0.25,
)  # fmt: skip
NHWC = Running(precision="amp", layout="nhwc")


def grouped(groups: int, width: int) -> Kernel:
    product = Product(times=groups, rows=6272, columns=width, depth=9 * width, taps=9, image=(14, 14))
    return Kernel(
        kind=KernelKind.GROUPED, op="aten.convolution", scope="", phase=Phase.FORWARD, dtype="float16",
        macs=groups * 6272 * width * 9 * width, scalar_ops=0, nbytes=1, product=product,
    )  # fmt: skip


def share_of(kernel: Kernel) -> float:
    """Of the tensor cores' peak."""
    seconds = grouped_seconds(columns_of([kernel], [1]), TEN_UNITS, NHWC, CONSTANTS)[0]
    return float(2 * kernel.macs / (seconds * TEN_UNITS.half))


def test_groups_in_32s_of_few_channels_have_kernels_of_their_own_in_nhwc() -> None:
    assert share_of(grouped(32, 32)) == pytest.approx(0.5)
    assert share_of(grouped(64, 8)) == pytest.approx(0.5 * (8 / 32) ** 0.5)


@pytest.mark.parametrize(("groups", "width"), [(8, 32), (4, 160), (32, 128), (64, 2)])
def test_other_groups_in_nhwc_are_slow(groups: int, width: int) -> None:
    assert share_of(grouped(groups, width)) == pytest.approx(0.1)


def depthwise(channels: int, taps: int, dtype: str = "float16") -> Kernel:
    product = Product(times=channels, rows=6272, columns=1, depth=taps, taps=taps, image=(14, 14))
    return Kernel(
        kind=KernelKind.DEPTHWISE, op="aten.convolution", scope="", phase=Phase.FORWARD, dtype=dtype,
        macs=channels * 6272 * taps, scalar_ops=0, nbytes=1, product=product,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kernel", "slower"),
    [
        (depthwise(64, 9), 1),
        (depthwise(61, 9), 4),  # no whole vectors of channels
        (depthwise(64, 49), 4),  # a window of 7 × 7
        (depthwise(61, 9, "float32"), 1),
    ],
)
def test_depthwise_in_nhwc_wants_whole_vectors_and_small_windows(kernel: Kernel, slower: int) -> None:
    rate = TEN_UNITS.half_vector if kernel.dtype == "float16" else TEN_UNITS.fp32
    seconds = depthwise_seconds(columns_of([kernel], [1]), TEN_UNITS, NHWC, CONSTANTS)[0]
    assert seconds == pytest.approx(slower * 2 * kernel.macs / (0.5 * rate))
