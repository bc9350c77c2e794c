from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families import matmul as family
from costmodel.ops.formula import Formula
from tests.ops.executed import check
from tests.ops.strategies import quick, sizes, tensor

aten = torch.ops.aten
factors = st.sampled_from([0, 1, 0.5])


@quick
@given(sizes, sizes, sizes, sizes)
def test_products_are_their_programs(g: int, n: int, k: int, m: int) -> None:
    a, b = tensor(n, k), tensor(k, m, seed=1)
    check(family.mm, {"self": a, "mat2": b}, a @ b)
    a, b = tensor(g, n, k), tensor(g, k, m, seed=1)
    check(family.bmm, {"self": a, "mat2": b}, a @ b)


@quick
@given(sizes, sizes, sizes, sizes, factors, factors)
def test_products_with_a_term_are_their_programs(g: int, n: int, k: int, m: int, beta: float, alpha: float) -> None:
    a, b, bias = tensor(g, n, k), tensor(g, k, m, seed=1), tensor(m, seed=2)
    scaled: dict[str, Any] = {"beta": beta, "alpha": alpha}
    expected = torch.addmm(bias, a[0], b[0], **scaled)
    check(family.addmm, {"self": bias, "mat1": a[0], "mat2": b[0], **scaled}, expected)
    batched = {"self": bias, "batch1": a, "batch2": b, **scaled}
    check(family.baddbmm, batched, torch.baddbmm(bias, a, b, **scaled))
    check(family.addbmm, batched, torch.addbmm(bias, a, b, **scaled))


@quick
@given(st.lists(sizes, max_size=2), sizes, sizes, st.booleans())
def test_linear_is_its_program(lead: list[int], k: int, m: int, biased: bool) -> None:
    x, w, b = tensor(*lead, k), tensor(m, k, seed=1), tensor(m, seed=2) if biased else None
    check(family.linear, {"input": x, "weight": w, "bias": b}, torch.nn.functional.linear(x, w, b))


@quick
@given(st.lists(sizes, min_size=1, max_size=2), sizes, sizes, st.tuples(*[st.booleans()] * 3))
def test_linear_backward_is_its_program(lead: list[int], k: int, m: int, mask: tuple[bool, ...]) -> None:
    x, w = tensor(*lead, k), tensor(m, k, seed=1)
    leaves = x.requires_grad_(), w.requires_grad_(), tensor(m, seed=2).requires_grad_()
    y = torch.nn.functional.linear(*leaves)
    dy = tensor(*y.shape, seed=3)
    grads = torch.autograd.grad(y, leaves, dy)
    expected = tuple(grad if wanted else None for grad, wanted in zip(grads, mask, strict=True))
    check(
        family.linear_backward,
        {"self": x, "grad_output": dy, "weight": w, "output_mask": mask},
        expected,
        out=(),
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((2, 3), (3, 4)),
        ((2, 1, 2, 3), (4, 3, 2)),
        ((5, 2, 3), (3,)),
        ((3,), (5, 3, 2)),
    ],
)
def test_matmul_is_its_program(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = tensor(*left), tensor(*right, seed=1)
    check(family.matmul, {"self": a, "other": b}, a @ b)


@pytest.mark.parametrize("case", ["forward", "weight", "input"])
def test_trilinear_is_its_program(case: str) -> None:
    x, y, w, dz = tensor(2, 3), tensor(2, 4, seed=1), tensor(5, 3, 4, seed=2), tensor(2, 5, seed=3)
    arguments: dict[str, tuple[Any, ...]] = {
        "forward": (x, w, y, [1, 3], [0], [1, 2], [2, 3]),
        "weight": (x, dz, y, [1, 3], [2, 3], [1, 2], [0]),
        "input": (dz, w, y, [2, 3], [0], [1, 2], [1, 3]),
    }
    names = ("i1", "i2", "i3", "expand1", "expand2", "expand3", "sumdim")
    call = dict(zip(names, arguments[case], strict=True))
    check(family.trilinear, call, aten._trilinear(*arguments[case]))


def total(entry: Formula, *shapes: tuple[int, ...], **rest: Any) -> int:
    return entry.work(*map(TensorMeta, shapes), **rest).scalar_ops.total


@pytest.mark.parametrize(
    ("count", "operations"),
    [
        (lambda: total(family.addmm, (120,), (1, 400), (400, 120)), 96_000),
        (lambda: total(family.addmm, (84,), (1, 120), (120, 84)), 20_160),
        (lambda: total(family.addmm, (10,), (1, 84), (84, 10)), 1_680),
        (lambda: total(family.mm, (10, 1), (1, 84)), 840),
        (lambda: total(family.mm, (1, 10), (10, 84)), 1_596),
        (lambda: total(family.mm, (84, 1), (1, 120)), 10_080),
        (lambda: total(family.mm, (1, 84), (84, 120)), 20_040),
        (lambda: total(family.mm, (120, 1), (1, 400)), 48_000),
        (lambda: total(family.mm, (1, 120), (120, 400)), 95_600),
    ],
)
def test_lenet(count: Callable[[], int], operations: int) -> None:
    assert count() == operations
