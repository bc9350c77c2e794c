"""Activations, forward: the scalar program of ATen's own kernel (COUNTING row 4)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import (
    absolute,
    erf,
    exp,
    expm1,
    log1p,
    maximum,
    minimum,
    scaled,
    sigmoid,
    tanh,
    where,
)
from costmodel.ops.packets import aten
from costmodel.ops.pointwise import pointwise


@pointwise(aten.relu)
def relu(self: Any) -> Any:
    return maximum(self, 0.0)


@pointwise(aten.relu6)
def relu6(self: Any) -> Any:
    return minimum(maximum(self, 0.0), 6.0)


@pointwise(aten.hardtanh)
def hardtanh(self: Any, min_val: float = -1, max_val: float = 1) -> Any:
    return minimum(maximum(self, min_val), max_val)


@pointwise(aten.leaky_relu)
def leaky_relu(self: Any, negative_slope: float = 0.01) -> Any:
    return where(self > 0.0, self, self * negative_slope)


@pointwise(aten._prelu_kernel)
def prelu(self: Any, weight: Any) -> Any:
    return where(self > 0.0, self, weight * self)


@pointwise(aten.elu)
def elu(self: Any, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Any:
    negative = scaled(expm1(scaled(self, input_scale)), alpha * scale)
    return where(self > 0.0, scaled(self, scale), negative)


@pointwise(aten.celu)
def celu(self: Any, alpha: float = 1) -> Any:
    return where(self > 0.0, self, scaled(expm1(scaled(self, 1.0 / alpha)), alpha))


@pointwise(aten.gelu)
def gelu(self: Any, approximate: str = "none") -> Any:
    if approximate == "tanh":
        inner = (self + self * self * self * 0.044715) * math.sqrt(2.0 / math.pi)
        return self * 0.5 * (1.0 + tanh(inner))
    return self * 0.5 * (1.0 + erf(self * math.sqrt(0.5)))


@pointwise(aten.silu)
def silu(self: Any) -> Any:
    return self / (1.0 + exp(-self))


@pointwise(aten.mish)
def mish(self: Any) -> Any:
    return self * tanh(log1p(exp(self)))


@pointwise(aten.softplus)
def softplus(self: Any, beta: float = 1, threshold: float = 20) -> Any:
    z = scaled(self, beta)
    curve = log1p(exp(z))
    return where(z > threshold, self, curve if beta == 1 else curve / beta)


@pointwise(aten.hardsigmoid)
def hardsigmoid(self: Any) -> Any:
    return minimum(maximum(self + 3.0, 0.0), 6.0) / 6.0


@pointwise(aten.hardswish)
def hardswish(self: Any) -> Any:
    return self * minimum(maximum(self + 3.0, 0.0), 6.0) / 6.0


@pointwise(aten.hardshrink)
def hardshrink(self: Any, lambd: float = 0.5) -> Any:
    low, high = self >= -lambd, self <= lambd
    return where(low and high, 0.0, self)


@pointwise(aten.softshrink)
def softshrink(self: Any, lambd: float = 0.5) -> Any:
    above, below = self - lambd, self + lambd
    negative = where(self < -lambd, below, 0.0)
    return where(self > lambd, above, negative)


@pointwise(aten.threshold)
def threshold(self: Any, threshold: float, value: float) -> Any:
    return where(self <= threshold, value, self)


@pointwise(aten.log_sigmoid_forward)
def log_sigmoid(self: Any) -> Any:
    # the buffer (second result) is exp(−|x|), kept for the backward pass
    buffer = exp(-absolute(self))
    return minimum(self, 0.0) - log1p(buffer), buffer


@pointwise(aten.rrelu_with_noise)
def rrelu(self: Any, noise: Any, lower: float = 0.125, upper: float = 1.0 / 3.0, training: bool = False) -> Any:
    # training: a slope drawn per element (1 random, and its scaling into [lower, upper] is the draw's)
    slope = self.result("random", 0.5 * (lower + upper)) if training else 0.5 * (lower + upper)
    return where(self <= 0.0, self * slope, self)


@formula(aten.glu)
def glu(self: TensorMeta, dim: int = -1) -> Work:
    """Half of the input gates the other half: sigmoid (4) and 1 multiply per result.

    >>> glu.work(TensorMeta((2, 6))).scalar_ops.total
    30
    """
    # [.., C, ..] = aten.glu([.., 2C, ..], dim)
    n = self.numel // 2
    return scalar(add=2 * n, transcendental=n, divide=n, multiply=n)


@glu.program
def _glu(self: Any, dim: int = -1) -> Any:
    value, gate = np.split(self, 2, axis=dim)
    return value * np.vectorize(sigmoid, otypes=[object])(gate)
