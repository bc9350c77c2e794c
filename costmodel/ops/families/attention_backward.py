"""Scaled dot-product attention, backward (COUNTING rows 10, 17): five products.

Fused kernels do not save the scores, so the program recomputes them, and what is recomputed counts again:
S = QKᵀ · scale (+ mask), P = exp(S − logsumexp) from the saved logsumexp. Then dV = PᵀdO, dP = dO·Vᵀ,
D = rowsum(dO ∘ O), dS = P ∘ (dP − D), dS · scale, dQ = dS·K, dK = dSᵀ·Q. With dropout the mask is drawn again
(4 per score, giving the dropped P) and dP is masked and scaled (2 per score). Dense, like the forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.families.attention import ELSEWHERE, dropout_ops, scaled_scores, sizes, skipped_scores, stacked
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.number import exp
from costmodel.ops.packets import aten


def _backward(query: TensorMeta, key: TensorMeta, value: TensorMeta, mask: TensorMeta | None, dropout_p: float) -> Work:
    g, n, m, k, v = sizes(query, key, value)
    scores, rows = g * n * m, g * n
    return total(
        (
            contraction_work("gnk,gmk->gnm", (g, n, k), (g, m, k)),  # S
            scalar(multiply=scores, add=scores if mask is not None else 0),
            scalar(add=scores, transcendental=scores),  # P
            dropout_ops(scores, dropout_p),
            contraction_work("gkn,gkm->gnm", (g, n, m), (g, n, v)),  # dV
            contraction_work("gnk,gmk->gnm", (g, n, v), (g, m, v)),  # dP
            scalar(multiply=2 * scores if dropout_p > 0 else 0),
            scalar(multiply=rows * v, add=rows * max(v - 1, 0)),  # D
            scalar(add=scores, multiply=2 * scores),  # dS, scaled
            contraction_work("gnk,gkm->gnm", (g, n, m), (g, m, k)),  # dQ
            contraction_work("gkn,gkm->gnm", (g, n, m), (g, n, k)),  # dK
        )
    )


def causal_half_backward(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    attn_mask: TensorMeta | None = None,
    dropout_p: float = 0.0,
) -> int:
    """Scalar operations of a causal backward that fall away if only scores with key ≤ query are computed.

    >>> heads = TensorMeta((1, 1, 3, 4))
    >>> causal_half_backward(heads, heads, heads)  # 3 scores, each 7 + 1 + 2 + 8 + 7 + 3 + 8 + 8
    132
    """
    k, v = query.shape[-1], value.shape[-1]
    recomputed = (2 * k - 1) + 1 + (attn_mask is not None) + 2 + 6 * (dropout_p > 0)
    per_score = recomputed + 2 * v + (2 * v - 1) + 3 + 2 * k + 2 * k
    unseen = max(key.shape[-2] - query.shape[-2], 0) * (key.numel // max(key.shape[-2] * key.shape[-1], 1))
    return skipped_scores(query, key) * per_score - unseen * (k + v)  # a dot that vanishes had K − 1 adds


@formula(
    aten._scaled_dot_product_flash_attention_for_cpu_backward,
    causal_half=causal_half_backward,
    elsewhere=ELSEWHERE,
)
def attention_backward(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    dropout_p: float,
    attn_mask: TensorMeta | None = None,
) -> Work:
    """Gradients of query, key and value, the scores recomputed (see this file's docstring).

    >>> heads = TensorMeta((1, 1, 3, 4))  # 9·(7 + 7) + 3·(12·5) by products, 9·6 by scores, 3·7 by rows
    >>> attention_backward.work(heads, heads, heads, 0.0).scalar_ops.total
    381
    """
    # [b, h, l, e], [b, h, s, e], [b, h, s, v] = aten.…_backward([b, h, l, v], [b, h, l, e], [b, h, s, e], …)
    return _backward(query, key, value, attn_mask, dropout_p)


@attention_backward.program
def attention_backward_program(
    grad_out: Array,
    query: Array,
    key: Array,
    value: Array,
    out: Array,
    logsumexp: Array,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    attn_mask: Array | None = None,
    scale: float | None = None,
) -> tuple[Array, Array, Array]:
    """Without dropout only: its mask is the kernel's own."""
    if dropout_p:
        raise ValueError("the scalar program of attention's backward has no dropout: pass dropout_p=0")
    q, k, v = stacked(query, key, value)
    scale = 1 / np.sqrt(query.shape[-1]) if scale is None else scale
    scores = scaled_scores(query, q, k, attn_mask, is_causal, scale)
    p = np.vectorize(exp, otypes=[object])(scores - logsumexp.reshape(len(k), -1, 1))
    do, o = (x.reshape(len(k), -1, value.shape[-1]) for x in (grad_out, out))
    dv = contract("gkn,gkm->gnm", p, do)
    dp = contract("gnk,gmk->gnm", do, v)
    d = (do * o).sum(axis=-1, keepdims=True)
    ds = p * (dp - d) * scale
    dq = contract("gnk,gkm->gnm", ds, k)
    dk = contract("gkn,gkm->gnm", ds, q)
    return dq.reshape(query.shape), dk.reshape(key.shape), dv.reshape(value.shape)


@formula(aten._scaled_dot_product_flash_attention_backward, causal_half=causal_half_backward, elsewhere=ELSEWHERE)
def flash_attention_backward(query: TensorMeta, key: TensorMeta, value: TensorMeta, dropout_p: float) -> Work:
    """The same without a mask.

    >>> heads = TensorMeta((1, 1, 3, 4))
    >>> flash_attention_backward.work(heads, heads, heads, 0.0).scalar_ops.total
    381
    """
    # [b, h, l, e], [b, h, s, e], [b, h, s, v] = aten.…_backward([b, h, l, v], [b, h, l, e], [b, h, s, e], …)
    return _backward(query, key, value, None, dropout_p)


@flash_attention_backward.program
def _flash_attention_backward(
    grad_out: Array,
    query: Array,
    key: Array,
    value: Array,
    out: Array,
    logsumexp: Array,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    return attention_backward_program(grad_out, query, key, value, out, logsumexp, dropout_p, is_causal, None, scale)


@formula(aten._scaled_dot_product_cudnn_attention_backward, causal_half=causal_half_backward, elsewhere=ELSEWHERE)
def cudnn_attention_backward(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    attn_bias: TensorMeta | None,
    dropout_p: float,
) -> Work:
    """The same with a bias that receives no gradient.

    >>> heads = TensorMeta((1, 1, 3, 4))
    >>> cudnn_attention_backward.work(heads, heads, heads, TensorMeta((3, 3)), 0.0).scalar_ops.total
    390
    """
    # [b, h, l, e], [b, h, s, e], [b, h, s, v] = aten.…_backward([b, h, l, v], [b, h, l, e], [b, h, s, e], …)
    return _backward(query, key, value, attn_bias, dropout_p)


@cudnn_attention_backward.program
def _cudnn_attention_backward(
    grad_out: Array,
    query: Array,
    key: Array,
    value: Array,
    out: Array,
    logsumexp: Array,
    attn_bias: Array | None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
) -> Any:
    return attention_backward_program(
        grad_out, query, key, value, out, logsumexp, dropout_p, is_causal, attn_bias, scale
    )


@formula(
    aten._scaled_dot_product_efficient_attention_backward,
    aten._scaled_dot_product_fused_attention_overrideable_backward,
    causal_half=causal_half_backward,
    elsewhere=ELSEWHERE,
)
def biased_attention_backward(
    query: TensorMeta,
    key: TensorMeta,
    value: TensorMeta,
    attn_bias: TensorMeta | None,
    dropout_p: float,
    grad_input_mask: Sequence[bool],
) -> Work:
    """The same; a bias's gradient is dS, with 1 add for each score beyond the first that shares an element.

    All three other gradients come out of one kernel and are counted whatever ``grad_input_mask`` says.

    >>> heads = TensorMeta((1, 1, 3, 4))
    >>> work = biased_attention_backward.work(heads, heads, heads, TensorMeta((1, 3)), 0.0, (True,) * 4)
    >>> work.scalar_ops.total
    396
    """
    # [b, h, l, e], …, [.., l, s] = aten.…_backward([b, h, l, v], [b, h, l, e], [b, h, s, e], [b, h, s, v], …)
    g, n, m, _, _ = sizes(query, key, value)
    wanted = grad_input_mask[3] and attn_bias is not None
    shared = g * n * m - attn_bias.numel if wanted and attn_bias else 0
    return _backward(query, key, value, attn_bias, dropout_p) + scalar(add=shared)
