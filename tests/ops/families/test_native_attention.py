from __future__ import annotations

from typing import Any

import pytest
import torch

from costmodel.ops.families.native_attention import native_multi_head_attention
from tests.ops.executed import check
from tests.ops.strategies import tensor

MASKS = {None: None, 0: torch.triu(torch.ones(4, 4, dtype=torch.bool), 1), 1: torch.eye(2, 4, dtype=torch.bool)}


@pytest.mark.parametrize("mask_type", MASKS)
@pytest.mark.parametrize(("need_weights", "averaged"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("heads", [1, 3])
def test_it_is_what_the_kernel_computes(heads: int, need_weights: bool, averaged: bool, mask_type: int | None) -> None:
    x, width = tensor(2, 4, 6), 6
    weights = tensor(3 * width, width), tensor(3 * width), tensor(width, width), tensor(width)
    asked = (MASKS[mask_type], need_weights, averaged, mask_type)
    output, mean = torch._native_multi_head_attention(x, x, x, width, heads, *weights, *asked)
    call: dict[str, Any] = {"query": x, "embed_dim": width, "num_head": heads}
    call |= dict(zip(("qkv_weight", "qkv_bias", "proj_weight", "proj_bias"), weights, strict=True))
    call |= dict(zip(("mask", "need_weights", "average_attn_weights", "mask_type"), asked, strict=True))
    check(native_multi_head_attention, call, (output, mean) if need_weights and averaged else output)
