"""COUNTING row 8 by hand, and the RMS norm that torch fuses on GPUs only."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.normalization import batch_norm
from costmodel.ops.families.normalization_backward import rms_norm_backward
from costmodel.ops.number import Number, Tally

CHANNELS, N = 3, 2 * 4 * 4


def test_batch_norm_training() -> None:
    channel = TensorMeta((CHANNELS,))
    mean = (N - 1) + 1
    variance = N + N + (N - 1) + 1
    scale = 1 + 1 + 1
    normalise, affine, running = N, 2 * N, 2 * (2 + 1) + 1
    by_hand = CHANNELS * (mean + variance + scale + normalise + affine + running)
    work = batch_norm.work(TensorMeta((2, CHANNELS, 4, 4)), channel, channel, channel)
    assert work.scalar_ops.total == by_hand


def test_batch_norm_eval() -> None:
    channel = TensorMeta((CHANNELS,))
    work = batch_norm.work(TensorMeta((2, CHANNELS, 4, 4)), channel, channel, channel, training=False)
    assert work.scalar_ops.total == CHANNELS * (3 + 1 + 2 + 2 * N)


def test_rms_norm_backward_is_autograds() -> None:
    x, w, dy = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((2, 4), (4,), (2, 4)))
    dx, dw = torch.autograd.grad(F.rms_norm(x, (4,), w, 1e-6), (x, w), dy)
    rstd = torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6)
    tally = Tally()
    numbers = [_numbers(t.detach(), tally) for t in (dy, x)]
    assert rms_norm_backward.scalar_program is not None
    mine = rms_norm_backward.scalar_program(
        *numbers, (4,), _numbers(rstd.detach(), tally), _numbers(w.detach(), tally), (True, True)
    )
    meta = TensorMeta((2, 4))
    assert tally.scalar_ops() == rms_norm_backward.work(meta, (4,), TensorMeta((4,)), (True, True)).scalar_ops
    for program, autograd in zip(mine, (dx, dw), strict=True):
        values = [number.value for number in program.reshape(-1)]
        torch.testing.assert_close(torch.tensor(values, dtype=torch.float64), autograd.reshape(-1))


def _numbers(tensor: torch.Tensor, tally: Tally) -> Any:
    array = np.empty(tensor.shape, dtype=object)
    array.reshape(-1)[:] = [Number(value, tally) for value in tensor.reshape(-1).tolist()]
    return array
