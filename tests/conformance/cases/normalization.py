"""Calls of the normalization family on small real tensors."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch

from tests.conformance.case import Case, case, numbers, positive

aten = torch.ops.aten
x, dy = numbers(2, 4, 3), numbers(2, 4, 3, seed=1)
w, b, mean, var = numbers(4), numbers(4, seed=1), numbers(4, seed=2), positive(4)
w3, b3 = numbers(3), numbers(3, seed=1)
FUSED = [(x, [3], w3, 1e-5), (x, [4, 3], None, None)] if hasattr(aten, "_fused_rms_norm") else []
"""Torch 2.6 has no such op."""
MASKS = [list(mask) for mask in product((True, False), repeat=3) if any(mask)]


def batch_backward(mask: list[bool], weight: Any, train: bool) -> Case:
    _, save_mean, save_invstd = aten.native_batch_norm(x, weight, None, mean.clone(), var.clone(), train, 0.1, 1e-5)
    return case(aten.native_batch_norm_backward, dy, x, weight, mean, var, save_mean, save_invstd, train, 1e-5, mask)


def layer_backward(mask: list[bool], weight: Any, bias: Any) -> Case:
    _, m, r = aten.native_layer_norm(x, [3], weight, bias, 1e-5)
    return case(aten.native_layer_norm_backward, dy, x, [3], m, r, weight, bias, mask)


def group_backward(mask: list[bool], weight: Any) -> Case:
    _, m, r = aten.native_group_norm(x, weight, None, 2, 4, 3, 2, 1e-5)
    return case(aten.native_group_norm_backward, dy, x, m, r, weight, 2, 4, 3, 2, mask)


CASES = [
    case(aten.native_batch_norm, x, w, b, mean, var, True, 0.1, 1e-5),
    case(aten.native_batch_norm, x, None, None, None, None, True, 0.1, 1e-5),
    case(aten.native_batch_norm, x, w, b, mean, var, False, 0.1, 1e-5),
    case(aten.native_batch_norm, x, None, None, mean, var, False, 0.1, 1e-5),
    case(aten._native_batch_norm_legit, x, w, b, mean, var, True, 0.1, 1e-5),
    case(aten._native_batch_norm_legit.no_stats, x, w, b, True, 0.1, 1e-5),
    case(aten._native_batch_norm_legit_no_training, x, w, b, mean, var, 0.1, 1e-5),
    case(aten._batch_norm_with_update, x, w, b, mean, var, 0.1, 1e-5),
    *(batch_backward(mask, w, train) for mask in MASKS for train in (True, False)),
    batch_backward([True, False, False], None, True),
    case(aten.native_layer_norm, x, [3], w3, b3, 1e-5),
    case(aten.native_layer_norm, x, [4, 3], None, None, 1e-5),
    *(case(aten._fused_rms_norm, *arguments) for arguments in FUSED),
    *(layer_backward(mask, w3, b3) for mask in MASKS),
    layer_backward([True, False, False], None, None),
    case(aten.native_group_norm, x, w, b, 2, 4, 3, 2, 1e-5),
    case(aten.native_group_norm, x, None, None, 2, 4, 3, 4, 1e-5),
    *(group_backward(mask, w) for mask in MASKS),
    group_backward([True, False, False], None),
    case(aten._weight_norm_interface, numbers(4, 3), numbers(4, 1), 0),
    case(aten._weight_norm_interface, numbers(4, 3), numbers(1, 3), 1),
    case(
        aten._weight_norm_interface_backward,
        numbers(4, 3, seed=1),
        numbers(4, 3),
        numbers(4, 1),
        numbers(4, 3).norm(dim=1, keepdim=True),
        0,
    ),
]
