from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ops.families.distance import cdist, cdist_backward, euclidean_dist
from tests.ops.executed import check
from tests.ops.strategies import quick, sizes, tensor

aten = torch.ops.aten
norms = pytest.mark.parametrize("p", [0.0, 1.0, 1.5, 2.0, 3.0, float("inf")])
leads = st.lists(st.integers(1, 2), max_size=2)


@norms
@quick
@given(leads, sizes, sizes, sizes)
def test_distance_is_its_program(p: float, lead: list[int], n: int, m: int, d: int) -> None:
    x1, x2 = tensor(*lead, n, d), tensor(*lead, m, d, seed=1)
    check(cdist, {"x1": x1, "x2": x2, "p": p}, aten._cdist_forward(x1, x2, p, None))


@norms
@quick
@given(leads, sizes, sizes, sizes, st.booleans())
def test_gradient_is_its_program(p: float, lead: list[int], n: int, m: int, d: int, touching: bool) -> None:
    x1, x2, grad = tensor(*lead, n, d), tensor(*lead, m, d, seed=1), tensor(*lead, n, m, seed=2)
    if touching:  # a pair at distance 0
        x2[..., 0, :] = x1[..., 0, :]
    distance = aten._cdist_forward(x1, x2, p, None)
    call = {"grad": grad, "x1": x1, "x2": x2, "p": p, "cdist": distance}
    check(cdist_backward, call, aten._cdist_backward(*call.values()))


@quick
@given(leads, sizes, sizes, sizes)
def test_euclidean_distance_is_its_program(lead: list[int], n: int, m: int, d: int) -> None:
    x1, x2 = tensor(*lead, n, d), tensor(*lead, m, d, seed=1)
    check(euclidean_dist, {"x1": x1, "x2": x2}, aten._euclidean_dist(x1, x2))
