from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.attention import attention, biased_attention, causal_half, flash_attention
from tests.ops.executed import check, counted, run
from tests.ops.strategies import AttentionCase, attentions, quick, tensor


def expected(case: AttentionCase) -> torch.Tensor:
    """By torch's composite: its fused CPU kernel is inexact for shapes this small."""
    q, k, v = case.tensors()
    mask = case.attn_mask()
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        return torch.nn.functional.scaled_dot_product_attention(
            q, k, v, mask, is_causal=case.is_causal, enable_gqa=True
        )


@quick
@given(attentions())
def test_attention_is_its_program(case: AttentionCase) -> None:
    q, k, v = case.tensors()
    call: dict[str, Any] = {"query": q, "key": k, "value": v, "is_causal": case.is_causal}
    check(attention, {**call, "attn_mask": case.attn_mask()}, expected(case))
    check(biased_attention, {**call, "attn_bias": case.attn_mask()}, expected(case))
    if not case.mask:
        check(flash_attention, call, expected(case))


def test_the_scale_may_be_given() -> None:
    q, k, v = AttentionCase((1, 1, 2, 3), (1, 1, 2, 3), (1, 1, 2, 3), False, False).tensors()
    wanted = torch.nn.functional.scaled_dot_product_attention(q, k, v, scale=0.3)
    check(attention, {"query": q, "key": k, "value": v, "scale": 0.3}, wanted)


def test_dropout_is_four_operations_per_score() -> None:
    call = {"query": tensor(1, 2, 3, 4), "key": tensor(1, 2, 5, 4), "value": tensor(1, 2, 5, 4)}
    _, tally, _ = run(attention, {**call, "dropout_p": 0.1})
    dropped = counted(attention, {**call, "dropout_p": 0.1}).scalar_ops
    assert dropped == tally.scalar_ops()
    assert dropped.total - counted(attention, call).scalar_ops.total == 4 * 2 * 3 * 5


@pytest.mark.parametrize(("rows", "keys"), [(4, 4), (3, 5), (5, 3), (1, 1)])
@pytest.mark.parametrize("extras", [(), (TensorMeta((1,)), 0.1)])
def test_the_causal_half_is_what_the_rows_do_without(rows: int, keys: int, extras: tuple[Any, ...]) -> None:
    def metas(n: int, m: int) -> tuple[TensorMeta, ...]:
        return TensorMeta((2, 3, n, 4)), TensorMeta((2, 3, m, 4)), TensorMeta((2, 3, m, 5))

    dense = attention.work(*metas(rows, keys), *extras).scalar_ops.total
    row_by_row = sum(attention.work(*metas(1, min(row + 1, keys)), *extras).scalar_ops.total for row in range(rows))
    query, key, value = metas(rows, keys)
    assert causal_half(query, key, value, *extras) == dense - row_by_row
