"""Seconds of products by hand: tiles, waves, the two limits of a tile's step, and Winograd's algorithm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from costmodel.backends.gpu.time.card import Card
from costmodel.backends.gpu.time.constants import Constants, load_calibration
from costmodel.backends.gpu.time.kernel_table import columns_of
from costmodel.backends.gpu.time.options import Running
from costmodel.backends.gpu.time.products import product_seconds
from costmodel.ir.kernel import Kernel, KernelKind, Product
from costmodel.ir.phase import Phase

TEN_UNITS = Card(
    fp32=1e13, tf32=8e13, half=8e13, half_vector=2e13, has_tf32=True, tensor=True, bandwidth=1e12, cache_bytes=4e6,
    multiprocessors=10, clock=1e9,
)  # fmt: skip
"""Ten multiprocessors, each with 10^12 FP32 operations a second."""

IDEAL = replace(
    load_calibration().constants,
    product_fp32=1.0, product_tf32=1.0, product_half=1.0, convolution_fp32=1.0, convolution_half=1.0,
    tile_exponent=0.0, prologue=0.0, wave_rounding=1.0, wave_filling=0.0, cache_rate=1e6, unaligned=0.5,
    winograd_2=1.0, winograd_4=1.0, winograd_transform=1e9, winograd_weight=1.0, input_gradient=1.0,
    weight_gradient=1.0,
)  # fmt: skip
"""Units that always work at their peak: what is left is tiles and waves."""

FP32 = Running(precision="fp32")


def kernel(kind: KernelKind, product: Product, dtype: str = "float32") -> Kernel:
    macs = product.times * product.rows * product.columns * product.depth
    return Kernel(
        kind=kind, op="aten.mm", scope="", phase=Phase.FORWARD, dtype=dtype, macs=macs, scalar_ops=0, nbytes=1,
        product=product,
    )  # fmt: skip


def seconds(one: Kernel, running: Running = FP32, constants: Constants = IDEAL) -> float:
    return float(product_seconds(columns_of([one], [1]), TEN_UNITS, running, constants)[0])


def product(rows: int, columns: int, depth: int, times: int = 1) -> Kernel:
    return kernel(KernelKind.PRODUCT, Product(times=times, rows=rows, columns=columns, depth=depth))


def test_a_full_wave_runs_at_the_peak() -> None:
    # ten tiles of 256 × 128 on ten multiprocessors: 2 · 2560 · 128 · 1000 operations at 10^13 a second
    assert seconds(product(2560, 128, 1000)) == pytest.approx(2 * 2560 * 128 * 1000 / 1e13)


def test_one_tile_more_than_a_wave_costs_a_wave_of_the_best_tile() -> None:
    # 12,800 rows of 32 columns in tiles of 32 × 32: 400 tiles, 40 waves; 401 tiles, 41 waves
    even, odd = seconds(product(12_800, 32, 63)), seconds(product(12_801, 32, 63))
    assert even == pytest.approx(40 * 2 * 32 * 32 * 63 / 1e12)
    assert odd == pytest.approx(41 * 2 * 32 * 32 * 63 / 1e12)


def test_a_small_product_with_a_long_reduction_is_split() -> None:
    # one tile of 32 × 32 would keep one multiprocessor busy: split over nine, or more, several work
    alone = 2 * 32 * 32 * 90_000 / 1e12
    assert seconds(product(32, 32, 90_000)) < alone / 5


def test_equal_products_side_by_side_fill_the_card() -> None:
    assert seconds(product(32, 32, 63, times=10)) == pytest.approx(seconds(product(32, 32, 63)))


def test_tiles_are_read_from_the_cache_no_faster_than_it_gives() -> None:
    # 64 bytes a clock at 10^9 clocks; a step of a 256 × 128 tile reads (256 + 128) · 4 bytes: 24 ns,
    # and computes for 65.5 ns; at a quarter of the rate it reads for 96 ns
    slow = replace(IDEAL, cache_rate=0.25)
    got = seconds(product(2560, 128, 63), constants=slow)
    assert got == pytest.approx(63 * (256 + 128) * 4 / (64e9 * 0.25))


def test_tf32_and_half_take_the_tensor_cores() -> None:
    plain = seconds(product(2560, 1280, 1000))
    assert seconds(product(2560, 1280, 1000), Running(precision="tf32")) == pytest.approx(plain / 8)
    halved = kernel(KernelKind.PRODUCT, Product(times=1, rows=2560, columns=1280, depth=1000), "float16")
    assert seconds(halved) == pytest.approx(plain / 8)


def test_torchs_default_takes_tf32_for_convolutions_alone() -> None:
    one = Product(times=1, rows=2560, columns=1280, depth=1000, taps=1)
    default = Running()
    assert seconds(kernel(KernelKind.PRODUCT, one), default) == seconds(kernel(KernelKind.PRODUCT, one))
    convolution = kernel(KernelKind.CONVOLUTION, one)
    assert seconds(convolution, default) < seconds(convolution)


@pytest.mark.parametrize(
    ("columns", "depth", "dtype", "slower"),
    [(1280, 1000, "float16", 1), (1280, 1001, "float16", 2), (1279, 1000, "float16", 2), (1279, 1000, "float32", 1)],
)
def test_tensor_cores_want_sides_of_16_bytes(columns: int, depth: int, dtype: str, slower: int) -> None:
    aligned = kernel(KernelKind.PRODUCT, Product(times=1, rows=2560, columns=1280, depth=depth), dtype)
    one = kernel(KernelKind.PRODUCT, Product(times=1, rows=2560, columns=columns, depth=depth), dtype)
    even = replace(IDEAL, unaligned=1.0)
    assert seconds(one) == pytest.approx(slower * seconds(aligned, constants=even))


def test_a_clock_above_the_rated_one_and_the_slots_power_move_all_arithmetic() -> None:
    constants = replace(IDEAL, exceeded_boost=1.25, slot_power=0.5, one_issue=0.8, narrow_tensor=2.0)
    table = columns_of([product(2560, 1280, 1000)], [1])
    half = columns_of(
        [kernel(KernelKind.PRODUCT, Product(times=1, rows=2560, columns=1280, depth=1000), "float16")], [1]
    )

    def faster(card: Card) -> tuple[float, float]:
        fp32, tensor = (
            product_seconds(t, TEN_UNITS, FP32, constants)[0] / product_seconds(t, card, FP32, constants)[0]
            for t in (table, half)
        )
        return float(fp32), float(tensor)

    assert faster(replace(TEN_UNITS, exceeds_boost=True)) == pytest.approx((1.25, 1.25))
    assert faster(replace(TEN_UNITS, slot_powered=True)) == pytest.approx((0.5, 0.5))
    assert faster(replace(TEN_UNITS, one_issue=True)) == pytest.approx((0.8, 1.0))
    assert faster(replace(TEN_UNITS, narrow_tensor=True)) == pytest.approx((1.0, 2.0))


def conv3x3(stride: int = 1, dtype: str = "float32", taps: int = 9) -> Kernel:
    return kernel(
        KernelKind.CONVOLUTION,
        Product(times=1, rows=64 * 56 * 56, columns=128, depth=128 * taps, taps=taps, stride=stride, image=(56, 56)),
        dtype,
    )


def test_winograd_saves_at_most_its_multiplications() -> None:
    """F(4×4, 3×3) does 36 products for 16 outputs of 9 taps: a quarter (Lavin and Gray, table 1)."""
    direct = 2 * conv3x3().macs / 1e13
    assert direct / 4 <= seconds(conv3x3()) < direct / 3


def test_no_winograd_where_cudnn_has_none() -> None:
    table = columns_of([conv3x3()], [1])
    direct = product_seconds(table, replace(TEN_UNITS, winograd=False), FP32, IDEAL)[0]
    assert direct >= 2 * conv3x3().macs / 1e13


@pytest.mark.parametrize("other", [conv3x3(stride=2), conv3x3(dtype="float16"), conv3x3(taps=25)])
def test_winograd_is_for_3x3_of_step_1_in_fp32(other: Kernel) -> None:
    rate = 8e13 if other.dtype == "float16" else 1e13
    assert seconds(other) >= 2 * other.macs / rate * 0.999


def test_a_gradient_is_slower_by_its_factor() -> None:
    shape = Product(times=1, rows=2560, columns=128, depth=63, role="weight", taps=1)
    slower = replace(IDEAL, weight_gradient=0.5)
    assert seconds(kernel(KernelKind.CONVOLUTION, shape), constants=slower) == pytest.approx(
        2 * seconds(kernel(KernelKind.CONVOLUTION, shape))
    )
