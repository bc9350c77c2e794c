from __future__ import annotations

from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ops.families import matvec as family
from tests.ops.executed import check
from tests.ops.strategies import quick, sizes, tensor

factors = st.sampled_from([0, 1, 0.5])


@quick
@given(sizes, sizes)
def test_products_are_their_programs(n: int, k: int) -> None:
    a, b, matrix = tensor(k), tensor(k, seed=1), tensor(n, k, seed=2)
    check(family.dot, {"self": a, "tensor": b}, torch.dot(a, b))
    check(family.vdot, {"self": a, "other": b}, torch.vdot(a, b))
    check(family.mv, {"self": matrix, "vec": a}, matrix @ a)
    check(family.outer, {"self": matrix[:, 0], "vec2": a}, torch.outer(matrix[:, 0], a))


@quick
@given(sizes, sizes, factors, factors)
def test_products_with_a_term_are_their_programs(n: int, k: int, beta: float, alpha: float) -> None:
    matrix, u, v = tensor(n, k), tensor(n, seed=1), tensor(k, seed=2)
    scaled: dict[str, Any] = {"beta": beta, "alpha": alpha}
    expected = torch.addmv(u, matrix, v, **scaled)
    check(family.addmv, {"self": u, "mat": matrix, "vec": v, **scaled}, expected)
    expected = torch.addr(matrix, u, v, **scaled)
    check(family.addr, {"self": matrix, "vec1": u, "vec2": v, **scaled}, expected)
