"""Searches, counts and draws on small real tensors."""

from __future__ import annotations

import torch

from tests.conformance.case import case, numbers, positive

aten = torch.ops.aten
x, line = numbers(3, 5), numbers(6).sort().values
few = torch.tensor([[2.0, 1.0, 2.0, 0.5], [1.0, 1.0, 0.5, 0.5]]).double()
pairs = torch.tensor([[1.0, 2.0], [0.5, 3.0], [1.0, 2.0], [1.0, 0.0]]).double()

CASES = [
    *(case(aten.searchsorted.Tensor, line, x, right=right, exact=False) for right in (True, False)),
    case(aten.searchsorted.Tensor, x.sort().values, numbers(3, 2), exact=False),
    case(aten.searchsorted.Tensor, line, torch.full((4,), 9.0).double(), exact=False),
    case(aten.bucketize.Tensor, x, line, exact=False),
    *(case(aten.isin.Tensor_Tensor, few, line.new_tensor([1.0, 0.5, 3.0]), invert=invert) for invert in (True, False)),
    case(aten.mode, few, exact=False),
    case(aten.mode, few, 0, exact=False),
    case(aten._unique2, few, exact=False),
    *(case(aten.unique_dim, pairs, dim, exact=False) for dim in (0, 1)),
    case(aten.unique_consecutive, few),
    case(aten.unique_consecutive, pairs, dim=0),
    case(aten.histc, x, 4, -5, 5),
    case(aten.histc, x, 7),
    case(aten.bincount, torch.tensor([2, 2, 2]), numbers(3)),
    case(aten.bincount, torch.tensor([0, 3, 0]), numbers(3), exact=False),
    case(aten.nanmedian, x),
    case(aten.nanmedian.dim, x, 1),
    case(aten.equal, x, x.clone(), values=False),
    case(aten.allclose, x, x.clone(), values=False),
    *(case(aten.multinomial, positive(3, 5), 2, again, values=False, exact=False) for again in (True, False)),
    *(case(aten.renorm, x, p, 1, 0.8) for p in (1, 2, 3)),
    case(aten.embedding_renorm, numbers(4, 3), torch.tensor([2, 0, 1]), 0.5, 2.0),
]
