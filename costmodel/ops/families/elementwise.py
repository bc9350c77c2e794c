"""Elementwise arithmetic: one scalar program per element; a factor 1 is not a multiply (rows 5, 12, 13)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.complex_number import ComplexNumber
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import (
    Number,
    absolute,
    cos,
    equal,
    exp,
    floor,
    log,
    log1p,
    maximum,
    minimum,
    power,
    scaled,
    sin,
    sqrt,
    transcendental,
    trunc,
    where,
)
from costmodel.ops.packets import aten
from costmodel.ops.pointwise import pointwise


@pointwise(aten.add)
def add(self: Any, other: Any, alpha: Any = 1) -> Any:
    return self + scaled(other, alpha)


@pointwise(aten.sub)
def subtract(self: Any, other: Any, alpha: Any = 1) -> Any:
    return self - scaled(other, alpha)


@pointwise(aten.rsub)
def reverse_subtract(self: Any, other: Any, alpha: Any = 1) -> Any:
    return other - scaled(self, alpha)


@pointwise(aten.mul, arithmetic="multiply")
def multiply(self: Any, other: Any) -> Any:
    return self * other


@pointwise(aten.div, arithmetic="divide")
def divide(self: Any, other: Any, rounding_mode: str | None = None) -> Any:
    quotient = self / other
    if rounding_mode is None:
        return quotient
    return floor(quotient) if rounding_mode == "floor" else trunc(quotient)


@pointwise(aten.floor_divide)
def floor_divide(self: Any, other: Any) -> Any:
    return floor(self / other)


@pointwise(aten.remainder)
def remainder(self: Any, other: Any) -> Any:
    return self - floor(self / other) * other


@pointwise(aten.fmod)
def fmod(self: Any, other: Any) -> Any:
    return self - trunc(self / other) * other


@pointwise(aten.pow)
def pow_(self: Any, exponent: Any) -> Any:
    if isinstance(exponent, Number) or exponent not in (0, 1, 2, 0.5, -1):
        return power(self, exponent)
    if exponent == 2:
        return self * self
    if exponent == 0.5:
        return sqrt(self)
    if exponent == -1:
        return 1.0 / self
    return self if exponent == 1 else 1.0


@pointwise(aten.lerp)
def lerp(self: Any, end: Any, weight: Any) -> Any:
    return self + weight * (end - self)


@pointwise(aten.addcmul)
def addcmul(self: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    return self + scaled(tensor1 * tensor2, value)


@pointwise(aten.addcdiv)
def addcdiv(self: Any, tensor1: Any, tensor2: Any, value: Any = 1) -> Any:
    return self + scaled(tensor1 / tensor2, value)


@pointwise(aten.clamp, aten.clip)
def clamp(self: Any, min: Any = None, max: Any = None) -> Any:
    bounded = self if min is None else maximum(self, min)
    return bounded if max is None else minimum(bounded, max)


@pointwise(aten.clamp_min)
def clamp_min(self: Any, min: Any) -> Any:
    return maximum(self, min)


@pointwise(aten.clamp_max)
def clamp_max(self: Any, max: Any) -> Any:
    return minimum(self, max)


@pointwise(aten.maximum, aten.fmax)
def larger(self: Any, other: Any) -> Any:
    return maximum(self, other)


@pointwise(aten.minimum, aten.fmin)
def smaller(self: Any, other: Any) -> Any:
    return minimum(self, other)


@pointwise(aten.atan2)
def atan2(self: Any, other: Any) -> Any:
    return transcendental(math.atan2)(self, other)


@pointwise(aten.hypot)
def hypot(self: Any, other: Any) -> Any:
    return sqrt(self * self + other * other)


@pointwise(aten.logaddexp)
def logaddexp(self: Any, other: Any) -> Any:
    return maximum(self, other) + log1p(exp(-absolute(self - other)))


@pointwise(aten.logaddexp2)
def logaddexp2(self: Any, other: Any) -> Any:
    exp2, log2 = transcendental(lambda x: 2.0**x), transcendental(math.log2)
    return maximum(self, other) + log2(1.0 + exp2(-absolute(self - other)))


@pointwise(aten.xlogy)
def xlogy(self: Any, other: Any) -> Any:
    product = self * log(other)
    return where(equal(self, 0.0), 0.0, product)


@pointwise(aten.copysign)
def copysign(self: Any, other: Any) -> Any:
    # |self| costs the compare with itself; the sign bit of the other is copied
    return where(math.copysign(1.0, getattr(other, "value", other)) > 0, *_both_signs(self))


def _both_signs(x: Any) -> tuple[Any, Any]:
    size = absolute(x)
    return size, -size


@pointwise(aten.heaviside)
def heaviside(self: Any, values: Any) -> Any:
    step = where(self > 0.0, 1.0, 0.0)
    return where(equal(self, 0.0), values, step)


@pointwise(aten.nan_to_num)
def nan_to_num(self: Any, nan: float | None = None, posinf: float | None = None, neginf: float | None = None) -> Any:
    greatest = torch.finfo(torch.float64).max
    number = where(not equal(self, self), nan or 0.0, self)
    number = where(equal(number, math.inf), greatest if posinf is None else posinf, number)
    return where(equal(number, -math.inf), -greatest if neginf is None else neginf, number)


@pointwise(aten.native_dropout_backward)
def native_dropout_backward(grad_output: Any, mask: Any, scale: float) -> Any:
    return grad_output * mask * scale


@formula(aten.linalg_cross)
def cross(out: TensorMeta) -> Work:
    """Each component is a difference of two products.

    >>> cross.work(TensorMeta((2, 3))).scalar_ops.total
    18
    """
    # [.., 3] = aten.linalg_cross([.., 3], [.., 3])
    return scalar(multiply=2 * out.numel, add=out.numel)


@cross.program
def _cross(self: Any, other: Any, dim: int = -1) -> Any:
    a, b = np.moveaxis(self, dim, 0), np.moveaxis(other, dim, 0)
    return np.moveaxis(
        np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]), 0, dim
    )


@pointwise(aten.ldexp)
def ldexp(self: Any, other: Any) -> Any:
    return self * power(2.0, other)


@pointwise(aten.polar)
def polar(abs: Any, angle: Any) -> Any:
    return ComplexNumber(abs * cos(angle), abs * sin(angle))
