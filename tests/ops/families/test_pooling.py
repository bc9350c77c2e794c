"""LeNet-5's pools (the hand oracle), padding and ceil mode, and the bound on max pooling's backward pass."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.pooling import avg_pool, max_pool
from costmodel.ops.families.pooling_backward import max_pool_backward


@pytest.mark.parametrize(("channels", "side", "compares"), [(6, 28, 3528), (16, 10, 1200)])
def test_lenet(channels: int, side: int, compares: int) -> None:
    x, y = TensorMeta((1, channels, side, side)), TensorMeta((1, channels, side // 2, side // 2))
    assert max_pool.work(x, (2, 2), y).scalar_ops.total == compares
    assert max_pool_backward.work(y, x, (2, 2), (2, 2), (0, 0), (1, 1)).scalar_ops.total == 0


def test_padding_is_part_of_the_window() -> None:
    x, y = TensorMeta((1, 1, 8, 8)), TensorMeta((1, 1, 4, 4))
    assert max_pool.work(x, (3, 3), y, (2, 2), (1, 1)).scalar_ops.total == 16 * 8
    assert avg_pool.work(x, (3, 3), y, (2, 2), (1, 1)).scalar_ops.total == 16 * 9


def test_ceil_mode_counts_true_windows() -> None:
    x, y = TensorMeta((1, 1, 5)), TensorMeta((1, 1, 3))
    assert max_pool.work(x, (2,), y, (2,)).scalar_ops.total == 2  # the last window has one element


@settings(max_examples=40, deadline=None)
@given(st.integers(5, 12), st.integers(1, 4), st.integers(1, 4), st.integers(1, 2), st.integers(0, 1000))
def test_max_pool_backward_is_a_bound(side: int, kernel: int, stride: int, dilation: int, seed: int) -> None:
    kernel = min(kernel, (side - 1) // dilation + 1)
    torch.manual_seed(seed)
    x = torch.randn(1, 2, side, side)
    y, indices = F.max_pool2d(x, kernel, stride, dilation=dilation, return_indices=True)
    adds = sum(plane.numel() - plane.unique().numel() for plane in indices[0])
    work = max_pool_backward.work(
        TensorMeta(tuple(y.shape)),
        TensorMeta(tuple(x.shape)),
        *((n, n) for n in (kernel, stride, 0, dilation)),
    )
    assert adds <= work.scalar_ops.total
    if stride >= (kernel - 1) * dilation + 1:
        assert work.scalar_ops.total == 0
