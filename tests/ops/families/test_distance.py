from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ops.families.distance import cdist, cdist_backward, euclidean_dist, pdist, pdist_backward
from tests.ops.executed import check, meta
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


@norms
@quick
@given(st.integers(2, 4), sizes)
def test_distances_within_one_matrix_are_their_programs(p: float, n: int, d: int) -> None:
    x, grad = tensor(n, d), tensor(n * (n - 1) // 2, seed=1)
    distance = aten._pdist_forward(x, p)
    check(pdist, {"self": x, "p": p}, distance)
    call = {"grad": grad, "self": x, "p": p, "pdist": distance}
    check(pdist_backward, call, aten._pdist_backward(*call.values()))


def test_a_parameter_that_another_torch_renamed_is_the_same_parameter() -> None:
    x1, x2, out = meta(tensor(3, 5)), meta(tensor(2, 5)), meta(tensor(3, 2))
    call = {"x1": x1, "x2": x2, "p": 1.0, "cdist": out}
    assert cdist_backward({"grad_output": out, **call}, x1) == cdist_backward({"grad": out, **call}, x1)
