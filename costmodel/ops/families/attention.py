"""Scaled dot-product attention, forward (COUNTING row 17): dense, as two products around a stable softmax.

Per score: the product QKᵀ, 1 multiply (scale), 1 add if there is a mask, the softmax of row 6, with dropout
the 4 of row 14, the product ·V. A causal call is dense too; :func:`causal_half` says what its upper half
costs. The logsumexp that fused kernels save beside the output is not part of the published program.
Grouped queries (fewer key heads than query heads): the queries that share a key head are stacked as its rows.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.families.softmax import softmax
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import aten

ELSEWHERE = "fused attention: FlopCounterMode (on CPU) and fvcore count 0 for its two products"


def sizes(query: TensorMeta, key: TensorMeta, value: TensorMeta) -> tuple[int, int, int, int, int]:
    """(key heads of all batches, query rows per key head, keys, features, features of a value)."""
    g = prod(key.shape[:-2])
    n = prod(query.shape[:-1]) // max(g, 1)
    return g, n, key.shape[-2], query.shape[-1], value.shape[-1]


def dropout_ops(scores: int, dropout_p: float) -> Work:
    """Random number, compare, multiply by mask, scale per score (row 14)."""
    n = scores if dropout_p > 0 else 0
    return scalar(random=n, compare=n, multiply=2 * n)


def _attention(
    query: TensorMeta, key: TensorMeta, value: TensorMeta, mask: TensorMeta | None, dropout_p: float
) -> Work:
    g, n, m, k, v = sizes(query, key, value)
    scores = g * n * m
    return total(
        (
            contraction_work("gnk,gmk->gnm", (g, n, k), (g, m, k)),
            scalar(multiply=scores, add=scores if mask is not None else 0),
            softmax.work(TensorMeta((g, n, m)), -1),
            dropout_ops(scores, dropout_p),
            contraction_work("gnk,gkm->gnm", (g, n, m), (g, m, v)),
        )
    )


def skipped_scores(query: TensorMeta, key: TensorMeta) -> int:
    """Scores of a causal call whose key lies after the query, over all heads and batches."""
    rows, keys = query.shape[-2], key.shape[-2]
    beyond = min(rows, keys)
    return prod(query.shape[:-2]) * (beyond * keys - beyond * (beyond + 1) // 2)


def causal_half(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    attn_mask: TensorMeta | None = None,
    dropout_p: float = 0.0,
) -> int:
    """Scalar operations of a causal forward that fall away if only scores with key ≤ query are computed.

    >>> heads = TensorMeta((1, 1, 3, 4))
    >>> causal_half(heads, heads, heads)  # 3 of 9 scores, each 7 + 1 + 5 + 8
    63
    """
    k, v = query.shape[-1], value.shape[-1]
    per_score = (2 * k - 1) + 1 + (attn_mask is not None) + 5 + 4 * (dropout_p > 0) + 2 * v
    return skipped_scores(query, key) * per_score


@formula(
    aten._scaled_dot_product_flash_attention_for_cpu,
    aten.scaled_dot_product_attention,
    aten._scaled_dot_product_attention_math,
    causal_half=causal_half,
    on_cuda="row sums",
    elsewhere=ELSEWHERE,
)
def attention(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    attn_mask: TensorMeta | None = None,
    dropout_p: float = 0.0,
) -> Work:
    """Dense attention with an optional mask that is added to the scores.

    >>> heads = TensorMeta((1, 1, 3, 4))  # scores 3·3·(7 + 1), softmax 3·13, values 3·4·5
    >>> attention.work(heads, heads, heads).scalar_ops.total
    171
    """
    # [b, h, l, v] = aten.scaled_dot_product_attention([b, h, l, e], [b, h, s, e], [b, h, s, v])
    return _attention(query, key, value, attn_mask, dropout_p)


@attention.program
def attention_program(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Array:
    """The output alone (no logsumexp), by the program of this file's docstring."""
    q, k, v = stacked(query, key, value)
    scores = scaled_scores(query, q, k, attn_mask, is_causal, scale)
    weights: Any = softmax.scalar_program(scores, -1) if softmax.scalar_program else None
    if dropout_p > 0:
        weights = np.vectorize(lambda w: dropped(w, w, dropout_p), otypes=[object])(weights)
    return contract("gnk,gkm->gnm", weights, v).reshape(*query.shape[:-1], value.shape[-1])


def stacked(query: Array, key: Array, value: Array) -> tuple[Array, Array, Array]:
    """All batches and key heads as one axis; the query heads of a key head as its rows."""
    k, v = (x.reshape(-1, *x.shape[-2:]) for x in (key, value))
    return query.reshape(len(k), -1, query.shape[-1]), k, v


def scaled_scores(query: Array, q: Array, k: Array, mask: Array | None, is_causal: bool, scale: float | None) -> Array:
    """QKᵀ · scale (+ mask); beyond the diagonal −∞ if causal, which is a selection by index and free."""
    scores = contract("gnk,gmk->gnm", q, k) * (1 / sqrt(query.shape[-1]) if scale is None else scale)
    full = (*query.shape[:-1], k.shape[1])
    if mask is not None:
        scores = scores + np.broadcast_to(mask, full).reshape(scores.shape)
    if is_causal:
        later = np.triu(np.ones(full[-2:], dtype=bool), 1)
        scores = np.where(np.broadcast_to(later, full).reshape(scores.shape), -np.inf, scores)
    return scores


def dropped(generator: Any, x: Any, dropout_p: float) -> Any:
    """Dropout of one number: draw (half, always: a program has no chance), compare, mask, scale."""
    draw = generator.result("random", 0.5)
    kept = 1.0 if draw >= dropout_p else 0.0
    return x * kept * (1 / (1 - dropout_p))


@formula(aten._scaled_dot_product_flash_attention, causal_half=causal_half, elsewhere=ELSEWHERE)
def flash_attention(query: TensorMeta, key: TensorMeta, value: TensorMeta, dropout_p: float = 0.0) -> Work:
    """Dense attention without a mask.

    >>> heads = TensorMeta((1, 1, 3, 4))
    >>> flash_attention.work(heads, heads, heads).scalar_ops.total
    171
    """
    # [b, h, l, v], … = aten._scaled_dot_product_flash_attention([b, h, l, e], [b, h, s, e], [b, h, s, v])
    return _attention(query, key, value, None, dropout_p)


@flash_attention.program
def _flash_attention(
    query: Array,
    key: Array,
    value: Array,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    return attention_program(query, key, value, None, dropout_p, is_causal, scale)


@formula(
    aten._scaled_dot_product_efficient_attention,
    aten._scaled_dot_product_cudnn_attention,
    aten._scaled_dot_product_fused_attention_overrideable,
    causal_half=causal_half,
    elsewhere=ELSEWHERE,
)
def biased_attention(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    attn_bias: TensorMeta | None = None,
    dropout_p: float = 0.0,
) -> Work:
    """Dense attention whose mask is called a bias.

    >>> heads = TensorMeta((1, 1, 3, 4))
    >>> biased_attention.work(heads, heads, heads, TensorMeta((3, 3))).scalar_ops.total
    180
    """
    # [b, h, l, v], … = aten._scaled_dot_product_efficient_attention([b, h, l, e], [b, h, s, e], [b, h, s, v])
    return _attention(query, key, value, attn_bias, dropout_p)


@biased_attention.program
def _biased_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_bias: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    return attention_program(query, key, value, attn_bias, dropout_p, is_causal, scale)
