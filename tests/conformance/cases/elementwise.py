"""Calls of the elementwise family on small real tensors."""

from __future__ import annotations

import torch

from costmodel.ops.families.unary import TRANSCENDENTAL
from costmodel.ops.packets import packet_name
from tests.conformance.case import case, numbers, positive

aten = torch.ops.aten
a, b, c = (numbers(2, 3, seed=i) for i in range(3))
p, q = positive(2, 3), positive(2, 3, seed=1)
transcendental = [getattr(aten, packet_name(named).removeprefix("aten.")) for named in TRANSCENDENTAL]

CASES = [
    *(case(packet, 1.0 + p if packet is aten.acosh else p) for packet in transcendental),
    *(
        case(packet, a)
        for packet in (aten.neg, aten.abs, aten.sign, aten.sgn, aten.reciprocal, aten.sigmoid, aten.frac)
    ),
    *(case(packet, a) for packet in (aten.deg2rad, aten.rad2deg, aten.sinc, aten.angle, aten.round)),
    case(aten.round.decimals, a, decimals=1),
    case(aten.rsqrt, p),
    case(aten.polygamma, 1, p),
    case(aten.logit, p),
    case(aten.logit, p, 0.3),
    case(aten.logit, torch.linspace(0.01, 0.99, 7, dtype=torch.float64), 0.3),  # both ends are moved inwards
    case(aten.logit_backward, a, p),
    case(aten.logit_backward, a, p, 0.3),
    case(aten.add.Tensor, a, b),
    case(aten.add.Tensor, a, b, alpha=2),
    case(aten.add.Tensor, a, numbers(3)),
    case(aten.add_.Tensor, a, b),
    case(aten.sub.Tensor, a, b, alpha=2),
    case(aten.rsub.Scalar, a, 2.0),
    case(aten.mul.Tensor, a, b),
    case(aten.mul.Tensor, a, torch.tensor([True, False, True])),
    case(aten.div.Tensor, a, b),
    case(aten.div.Tensor_mode, a, b, rounding_mode="floor"),
    case(aten.floor_divide.default, a, b),
    case(aten.remainder.Tensor, a, b),
    case(aten.fmod.Tensor, a, b),
    *(case(aten.pow.Tensor_Scalar, p, exponent) for exponent in (0, 1, 2, 3, 0.5, -1, -0.5, 1.7)),
    case(aten.pow.Tensor_Tensor, p, q),
    case(aten.pow.Scalar, 2.0, p),
    case(aten.lerp.Scalar, a, b, 0.3),
    case(aten.lerp.Tensor, a, b, p),
    case(aten.addcmul, a, b, c),
    case(aten.addcmul, a, b, c, value=2),
    case(aten.addcdiv, a, b, c),
    case(aten.addcdiv, a, b, c, value=2),
    case(aten.clamp, a, -0.5, 0.5),
    case(aten.clamp, a, None, 0.5),
    case(aten.clamp.Tensor, a, -p, q),
    case(aten.clamp_min, a, 0.1),
    case(aten.clamp_max, a, 0.1),
    case(aten.maximum, a, b),
    case(aten.minimum, a, b),
    case(aten.atan2, a, b),
    case(aten.hypot, a, b),
    case(aten.logaddexp, a, b),
    case(aten.logaddexp2, a, b),
    case(aten.xlogy.Tensor, torch.tensor([0.0, 1.0, 2.0], dtype=torch.float64), p),
    case(aten.copysign.Tensor, a, b),
    case(aten.heaviside, torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64), p),
    case(aten.nan_to_num, torch.tensor([1.0, float("nan"), float("inf"), -float("inf")], dtype=torch.float64)),
    case(aten.native_dropout_backward, a, b > 0, 2.0),
    *(case(getattr(aten, name).Tensor, a, b) for name in ("eq", "ne", "lt", "le", "gt", "ge")),
    case(aten.gt.Scalar, a, 0.0),
    *(case(packet, a) for packet in (aten.isnan, aten.isinf, aten.isposinf, aten.isneginf, aten.signbit)),
    case(aten.logical_not, a),
    *(case(packet, a, b) for packet in (aten.logical_and, aten.logical_or, aten.logical_xor)),
    case(aten.linalg_cross, a, b),
    case(aten.native_dropout, a, 0.5, True, values=False),  # random
    case(aten.special_xlog1py, a, p),
    case(aten.special_entr, p),
    case(aten.mvlgamma, 2.0 + p, 3),
    *(case(packet, p, q) for packet in (aten.igamma, aten.igammac, aten._standard_gamma_grad)),
    case(aten.special_zeta, 1.5 + p, q),
    case(aten.ldexp.Tensor, a, torch.tensor([2.0, -1.0, 0.5]).double()),
    case(aten.polar, p, a),
    case(aten.special_airy_ai, a),
    *(case(packet, p) for packet in (aten.special_spherical_bessel_j0, aten.special_scaled_modified_bessel_k0)),
    case(aten.special_scaled_modified_bessel_k1, p),
]
