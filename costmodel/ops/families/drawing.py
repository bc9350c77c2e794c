"""Draws from a distribution that a tensor holds, and rows scaled to a largest norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.extremum import topk
from costmodel.ops.families.norm import vector_norm
from costmodel.ops.families.searching import found, halvings
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import where
from costmodel.ops.packets import aten

Meta = TensorMeta


@formula(aten.multinomial)
def multinomial(self: Meta, num_samples: int, replacement: bool = False) -> Work:
    """With replacement: running sums (n − 1), a divide per class, and per draw a random number and a binary search.

    Without: an exponential draw per class, a divide, and the k largest (k·n − k(k + 1)/2 compares).

    >>> [multinomial.work(TensorMeta((3, 5)), 2, replacement).scalar_ops.total for replacement in (True, False)]
    [51, 51]
    """
    # [.., k] = aten.multinomial([.., n], k)
    n = self.shape[-1]
    rows = self.numel // max(n, 1)
    k = num_samples
    if replacement:
        return scalar(add=max(n - 1, 0), divide=n, random=k, compare=k * halvings(n - 1)) * rows
    return scalar(random=n, divide=n, compare=k * n - k * (k + 1) // 2) * rows


@multinomial.program
def _multinomial(self: Any, num_samples: int, replacement: bool = False) -> Any:
    assert topk.scalar_program is not None
    rows = self.reshape(-1, self.shape[-1])
    if not replacement:
        drawn = [[x / x.result("random", 1.0) for x in row] for row in rows]
        return topk.scalar_program(np.array(drawn, dtype=object), num_samples)
    for row in rows:
        sums = [row[0]]
        for x in row[1:]:
            sums.append(sums[-1] + x)
        line = [x / sums[-1] for x in sums]
        for _ in range(num_samples):
            found(line[0].result("random", 0.99), line[:-1], right=False)
    return None


@formula(aten.renorm, keeps_channels=True)
def renorm(self: Meta, p: float, dim: int) -> Work:
    """Per slice its norm, a compare with the largest, a divide by norm + 1e-7; then a multiply per element.

    >>> renorm.work(TensorMeta((4, 3)), 2.0, 0).scalar_ops.total
    48
    """
    # [n, ..] = aten.renorm([n, ..], p, dim, maxnorm)
    slices = self.shape[dim]
    factor = scalar(compare=slices, add=slices, divide=slices, multiply=self.numel)
    return vector_norm.work(self, TensorMeta((slices,)), p) + factor


@renorm.program
def _renorm(self: Any, p: float, dim: int, maxnorm: float) -> Any:
    assert vector_norm.scalar_program is not None
    out = []
    for x in np.moveaxis(self, dim, 0):
        norm = vector_norm.scalar_program(x.reshape(-1), p, 0)[()]
        out.append(x * where(norm > maxnorm, maxnorm / (norm + 1e-7), 1.0))
    return np.moveaxis(np.stack(out), 0, dim)


@formula(aten.embedding_renorm)
def embedding_renorm(self: Meta, indices: Meta, norm_type: float) -> Work:
    """At most each row that an index names: its norm, a compare, an add and a divide, a multiply per element.

    >>> embedding_renorm.work(TensorMeta((10, 3)), TensorMeta((4,), "int64"), 2.0).scalar_ops.total
    48
    """
    # [rows, w] = aten.embedding_renorm_([rows, w], [..], max_norm, p)
    rows = min(indices.numel, self.shape[0])
    return renorm.work(TensorMeta((rows, self.shape[1]), self.dtype), norm_type, 0)


@embedding_renorm.program
def _embedding_renorm(self: Any, indices: Any, max_norm: float, norm_type: float) -> Any:
    assert renorm.scalar_program is not None
    rows = sorted({int(i) for i in indices.reshape(-1)})
    self[rows] = renorm.scalar_program(self[rows], norm_type, 0, max_norm)
    return self
