from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ops.families import embedding as family
from tests.ops.executed import check, counted, run, same
from tests.ops.strategies import quick, sizes, tensor

aten = torch.ops.aten
indices = st.lists(st.integers(0, 4), min_size=1, max_size=6)


@quick
@given(indices, sizes, st.booleans())
def test_the_gradient_costs_at_most_what_the_formula_says(rows: list[int], width: int, by_freq: bool) -> None:
    index = torch.tensor(rows)
    call: dict[str, Any] = {
        "grad_output": tensor(len(rows), width),
        "indices": index,
        "num_weights": 5,
        "padding_idx": -1,
        "scale_grad_by_freq": by_freq,
    }
    result, tally, _ = run(family.embedding_dense_backward, call)
    same(result, aten.embedding_dense_backward(*call.values()))
    work = counted(family.embedding_dense_backward, call).scalar_ops
    assert work.add - tally.scalar_ops().add == (len(set(rows)) - 1) * width
    assert work.divide == tally.scalar_ops().divide


@quick
@given(st.integers(1, 6), sizes)
def test_the_bound_is_reached_by_one_row(count: int, width: int) -> None:
    call = {"grad_output": tensor(count, width), "indices": torch.full((count,), 3), "num_weights": 5}
    expected = aten.embedding_dense_backward(*call.values(), -1, False)
    check(family.embedding_dense_backward, call, expected)


@quick
@given(st.lists(indices, min_size=1, max_size=3), sizes, st.integers(0, 2), st.booleans(), st.booleans())
def test_bags_are_their_program(bags: list[list[int]], width: int, mode: int, weighted: bool, last: bool) -> None:
    index = torch.tensor([i for bag in bags for i in bag])
    offsets = [sum(map(len, bags[:i])) for i in range(len(bags) + last)]
    call: dict[str, Any] = {"weight": tensor(5, width), "indices": index, "offsets": torch.tensor(offsets)}
    weights = tensor(len(index), seed=1) if weighted and mode == 0 else None
    call |= {"mode": mode, "per_sample_weights": weights, "include_last_offset": last}
    expected = aten._embedding_bag(*list(call.values())[:3], False, mode, False, weights, last)
    check(family.embedding_bag, call, expected[:1], out=())


@quick
@given(st.lists(indices, min_size=1, max_size=3), sizes, st.integers(0, 2), st.booleans())
def test_the_gradient_of_bags(bags: list[list[int]], width: int, mode: int, weighted: bool) -> None:
    index = torch.tensor([i for bag in bags for i in bag])
    offsets = torch.tensor([sum(map(len, bags[:i])) for i in range(len(bags))])
    table = tensor(5, width).requires_grad_()
    weights = tensor(len(index), seed=1) if weighted and mode == 0 else None
    out, _, bag_size, maximum = aten._embedding_bag(table, index, offsets, False, mode, False, weights)
    grad = tensor(*out.shape, seed=2)
    call: dict[str, Any] = {
        "grad": grad,
        "indices": index,
        "offset2bag": torch.tensor([i for i, bag in enumerate(bags) for _ in bag]),
        "bag_size": bag_size,
        "maximum_indices": maximum,
        "num_weights": 5,
        "scale_grad_by_freq": False,
        "mode": mode,
        "per_sample_weights": weights,
    }
    result, tally, _ = run(family.embedding_bag_backward, call)
    same(result, torch.autograd.grad(out, table, grad)[0])
    said, done = counted(family.embedding_bag_backward, call).scalar_ops, tally.scalar_ops()
    assert done.add <= said.add
    assert (done.multiply, done.divide) == (said.multiply, said.divide)
    if len(set(index.tolist())) == 1:
        assert done == said


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_looking_up_is_free(mode: int) -> None:
    call = {"weight": tensor(5, 3), "indices": torch.tensor([1, 2])}
    assert counted(family.embedding, call).scalar_ops.total == 0


@quick
@given(st.lists(indices, min_size=1, max_size=3), sizes)
def test_the_gradient_of_weights_of_samples(bags: list[list[int]], width: int) -> None:
    index = torch.tensor([i for bag in bags for i in bag])
    offsets = torch.tensor([sum(map(len, bags[:i])) for i in range(len(bags))])
    table, weights = tensor(5, width), tensor(len(index), seed=1).requires_grad_()
    out = aten._embedding_bag(table, index, offsets, False, 0, False, weights)[0]
    grad = tensor(*out.shape, seed=2)
    bag_of = torch.tensor([i for i, bag in enumerate(bags) for _ in bag])
    call = {"grad": grad, "weight": table, "indices": index, "offset2bag": bag_of}
    check(family.embedding_bag_weights_backward, call, torch.autograd.grad(out, weights, grad)[0])
