"""Calls of the pooling family on small real tensors."""

from __future__ import annotations

from typing import Any

import torch

from tests.conformance.case import Case, case, numbers

aten = torch.ops.aten
x, v = numbers(2, 2, 5, 6), numbers(1, 2, 4, 4, 3)
POOLS = [
    ([2, 2], [2, 2], [0, 0], [1, 1], False),
    ([3, 2], [2, 1], [1, 0], [1, 1], True),
    ([2, 2], [1, 1], [1, 1], [2, 1], False),
]


def max_backward(op: Any, backward: Any, x: torch.Tensor, *arguments: Any) -> Case:
    y, indices = op(x, *arguments)
    overlaps = list(arguments[0]) != list(arguments[1])
    return case(backward, torch.rand_like(y), x, *arguments, indices, exact=not overlaps)


def adaptive_backward(op: Any, backward: Any, x: torch.Tensor, size: list[int], exact: bool) -> Case:
    y, indices = op(x, size)
    return case(backward, torch.rand_like(y), x, indices, exact=exact)


def average_backward(op: Any, backward: Any, x: torch.Tensor, *arguments: Any) -> Case:
    return case(backward, torch.rand_like(op(x, *arguments)), x, *arguments)


CASES = [
    *(case(aten.max_pool2d_with_indices, x, *arguments) for arguments in POOLS),
    case(aten.max_pool3d_with_indices, v, [2, 2, 2], [2, 2, 1]),
    case(aten.max_pool1d, numbers(2, 2, 7), [2]),
    *(max_backward(aten.max_pool2d_with_indices, aten.max_pool2d_with_indices_backward, x, *p) for p in POOLS),
    max_backward(
        aten.max_pool3d_with_indices,
        aten.max_pool3d_with_indices_backward,
        v,
        *([2, 2, 2], [1, 1, 1], [0, 0, 0], [1, 1, 1], False),
    ),
    case(aten.avg_pool2d, x, [2, 2]),
    case(aten.avg_pool2d, x, [3, 2], [2, 1], [1, 0], True),
    case(aten.avg_pool2d, x, [3, 2], [2, 1], [1, 1], True, False),
    case(aten.avg_pool2d, x, [3, 2], [2, 1], [1, 1], False, True, 5),
    case(aten.avg_pool3d, v, [2, 2, 2], [1, 1, 1], [1, 1, 0]),
    *(
        average_backward(aten.avg_pool2d, aten.avg_pool2d_backward, x, *arguments)
        for arguments in (
            ([2, 2], [2, 2], [0, 0], False, True, None),
            ([3, 2], [2, 1], [1, 0], True, True, None),
            ([3, 3], [1, 1], [1, 1], False, False, None),
        )
    ),
    average_backward(aten.avg_pool3d, aten.avg_pool3d_backward, v, [2, 2, 2], [1, 1, 1], [0, 0, 0], False, True, None),
    case(aten.adaptive_max_pool2d, x, [3, 4]),
    case(aten.adaptive_max_pool3d, v, [3, 2, 3]),
    adaptive_backward(aten.adaptive_max_pool2d, aten.adaptive_max_pool2d_backward, x, [3, 4], exact=False),
    adaptive_backward(aten.adaptive_max_pool2d, aten.adaptive_max_pool2d_backward, x, [5, 3], exact=True),
    adaptive_backward(aten.adaptive_max_pool3d, aten.adaptive_max_pool3d_backward, v, [3, 2, 3], exact=False),
    case(aten._adaptive_avg_pool2d, x, [3, 4]),
    case(aten._adaptive_avg_pool3d, v, [3, 2, 3]),
    case(aten._adaptive_avg_pool2d_backward, numbers(2, 2, 3, 4), x),
    case(aten._adaptive_avg_pool3d_backward, numbers(1, 2, 3, 2, 3), v),
]
