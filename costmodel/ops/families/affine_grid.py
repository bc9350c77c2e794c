"""Grids of an affine map, ``F.affine_grid``: a product of constant base coordinates and each sample's matrix."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import aten


@formula(aten.affine_grid_generator, weights=("theta",))
def affine_grid(theta: TensorMeta, size: Sequence[int]) -> Work:
    """Each coordinate is a dot of d + 1 base coordinates (the last is 1) and a row of the matrix.

    >>> affine_grid.work(TensorMeta((2, 2, 3)), (2, 4, 3, 3)).scalar_ops.total
    180
    """
    # [N, H, W, 2] = aten.affine_grid_generator([N, 2, 3], [N, C, H, W])
    n, d = size[0], len(size) - 2
    return contraction_work("gnk,gmk->gnm", (n, prod(size[2:]), d + 1), (n, d, d + 1))


def _base(size: Sequence[int], align: bool) -> Array:
    """Coordinates from −1 to 1, the last axis first, and 1: known from the sizes."""
    axes = [np.linspace(-1.0, 1.0, n) * (1.0 if align else (n - 1) / n) if n > 1 else np.zeros(1) for n in size[2:]]
    places = np.meshgrid(*axes, indexing="ij")
    rows = np.stack([*reversed(places), np.ones(tuple(size[2:]))], axis=-1)
    return np.broadcast_to(rows.reshape(1, -1, len(axes) + 1), (size[0], rows[..., 0].size, len(axes) + 1))


@affine_grid.program
def _affine_grid(theta: Array, size: Sequence[int], align_corners: bool) -> Any:
    base = _base(size, align_corners).astype(object)
    return contract("gnk,gmk->gnm", base, theta).reshape(size[0], *size[2:], len(size) - 2)
