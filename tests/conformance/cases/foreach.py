"""Calls of the foreach family on small real tensors."""

from __future__ import annotations

import torch

from costmodel.ops.families.foreach import UNARY
from tests.conformance.case import case, numbers, positive

aten = torch.ops.aten
x, y, z = ([positive(2, 3, seed=i), positive(4, seed=i)] for i in range(3))
both = ("add", "sub", "mul", "div", "maximum", "minimum", "clamp_max", "clamp_min")

CASES = [
    *(case(getattr(aten, f"_foreach_{name}").default, x) for name in UNARY.split()),
    *(case(getattr(aten, f"_foreach_{name}").Scalar, x, 2.5) for name in both),
    *(case(getattr(aten, f"_foreach_{name}").ScalarList, x, [2.5, 0.3]) for name in both),
    *(case(getattr(aten, f"_foreach_{name}").List, x, y) for name in both),
    case(aten._foreach_add.List, x, y, alpha=2),
    case(aten._foreach_mul.Tensor, x, numbers()),
    case(aten._foreach_addcmul.Scalar, x, y, z, 2.0),
    case(aten._foreach_addcdiv.ScalarList, x, y, z, [2.0, 3.0]),
    case(aten._foreach_lerp.Scalar, x, y, 0.3),
    case(aten._foreach_lerp.List, x, y, z),
    case(aten._foreach_pow.Scalar, x, 2),
    case(aten._foreach_pow.ScalarAndTensor, 2.0, x),
    case(aten._foreach_norm.Scalar, x, 2),
    case(aten._foreach_norm.Scalar, x, 1),
    case(aten._foreach_max.default, x),
]
