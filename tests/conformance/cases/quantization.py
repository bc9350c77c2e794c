"""Fake quantization of small real tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers

aten = torch.ops.aten
x = numbers(3, 4).float()
scale, zero = torch.tensor([0.1, 0.3, 0.25]), torch.tensor([0, 1, -2], dtype=torch.int32)
on = torch.ones(1, dtype=torch.int64)


def observed(rows: int) -> tuple[object, ...]:
    """Running ranges, scales and zero points, and the constants."""
    ranges = (
        torch.full((rows,), -1.0),
        torch.full((rows,), 0.5),
        torch.ones(rows),
        torch.zeros(rows, dtype=torch.int32),
    )
    return (*ranges, 0.01, -8, 7, 0, rows > 1)


CASES = [
    case(aten.fake_quantize_per_tensor_affine_cachemask, x, 0.1, 2, -8, 7, tolerance=1e-6),
    case(aten.fake_quantize_per_channel_affine_cachemask, x, scale, zero, 0, -8, 7, tolerance=1e-6),
    case(
        aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams,
        x,
        scale[:1],
        zero[1:2],
        on,
        -8,
        7,
        tolerance=1e-6,
    ),
    case(aten.fake_quantize_per_tensor_affine_cachemask_backward, x, x > 0, tolerance=1e-6),
    case(aten._fused_moving_avg_obs_fq_helper, x, on, on, *observed(1), tolerance=1e-5),
    case(aten._fused_moving_avg_obs_fq_helper, x, on, on, *observed(3), tolerance=1e-5),
]
