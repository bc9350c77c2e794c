"""Calls of the optimizer family on small real tensors."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.case import Case, case, numbers, positive

aten = torch.ops.aten
p, g, m = ([numbers(2, 3, seed=i), numbers(4, seed=i)] for i in range(3))
v, w = ([positive(2, 3, seed=i), positive(4, seed=i)] for i in (3, 4))
steps = [torch.tensor(3.0), torch.tensor(3.0)]
scale = torch.tensor(2.0, dtype=torch.float64)


def sgd(momentum: float = 0.0, weight_decay: float = 0.0, **options: Any) -> Case:
    settings = {"dampening": 0.0, "nesterov": False, "maximize": False, "is_first_step": False, **options}
    buffers = m if momentum else []
    return case(aten._fused_sgd_, p, g, buffers, weight_decay=weight_decay, momentum=momentum, lr=0.1, **settings)


def adam(op: Any, amsgrad: bool = False, weight_decay: float = 0.0, maximize: bool = False) -> Case:
    rates: dict[str, Any] = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8}
    largest = w if amsgrad else []
    return case(op, p, g, m, v, largest, steps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize, **rates)


CASES = [
    sgd(),
    sgd(momentum=0.9),
    sgd(momentum=0.9, is_first_step=True),
    sgd(momentum=0.9, weight_decay=0.1),
    sgd(momentum=0.9, weight_decay=0.1, dampening=0.2),
    sgd(momentum=0.9, nesterov=True, maximize=True),
    *(adam(op) for op in (aten._fused_adam_, aten._fused_adamw_)),
    *(adam(op, True, 0.1, True) for op in (aten._fused_adam_, aten._fused_adamw_)),
    case(aten._fused_adagrad_, p, g, v, steps, lr=0.1, lr_decay=0.2, weight_decay=0.1, eps=1e-8, maximize=False),
    case(
        aten._amp_foreach_non_finite_check_and_unscale_, g, torch.zeros(1), torch.tensor([0.5]), values=False
    ),  # single-precision scale
    case(
        aten._amp_update_scale_,
        torch.tensor(4.0),
        torch.tensor(1, dtype=torch.int32),
        torch.tensor(0.0),
        2.0,
        0.5,
        2,
    ),
]
