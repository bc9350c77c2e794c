"""Observing ranges while quantization is trained with (fake), torch's fused_moving_avg_obs_fake_quant."""

from __future__ import annotations

from functools import reduce
from math import inf
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.quantization import OF_ELEMENT, faked, nearest
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import absolute, equal, maximum, minimum
from costmodel.ops.packets import aten

Meta = TensorMeta


@formula(
    aten._fused_moving_avg_obs_fq_helper,
    aten.fused_moving_avg_obs_fake_quant,
    keeps_channels=True,
    assumes="the observer and the fake quantization are both on",
)
def observe_and_fake_quantize(self: Meta, running_min: Meta, per_row_fake_quant: bool = False) -> Work:
    """Per range 2(n − 1) compares, 2 running averages (4 each), 20 for scale and zero point; then 9 per element and 1.

    >>> observe_and_fake_quantize.work(TensorMeta((4, 3)), TensorMeta(())).scalar_ops.total
    159
    """
    # [..], [..] = aten._fused_moving_avg_obs_fq_helper([..], [], [], [r], [r], [r], [r], ..)
    ranges = running_min.numel if per_row_fake_quant else 1
    found = scalar(compare=2 * max(self.numel - ranges, 0))
    averaged = scalar(add=4, multiply=2, compare=2)
    chosen = scalar(compare=10, add=5, divide=4, transcendental=1)
    return found + (averaged + chosen + scalar(divide=1)) * ranges + OF_ELEMENT * self.numel


def _average(known: Any, new: Any, weight: float) -> Any:
    first = equal(known, inf)
    following = known + (new - known) * weight
    return new if first else following


def _chosen(low: Any, high: Any, bottom: int, top: int) -> tuple[Any, Any]:
    """Scale and zero point of a range (ChooseQuantizationParams of torch's quant_utils.h)."""
    low, high = minimum(low, 0.0), maximum(high, 0.0)
    scale = (high - low) / float(top - bottom)
    useless = (equal(scale, 0.0), equal(1.0 / scale, inf), scale < 6.1e-5)
    assert not any(useless)
    down, up = low / scale, high / scale
    candidates = (float(bottom) - down, float(top) - up)
    errors = (absolute(down) + float(abs(bottom)), absolute(up) + float(abs(top)))
    zero = candidates[0] if errors[0] < errors[1] else candidates[1]
    outside = (zero < float(bottom), zero > float(top))
    nudged = nearest(zero)
    return scale, float(bottom) if outside[0] else float(top) if outside[1] else nudged.value


@observe_and_fake_quantize.program
def _observe_and_fake_quantize(
    self: Any,
    running_min: Any,
    running_max: Any,
    scale: Any,
    zero_point: Any,
    averaging_const: float,
    quant_min: int,
    quant_max: int,
    per_row_fake_quant: bool = False,
) -> Any:
    """Rows are those of the first axis: torch knows no other."""
    rows = self if per_row_fake_quant else self.reshape(1, -1)
    done = []
    for i, row in enumerate(rows):
        values = list(row.reshape(-1))
        low = _average(running_min[i], reduce(minimum, values), averaging_const)
        high = _average(running_max[i], reduce(maximum, values), averaging_const)
        running_min[i], running_max[i] = low, high
        scale[i], zero_point[i] = _chosen(low, high, quant_min, quant_max)
        reciprocal = 1.0 / scale[i]
        done.append([faked(x, scale[i], reciprocal, zero_point[i], quant_min, quant_max)[0] for x in values])
    return (np.array(done, dtype=object).reshape(self.shape),)
