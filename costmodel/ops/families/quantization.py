"""Quantization as it is trained with (fake).

A number is divided by the scale (a multiply by its reciprocal), rounded, shifted, compared with both ends (for the mask
that the gradient takes) and clamped to them, shifted back and scaled: 9.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import maximum, minimum, transcendental
from costmodel.ops.packets import aten
from costmodel.ops.pointwise import pointwise

Meta = TensorMeta
nearest = transcendental(round)
OF_ELEMENT = scalar(multiply=2, transcendental=1, add=2, compare=4)


def faked(x: Any, scale: Any, reciprocal: Any, zero_point: Any, low: int, high: int) -> tuple[Any, bool]:
    shifted = nearest(x * reciprocal) + float(zero_point)
    inside = (shifted >= float(low), shifted <= float(high))
    return (minimum(maximum(shifted, float(low)), float(high)) - float(zero_point)) * scale, all(inside)


@pointwise(aten.fake_quantize_per_tensor_affine_cachemask)
def fake_quantize_per_tensor(self: Any, scale: float, zero_point: int, quant_min: int, quant_max: int) -> Any:
    return faked(self, scale, 1.0 / scale, zero_point, quant_min, quant_max)


@formula(
    aten.fake_quantize_per_channel_affine_cachemask,
    aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams,
    keeps_channels=True,
)
def fake_quantize(self: Meta, scale: Meta) -> Work:
    """The same with scales in a tensor: 1 reciprocal each.

    >>> fake_quantize.work(TensorMeta((4, 3)), TensorMeta((4,))).scalar_ops.total
    112
    """
    # [..], [..] = aten.fake_quantize_per_channel_affine_cachemask([.., c, ..], [c], [c], axis, low, high)
    return OF_ELEMENT * self.numel + scalar(divide=scale.numel)


@fake_quantize.program
def _fake_quantize(
    self: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int, axis: int | None = None
) -> Any:
    rows = self.reshape(1, -1) if axis is None else np.moveaxis(self, axis, 0)
    done = []
    for row, s, z in zip(rows, scale.reshape(-1), zero_point.reshape(-1), strict=True):
        reciprocal = 1.0 / s
        done.append([faked(x, s, reciprocal, z, quant_min, quant_max)[0] for x in row.reshape(-1)])
    out = np.array(done, dtype=object).reshape(rows.shape)
    return (out.reshape(self.shape) if axis is None else np.moveaxis(out, 0, axis),)


@pointwise(
    aten.fake_quantize_per_tensor_affine_cachemask_backward, aten.fake_quantize_per_channel_affine_cachemask_backward
)
def fake_quantize_backward(grad: Any, mask: Any) -> Any:
    return grad * mask
