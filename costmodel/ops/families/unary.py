"""Functions of one number: a transcendental is 1 operation (COUNTING row 5), a composite its parts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from costmodel.ops.number import (
    absolute,
    equal,
    maximum,
    minimum,
    sigmoid,
    sign,
    sin,
    sqrt,
    transcendental,
    trunc,
    where,
)
from costmodel.ops.packets import aten, packet_name
from costmodel.ops.pointwise import pointwise


def _special(function: Callable[..., torch.Tensor]) -> Callable[[float], float]:
    """A function that Python's math module does not have."""
    return lambda x: function(torch.tensor(x, dtype=torch.float64)).item()


TRANSCENDENTAL: dict[Any, Callable[[float], float]] = {
    aten.exp: math.exp,
    aten.exp2: lambda x: 2.0**x,
    aten.expm1: math.expm1,
    aten.log: math.log,
    aten.log10: math.log10,
    aten.log1p: math.log1p,
    aten.log2: math.log2,
    aten.sqrt: math.sqrt,
    aten.sin: math.sin,
    aten.cos: math.cos,
    aten.tan: math.tan,
    aten.asin: math.asin,
    aten.acos: math.acos,
    aten.atan: math.atan,
    aten.sinh: math.sinh,
    aten.cosh: math.cosh,
    aten.tanh: math.tanh,
    aten.asinh: math.asinh,
    aten.acosh: math.acosh,
    aten.atanh: math.atanh,
    aten.erf: math.erf,
    aten.erfc: math.erfc,
    aten.erfinv: _special(torch.special.erfinv),
    aten.lgamma: math.lgamma,
    aten.digamma: _special(torch.special.digamma),
    aten.i0: _special(torch.special.i0),
    aten.special_i1: _special(torch.special.i1),
    aten.special_i0e: _special(torch.special.i0e),
    aten.special_i1e: _special(torch.special.i1e),
    aten.special_ndtri: _special(torch.special.ndtri),
    aten.special_erfcx: _special(torch.special.erfcx),
    aten.special_log_ndtr: _special(torch.special.log_ndtr),
    aten.special_bessel_j0: _special(torch.special.bessel_j0),
    aten.special_bessel_j1: _special(torch.special.bessel_j1),
    aten.special_bessel_y0: _special(torch.special.bessel_y0),
    aten.special_bessel_y1: _special(torch.special.bessel_y1),
    aten.special_modified_bessel_i0: _special(torch.special.modified_bessel_i0),
    aten.special_modified_bessel_i1: _special(torch.special.modified_bessel_i1),
    aten.special_modified_bessel_k0: _special(torch.special.modified_bessel_k0),
    aten.special_modified_bessel_k1: _special(torch.special.modified_bessel_k1),
    aten.floor: math.floor,
    aten.ceil: math.ceil,
    aten.trunc: math.trunc,
}


def _register(packet: Any, function: Callable[[float], float]) -> None:
    apply = transcendental(function, packet_name(packet).removeprefix("aten."))

    @pointwise(packet)
    def one(self: Any) -> Any:
        return apply(self)


for _packet, _function in TRANSCENDENTAL.items():
    _register(_packet, _function)


@pointwise(aten.round)
def round_(self: Any, decimals: int = 0) -> Any:
    return transcendental(lambda x: float(round(x, decimals)))(self)


@pointwise(aten.polygamma)
def polygamma(n: int, self: Any) -> Any:
    return transcendental(_special(lambda x: torch.special.polygamma(n, x)))(self)


@pointwise(aten.neg)
def negate(self: Any) -> Any:
    return -self


@pointwise(aten.abs)
def absolute_value(self: Any) -> Any:
    return absolute(self)


@pointwise(aten.sign, aten.sgn)
def signum(self: Any) -> Any:
    return sign(self)


@pointwise(aten.reciprocal)
def reciprocal(self: Any) -> Any:
    return 1.0 / self


@pointwise(aten.rsqrt)
def rsqrt(self: Any) -> Any:
    return 1.0 / sqrt(self)


@pointwise(aten.sigmoid)
def logistic(self: Any) -> Any:
    return sigmoid(self)


@pointwise(aten.frac)
def fraction(self: Any) -> Any:
    return self - trunc(self)


@pointwise(aten.deg2rad)
def deg2rad(self: Any) -> Any:
    return self * (math.pi / 180.0)


@pointwise(aten.rad2deg)
def rad2deg(self: Any) -> Any:
    return self * (180.0 / math.pi)


@pointwise(aten.sinc)
def sinc(self: Any) -> Any:
    angle = self * math.pi
    return where(equal(self, 0.0), 1.0, sin(angle) / angle)


@pointwise(aten.angle)
def angle(self: Any) -> Any:
    if hasattr(self, "angle"):  # a complex number
        return self.angle()
    return where(self < 0.0, math.pi, 0.0)


@pointwise(aten.logit)
def logit(self: Any, eps: float | None = None) -> Any:
    x = self if eps is None else minimum(maximum(self, eps), 1.0 - eps)
    return transcendental(math.log)(x / (1.0 - x))


@pointwise(aten.logit_backward)
def logit_backward(grad_output: Any, self: Any, eps: float | None = None) -> Any:
    slope = grad_output / (self * (1.0 - self))
    if eps is None:
        return slope
    low, high = self < eps, self > 1.0 - eps
    return where(low or high, 0.0, slope)
