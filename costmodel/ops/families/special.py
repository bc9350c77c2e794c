"""Special functions of two numbers, or of several terms; each function that has a name is 1 operation (row 5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import torch

from costmodel.ops.number import equal, log, log1p, transcendental, where
from costmodel.ops.packets import aten
from costmodel.ops.pointwise import pointwise

_lgamma = transcendental(math.lgamma)


def _register(packet: Any, function: Callable[..., torch.Tensor]) -> None:
    """A function whose argument the schema calls x."""
    one = transcendental(lambda x: function(torch.tensor(x, dtype=torch.float64)).item())

    @pointwise(packet)
    def of_x(x: Any) -> Any:
        return one(x)


_register(aten.special_airy_ai, torch.special.airy_ai)
_register(aten.special_spherical_bessel_j0, torch.special.spherical_bessel_j0)
_register(aten.special_scaled_modified_bessel_k0, torch.special.scaled_modified_bessel_k0)
_register(aten.special_scaled_modified_bessel_k1, torch.special.scaled_modified_bessel_k1)


def _of_two(function: Callable[..., torch.Tensor]) -> Callable[[float, float], float]:
    return lambda a, b: function(*(torch.tensor(x, dtype=torch.float64) for x in (a, b))).item()


_zeta = transcendental(_of_two(torch.special.zeta))
_lower_gamma = transcendental(_of_two(torch.special.gammainc))
_upper_gamma = transcendental(_of_two(torch.special.gammaincc))
_gamma_gradient = transcendental(_of_two(torch._standard_gamma_grad))


@pointwise(aten.special_zeta)
def zeta(self: Any, other: Any) -> Any:
    return _zeta(self, other)


@pointwise(aten.igamma)
def igamma(self: Any, other: Any) -> Any:
    return _lower_gamma(self, other)


@pointwise(aten.igammac)
def igammac(self: Any, other: Any) -> Any:
    return _upper_gamma(self, other)


@pointwise(aten._standard_gamma_grad)
def standard_gamma_grad(self: Any, output: Any) -> Any:
    return _gamma_gradient(self, output)


@pointwise(aten.special_entr)
def entr(self: Any) -> Any:
    inside = -(self * log(self))
    return where(equal(self, 0.0), 0.0, where(self < 0.0, -math.inf, inside))


@pointwise(aten.mvlgamma)
def mv_lgamma(self: Any, p: int) -> Any:
    """Σ log Γ(x − j/2), and a constant."""
    terms = [_lgamma(self - j / 2) if j else _lgamma(self) for j in range(p)]
    return reduce(add, terms) + p * (p - 1) / 4 * math.log(math.pi)


@pointwise(aten.special_xlog1py)
def xlog1py(self: Any, other: Any) -> Any:
    product = self * log1p(other)
    return where(equal(self, 0.0), 0.0, product)
