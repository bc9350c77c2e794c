from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.attention_backward import (
    attention_backward,
    biased_attention_backward,
    causal_half_backward,
    cudnn_attention_backward,
    flash_attention_backward,
)
from tests.ops.executed import check, counted
from tests.ops.strategies import AttentionCase, attentions, quick, tensor


def call_and_gradients(case: AttentionCase) -> tuple[dict[str, Any], tuple[torch.Tensor, ...]]:
    q, k, v = (t.requires_grad_() for t in case.tensors())
    shared = case.query[1] // case.key[1]
    scores = q @ k.repeat_interleave(shared, 1).mT / case.query[-1] ** 0.5
    mask = case.attn_mask()
    scores = scores if mask is None else scores + mask
    if case.is_causal:
        scores = scores.masked_fill(torch.ones(scores.shape, dtype=torch.bool).triu(1), float("-inf"))
    out = scores.softmax(-1) @ v.repeat_interleave(shared, 1)
    dy = tensor(*out.shape, seed=5)
    gradients = torch.autograd.grad(out, (q, k, v), dy)
    call = {"grad_out": dy, "query": q, "key": k, "value": v, "out": out, "logsumexp": scores.logsumexp(-1)}
    return {**call, "dropout_p": 0.0, "is_causal": case.is_causal}, gradients


@quick
@given(attentions())
def test_backward_is_its_program(case: AttentionCase) -> None:
    call, gradients = call_and_gradients(case)
    check(attention_backward, {**call, "attn_mask": case.attn_mask()}, gradients)
    check(cudnn_attention_backward, {**call, "attn_bias": case.attn_mask()}, gradients)
    if not case.mask:
        check(flash_attention_backward, call, gradients)


def test_a_shared_bias_costs_the_adds_of_its_gradient() -> None:
    case = AttentionCase((2, 3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 5), True, False)
    call, _ = call_and_gradients(case)
    call["attn_bias"] = case.attn_mask()
    without = counted(biased_attention_backward, {**call, "grad_input_mask": (True, True, True, False)})
    together = counted(biased_attention_backward, {**call, "grad_input_mask": (True,) * 4})
    assert without == counted(cudnn_attention_backward, call)
    assert together.scalar_ops.add - without.scalar_ops.add == 2 * 3 * 4 * 4 - 4 * 4


def test_dropout_is_six_operations_per_score() -> None:
    heads = TensorMeta((1, 2, 3, 4))
    dropped, plain = (attention_backward.work(heads, heads, heads, p).scalar_ops.total for p in (0.1, 0.0))
    assert dropped - plain == 6 * 2 * 3 * 3


@pytest.mark.parametrize(("rows", "keys"), [(4, 4), (3, 5), (5, 3), (1, 1)])
@pytest.mark.parametrize("extras", [(), (TensorMeta((1,)), 0.1)])
def test_the_causal_half_by_rows_and_columns(rows: int, keys: int, extras: tuple[Any, ...]) -> None:
    """Kept scores one by one, then the dots of the three gradients by their own lengths."""
    k, v, heads = 4, 5, 6
    metas = TensorMeta((2, 3, rows, k)), TensorMeta((2, 3, keys, k)), TensorMeta((2, 3, keys, v))
    mask, dropout = (1, 6) if extras else (0, 0)
    kept = [(q, j) for q in range(rows) for j in range(keys) if j <= q]
    operations = len(kept) * ((2 * k - 1) + 1 + mask + 2 + dropout + (2 * v - 1) + 3) + rows * (2 * v - 1)
    for axis, widths in ((0, (k,)), (1, (k, v))):
        for index in range((rows, keys)[axis]):
            length = sum(pair[axis] == index for pair in kept)
            operations += sum(width * max(2 * length - 1, 0) for width in widths)
    dropout_p, attn_mask = (extras[1], extras[0]) if extras else (0.0, None)
    dense = attention_backward.work(*metas, dropout_p, attn_mask).scalar_ops.total
    assert causal_half_backward(*metas, *extras) == dense - heads * operations
