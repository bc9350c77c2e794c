"""Activations, backward: the scalar program of ATen's own kernel (COUNTING row 4)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import erf, exp, log1p, scaled, sigmoid, tanh, where
from costmodel.ops.packets import aten
from costmodel.ops.pointwise import pointwise


@pointwise(aten.threshold_backward)
def threshold_backward(grad_output: Any, self: Any, threshold: float) -> Any:
    return where(self <= threshold, 0.0, grad_output)


@pointwise(aten.hardtanh_backward)
def hardtanh_backward(grad_output: Any, self: Any, min_val: float, max_val: float) -> Any:
    low, high = self <= min_val, self >= max_val
    return where(low or high, 0.0, grad_output)


@pointwise(aten.leaky_relu_backward)
def leaky_relu_backward(grad_output: Any, self: Any, negative_slope: float) -> Any:
    return where(self > 0.0, grad_output, grad_output * negative_slope)


@pointwise(aten._prelu_kernel_backward)
def prelu_backward(grad_output: Any, self: Any, weight: Any) -> Any:
    positive = self > 0.0
    return where(positive, grad_output, weight * grad_output), where(positive, 0.0, self * grad_output)


@pointwise(aten.elu_backward)
def elu_backward(
    grad_output: Any, alpha: float, scale: float, input_scale: float, is_result: bool, self_or_result: Any
) -> Any:
    x = self_or_result
    negative_scale = alpha * scale
    if is_result:
        negative = scaled(grad_output, input_scale) * (x + negative_scale)
    else:
        negative = scaled(grad_output, input_scale * negative_scale) * exp(scaled(x, input_scale))
    return where(x <= 0.0, negative, scaled(grad_output, scale))


@pointwise(aten.gelu_backward)
def gelu_backward(grad_output: Any, self: Any, approximate: str = "none") -> Any:
    x = self
    if approximate == "tanh":
        beta, kappa = math.sqrt(2.0 / math.pi), 0.044715
        square = x * x
        t = tanh((x + square * x * kappa) * beta)
        left, right = x * 0.5, t + 1.0
        slope = left * (1.0 - t * t) * ((square * (3.0 * kappa) + 1.0) * beta)
        return grad_output * (right * 0.5 + slope)
    cumulative = (1.0 + erf(x * math.sqrt(0.5))) * 0.5
    density = exp(x * x * -0.5) * (1.0 / math.sqrt(2.0 * math.pi))
    return grad_output * (cumulative + x * density)


@pointwise(aten.silu_backward)
def silu_backward(grad_output: Any, self: Any) -> Any:
    s = sigmoid(self)
    return grad_output * s * (1.0 + self * (1.0 - s))


@pointwise(aten.mish_backward)
def mish_backward(grad_output: Any, self: Any) -> Any:
    s = sigmoid(self)
    t = tanh(log1p(exp(self)))
    return grad_output * (t + self * s * (1.0 - t * t))


@pointwise(aten.sigmoid_backward)
def sigmoid_backward(grad_output: Any, output: Any) -> Any:
    return grad_output * (1.0 - output) * output


@pointwise(aten.tanh_backward)
def tanh_backward(grad_output: Any, output: Any) -> Any:
    return grad_output * (1.0 - output * output)


@pointwise(aten.softplus_backward)
def softplus_backward(grad_output: Any, self: Any, beta: float, threshold: float) -> Any:
    scaled_input = scaled(self, beta)
    z = exp(scaled_input)
    return where(scaled_input > threshold, grad_output, grad_output * z / (z + 1.0))


@pointwise(aten.hardsigmoid_backward)
def hardsigmoid_backward(grad_output: Any, self: Any) -> Any:
    low, high = self > -3.0, self < 3.0
    return where(low and high, grad_output / 6.0, 0.0)


@pointwise(aten.hardswish_backward)
def hardswish_backward(grad_output: Any, self: Any) -> Any:
    between = grad_output * (self / 3.0 + 0.5)
    below, above = self <= -3.0, self >= 3.0
    return where(below, 0.0, where(above, grad_output, between))


@pointwise(aten.hardshrink_backward)
def hardshrink_backward(grad_out: Any, self: Any, lambd: float) -> Any:
    low, high = self >= -lambd, self <= lambd
    return where(low and high, 0.0, grad_out)


@pointwise(aten.softshrink_backward)
def softshrink_backward(grad_output: Any, self: Any, lambd: float) -> Any:
    low, high = self >= -lambd, self <= lambd
    return where(low and high, 0.0, grad_output)


@pointwise(aten.log_sigmoid_backward)
def log_sigmoid_backward(grad_output: Any, self: Any, buffer: Any) -> Any:
    negative = self < 0.0
    top, direction = (1.0, 1.0) if negative else (0.0, -1.0)
    # the sign is selected by the compare; z / (1 + z) with the buffer z = exp(−|x|)
    return grad_output * (top - direction * (buffer / (1.0 + buffer)))


@pointwise(aten.rrelu_with_noise_backward)
def rrelu_backward(
    grad_output: Any, self: Any, noise: Any, lower: float, upper: float, training: bool, self_is_result: bool
) -> Any:
    if training:
        return grad_output * noise
    return where(self > 0.0, grad_output, grad_output * (0.5 * (lower + upper)))


@formula(aten.glu_backward)
def glu_backward(grad_output: TensorMeta, self: TensorMeta, dim: int) -> Work:
    """Per pair: s = sigmoid(gate); grad·s for the value; grad·s·(1−s)·value for the gate: 4 + 1 + 3.

    >>> glu_backward.work(TensorMeta((2, 3)), TensorMeta((2, 6)), 1).scalar_ops.total
    48
    """
    # [.., 2C, ..] = aten.glu_backward([.., C, ..], [.., 2C, ..], dim)
    n = grad_output.numel
    return scalar(add=3 * n, transcendental=n, divide=n, multiply=3 * n)


@glu_backward.program
def _glu_backward(grad_output: Any, self: Any, dim: int) -> Any:
    value, gate = np.split(self, 2, axis=dim)
    s = np.vectorize(sigmoid, otypes=[object])(gate)
    passed = grad_output * s
    return np.concatenate([passed, passed * (1.0 - s) * value], axis=dim)
