"""Calls of the indexing family on small real tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers

aten = torch.ops.aten
x = numbers(3, 5)
index = torch.tensor([[0, 1], [4, 4], [2, 0]])
rows = torch.tensor([2, 2])

CASES = [
    *(case(aten.index_put, x, [rows], numbers(2, 5), accumulate) for accumulate in (True,)),
    case(aten.index_put, x, [None, rows], numbers(1), True),
    case(aten.index_put, x, [x > 0], numbers(int((x > 0).sum())), True),
    case(aten.index_add, x, 1, torch.tensor([1, 1]), numbers(3, 2)),
    case(aten.index_add, x, 0, rows, numbers(2, 5), alpha=2),
    case(aten.scatter_add, x, 1, index, numbers(3, 2)),
    case(aten.scatter.src, x, 1, index, numbers(3, 2), values=False),  # repeated indices: which write wins is open
    case(aten.scatter.reduce, x, 1, index, numbers(3, 2), reduce="add"),
    case(aten.scatter.value_reduce, x, 1, index, 2.0, reduce="multiply"),
    *(
        case(aten.scatter_reduce.two, x, 1, index, numbers(3, 2), reduce)
        for reduce in ("sum", "prod", "amax", "amin", "mean")
    ),
    case(aten.put, x, torch.tensor([1, 1, 7]), numbers(3), True),
    case(
        aten._unsafe_masked_index_put_accumulate,
        x,
        torch.tensor([True, True, True]),
        [torch.tensor([0, 2, 0]), torch.tensor([4, 4, 4])],
        numbers(3),
    ),
]
