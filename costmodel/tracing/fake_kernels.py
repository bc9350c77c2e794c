"""Shapes that torch's own fake kernels refuse to give, although the kernels of the CPU run."""

from __future__ import annotations

from typing import Any

import torch

GROUPED_MM = getattr(getattr(torch.ops.aten, "_grouped_mm", None), "default", None)
"""None in a torch that does not have it."""


def grouped_mm(
    mat_a: Any,
    mat_b: Any,
    offs: Any = None,
    bias: Any = None,  # noqa: ARG001  # the op's own parameters
    out_dtype: torch.dtype | None = None,
) -> torch.Tensor:
    """A grouped product, of which torch's fake kernel knows bfloat16 alone."""
    shape = [mat_a.shape[-2], mat_b.shape[-1]]
    if mat_a.dim() == mat_b.dim():  # groups of the inner length, or a batch
        shape = [mat_a.shape[0] if offs is None or mat_a.dim() == 3 else offs.shape[0], *shape]
    result: torch.Tensor = mat_a.new_empty(shape, dtype=out_dtype or mat_a.dtype)
    return result
