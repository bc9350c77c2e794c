"""A step on a card: traffic, the host, lists of updates, and the interval around it all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import costmodel
from costmodel.backends.gpu.time.card import card_of
from costmodel.backends.gpu.time.constants import load_calibration
from costmodel.backends.gpu.time.kernel_table import columns_of, tabulate
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.step import step_seconds
from costmodel.backends.gpu.time.traffic import traffic_seconds
from costmodel.backends.gpu.time.updates import listed
from costmodel.hardware.gpu.cards import load_gpu
from costmodel.ir.kernel import Kernel, KernelKind
from costmodel.ir.phase import Phase
from costmodel.ir.trace import Trace
from costmodel.passes.kernels import kernels
from costmodel.passes.work import count
from tests.backends.gpu.time.test_products import TEN_UNITS

CALIBRATION = load_calibration()


def moving(nbytes: int, kind: KernelKind = KernelKind.ELEMENTWISE, dtype: str = "float32") -> Kernel:
    return Kernel(
        kind=kind, op="aten.add", scope="", phase=Phase.FORWARD, dtype=dtype, macs=0, scalar_ops=0, nbytes=nbytes
    )


def test_large_traffic_takes_its_share_of_the_bandwidth() -> None:
    constants = replace(CALIBRATION.constants, elementwise=0.5)
    table = columns_of([moving(10**9)], [1])
    assert traffic_seconds(table, TEN_UNITS, Running(), constants)[0] == pytest.approx(1e9 / (0.5 * 1e12))


def test_what_fits_the_cache_is_faster() -> None:
    constants = replace(CALIBRATION.constants, elementwise=1.0, cache_boost=3.0)
    inside, outside = columns_of([moving(1)], [1]), columns_of([moving(8_000_000)], [1])
    per_byte = [traffic_seconds(t, TEN_UNITS, Running(), constants)[0] / t.nbytes[0] for t in (inside, outside)]
    assert per_byte[1] / per_byte[0] == pytest.approx(3.0, rel=1e-3)


@pytest.mark.parametrize(
    ("dtype", "running", "turned"),
    [
        ("float16", Running(precision="amp"), True),
        ("float16", Running(precision="amp", layout="nhwc"), False),
        ("float32", Running(precision="fp32"), False),
        ("float32", Running(precision="fp32", layout="nhwc"), True),
        ("float32", Running(precision="tf32"), True),
        ("float32", Running(precision="tf32", layout="nhwc"), False),
    ],
)
def test_images_are_turned_to_the_layout_of_the_units(dtype: str, running: Running, turned: bool) -> None:
    constants = replace(CALIBRATION.constants, layout_bytes=1.0)
    table = columns_of([moving(10**9, KernelKind.CONVOLUTION, dtype)], [1])
    plain = replace(constants, layout_bytes=0.0)
    ratio = traffic_seconds(table, TEN_UNITS, running, constants) / traffic_seconds(table, TEN_UNITS, running, plain)
    assert ratio[0] == pytest.approx(2 if turned else 1)


def test_equal_kernels_are_one_row() -> None:
    table, where = tabulate([moving(8), moving(16), moving(8)])
    assert where == [0, 1, 0]
    assert table.count.tolist() == [2, 1]
    assert table.nbytes.tolist() == [8, 16]


def test_updates_of_single_tensors_become_lists_of_the_same_bytes() -> None:
    single = [moving(8, KernelKind.OPTIMIZER) for _ in range(100)]
    found = listed([moving(1), *single])
    assert [kernel.tensors for kernel in found] == [1, 48, 48, 4]
    assert sum(kernel.nbytes for kernel in found) == 801


def test_a_step_of_tiny_kernels_waits_for_the_host() -> None:
    card = card_of(load_gpu("h100-sxm5"))
    found = step_seconds([moving(4)] * 1000, card, Running(), CALIBRATION)
    assert found.step.median == pytest.approx(1000 * CALIBRATION.host.median, rel=0.05)
    assert found.step.low >= 1000 * CALIBRATION.host.low
    assert found.step.high >= 1000 * CALIBRATION.host.high


def test_a_step_of_large_kernels_waits_for_the_card() -> None:
    card = card_of(load_gpu("v100-sxm2-16gb"))
    found = step_seconds([moving(10**9)] * 10, card, Running(), CALIBRATION)
    margin = CALIBRATION.margins.measured
    assert found.step.median == pytest.approx(found.card, rel=1e-3)
    assert found.step.low == pytest.approx(found.card * margin.low, rel=1e-3)
    assert found.step.high == pytest.approx(found.card * margin.high, rel=1e-3)


def test_a_card_that_nobody_measured_is_known_less_well() -> None:
    known, other = (
        step_seconds([moving(10**9)], card_of(load_gpu(name)), Running(), CALIBRATION).step
        for name in ("v100-sxm2-16gb", "h200-sxm")
    )
    assert other.high / other.low > known.high / known.low


def traced(**settings: object) -> Trace:
    model = "examples/zoo/resnet.py:ResNet18"
    return costmodel.trace(model, input="3x32x32", batch=4, optimizer="sgd", **settings).phases[0].trace  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def resnet() -> Trace:
    return traced()


def test_kernels_do_the_work_of_the_step(resnet: Trace) -> None:
    counts = count(resnet)
    found = kernels(resnet, counts)
    assert sum(kernel.macs for kernel in found) == counts.total().macs


def test_a_convolutions_backward_is_a_kernel_per_gradient(resnet: Trace) -> None:
    found = kernels(resnet, count(resnet))
    roles = [k.product.role for k in found if k.op == "aten.convolution_backward" and k.product is not None]
    convolutions = roles.count("weight")
    assert convolutions == 20
    # nobody asks for the gradient of the images
    assert roles.count("input") == convolutions - 1


def test_the_first_convolution_as_a_product(resnet: Trace) -> None:
    first = next(k for k in kernels(resnet, count(resnet)) if k.kind is KernelKind.CONVOLUTION)
    product = first.product
    assert product is not None
    # [4 · 32 · 32, 3 · 9] × [27, 64]
    assert (product.rows, product.depth, product.columns) == (4 * 32 * 32, 27, 64)
    assert (product.taps, product.stride, product.image) == (9, 1, (32, 32))


def test_a_normalization_over_the_batch_reads_twice(resnet: Trace) -> None:
    norm = next(k for k in kernels(resnet, count(resnet)) if k.kind is KernelKind.NORM)
    image = 4 * 64 * 32 * 32 * 4
    # in twice, out once, and the vectors of 64 channels
    assert 3 * image <= norm.nbytes < 3 * image + 64 * 4 * 16


def test_half_precision_is_seen_where_autocast_casts() -> None:
    trace = traced(autocast="float16")
    found = kernels(trace, count(trace))
    assert {k.dtype for k in found if k.kind is KernelKind.CONVOLUTION} == {"float16"}


def test_the_same_step_gives_the_same_seconds(resnet: Trace) -> None:
    found = kernels(resnet, count(resnet))
    card = card_of(load_gpu("t4"))
    first, again = (step_seconds(found, card, Running(), CALIBRATION) for _ in range(2))
    assert np.array_equal(first.seconds, again.seconds)
    assert first.step == again.step


@pytest.mark.parametrize("name", ["LSTMClassifier", "GRUClassifier"])
def test_a_recurrent_layer_is_one_kernel_in_each_direction(name: str) -> None:
    """A CPU takes a GRU apart into its positions, whose launches would be the whole time; cuDNN does not."""
    trace = costmodel.trace(f"examples/zoo/recurrent.py:{name}", input="64:int64", batch=8).phases[0].trace
    counts = count(trace)
    found = kernels(trace, counts)
    recurrent = [k for k in found if k.kind is KernelKind.RECURRENT]
    layers = len({k.scope for k in recurrent})
    assert {k.phase for k in recurrent} == {Phase.FORWARD, Phase.BACKWARD}
    assert len(recurrent) in (2 * layers, 4 * layers)
    assert all(k.steps >= 64 for k in recurrent)
    assert sum(k.macs for k in found) == counts.total().macs
    card = card_of(load_gpu("v100-sxm2-16gb"))
    seconds = step_seconds(found, card, Running(), CALIBRATION).step.median
    # DeepBench's smallest layers take 18 to 60 µs a position in the forward pass, about as much backward
    assert 64 * 2 * 15e-6 < seconds < 64 * 8 * 60e-6
