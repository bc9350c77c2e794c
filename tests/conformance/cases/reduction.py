"""Calls of the reduction family on small real tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers, positive

aten = torch.ops.aten
x, y = numbers(3, 4), numbers(3, 4, seed=1)

CASES = [
    *(case(getattr(aten, name).default, x) for name in ("sum", "mean", "prod", "max", "min", "median", "nansum")),
    *(case(getattr(aten, name).dim, x, 1) for name in ("max", "min", "median")),
    *(case(getattr(aten, name).correction, x, [1], correction=1) for name in ("var", "std", "var_mean", "std_mean")),
    case(aten.var.correction, x, None, correction=0),
    case(aten.sum.dim_IntList, x, [0], True),
    case(aten.mean.dim, x, [0, 1]),
    case(aten.prod.dim_int, x, 1),
    case(aten.trace, x),
    case(aten.any.dim, x, 1),
    case(aten.logsumexp, x, [1]),
    *(case(aten.linalg_vector_norm, x, p, [1]) for p in (0, 1, 2, 3.5, float("inf"), -float("inf"))),
    case(aten.norm.ScalarOpt_dim, x, 2, [0]),
    case(aten.norm.Scalar, x, 1),
    case(aten.dist, x, y, 2.0),
    case(aten.amax, x, [1]),
    case(aten.amin, x, [0, 1]),
    case(aten.argmax, x, 1, values=False),  # the result is where the extremum is
    case(aten.max.other, x, y),
    case(aten.min.other, x, y),
    case(aten.aminmax, x, dim=1),
    case(aten.topk, x, 2),
    case(aten.kthvalue, x, 2),
    case(aten.sort, numbers(2, 7), 1, exact=False),
    case(aten.cumsum, x, 1),
    case(aten.cumprod, x, 0),
    case(aten.cummax, x, 1),
    case(aten.logcumsumexp, positive(3, 4), 1),
]
