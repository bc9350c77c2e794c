"""Multi-head attention as one op: what ``nn.MultiheadAttention`` executes in evaluation mode (COUNTING row 17).

The kernel (native_multi_head_attention in torch's attention.cpp): one product gives queries, keys and values, with 1
add per result for the bias; queries are scaled (1 multiply each); QKᵀ, the stable softmax of row 6, ·V; the output's
product with its bias. Its mask is boolean: it selects, and is free. Weights that are asked for as the mean over the
heads cost heads − 1 adds and 1 divide each.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.families.reduction import fold, plus
from costmodel.ops.families.softmax import softmax
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import aten


@formula(
    aten._native_multi_head_attention,
    weights=("qkv_weight", "proj_weight"),
    elsewhere="the fast path of nn.MultiheadAttention: FlopCounterMode and fvcore count 0 for it",
)
def native_multi_head_attention(
    query: TensorMeta,
    embed_dim: int,
    num_head: int,
    qkv_weight: TensorMeta,
    need_weights: bool = True,
    average_attn_weights: bool = True,
) -> Work:
    """All of it: three projections in one product, attention head by head, and the output's projection.

    >>> x, qkv = TensorMeta((1, 3, 4)), TensorMeta((12, 4))  # 3·12·8, 3·4, 2·3·(3·3 + 13 + 2·5), 3·4·8
    >>> native_multi_head_attention.work(x, 4, 2, qkv, need_weights=False).scalar_ops.total
    588
    """
    # [b, l, e], [b, l, l] = aten._native_multi_head_attention([b, l, e], …, [3·e, e], [3·e], [e, e], [e])
    b, length, e = query.shape
    rows, heads, d = b * length, b * num_head, e // num_head
    averaged = b * length * length if need_weights and average_attn_weights else 0
    return total(
        (
            contraction_work("nk,mk->nm", (rows, e), qkv_weight.shape),
            scalar(add=rows * 3 * e, multiply=rows * e),
            contraction_work("gnk,gmk->gnm", (heads, length, d), (heads, length, d)),
            softmax.work(TensorMeta((heads, length, length)), -1),
            contraction_work("gnk,gkm->gnm", (heads, length, length), (heads, length, d)),
            contraction_work("nk,mk->nm", (rows, e), (e, e)),
            scalar(add=rows * e),
            scalar(add=averaged * (num_head - 1), divide=averaged),
        )
    )


@native_multi_head_attention.program
def _native_multi_head_attention(
    query: Array,
    embed_dim: int,
    num_head: int,
    qkv_weight: Array,
    qkv_bias: Array,
    proj_weight: Array,
    proj_bias: Array,
    mask: Array | None = None,
    need_weights: bool = True,
    average_attn_weights: bool = True,
    mask_type: int | None = None,
) -> Any:
    """The output, and the mean of the weights where it is asked for."""
    b, length, e = query.shape
    d = e // num_head
    flat = contract("nk,mk->nm", query.reshape(-1, e), qkv_weight) + qkv_bias
    q, k, v = (part.reshape(b * num_head, length, d) for part in _by_head(flat, b, num_head))
    scores = contract("gnk,gmk->gnm", q * (1 / sqrt(d)), k).reshape(b, num_head, length, length)
    if mask is not None:
        scores = np.where(_for_scores(mask, mask_type), -np.inf, scores)
    weights: Any = softmax.scalar_program(scores, -1) if softmax.scalar_program else None
    context = contract("gnk,gkm->gnm", weights.reshape(-1, length, length), v)
    joined = context.reshape(b, num_head, length, d).transpose(0, 2, 1, 3).reshape(-1, e)
    output = (contract("nk,mk->nm", joined, proj_weight) + proj_bias).reshape(query.shape)
    if not need_weights or not average_attn_weights:
        return output
    return output, fold(plus, weights, 1) / num_head


def _by_head(flat: Array, batch: int, heads: int) -> Array:
    """[b·l, 3·e] → [3, b, h, l, d]."""
    parts: Array = flat.reshape(batch, -1, 3, heads, flat.shape[1] // 3 // heads).transpose(2, 0, 3, 1, 4)
    return parts


def _for_scores(mask: Array, mask_type: int | None) -> Array:
    """A mask of scores (0: [l, l]), of keys (1: [b, l]) or of every head (2) against [b, h, l, l]."""
    if mask_type != 1:
        return mask
    of_keys: Array = mask[:, None, None, :]
    return of_keys
