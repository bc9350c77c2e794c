"""Products of groups of rows with a matrix each, ``F.grouped_mm``: the experts of a mixture (COUNTING row 1).

Where a group ends is data (``offs``). How many rows there are in all is shape, and so are the multiply-accumulates if
every row is in a group; how they fall onto groups only shapes the nests, which are those of an even spread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import aten

Meta = TensorMeta


def _spread(length: int, groups: int) -> Iterator[tuple[int, int]]:
    """(groups, length of each) of an even spread."""
    short, longer = divmod(length, max(groups, 1))
    for count, size in ((groups - longer, short), (longer, short + 1)):
        if count and size:
            yield count, size


@formula(
    aten._grouped_mm,
    weights=("self", "mat2"),
    assumes="every row is in one of the groups, and the rows are spread evenly over them",
)
def grouped_mm(self: Meta, mat2: Meta, offs: Meta | None = None, bias: Meta | None = None, *, out: Meta) -> Work:
    """Of rows, columns or the inner length, whichever is split among the groups, each is multiplied once.

    >>> x, w, ends, y = TensorMeta((8, 5)), TensorMeta((3, 5, 2)), TensorMeta((3,), "int32"), TensorMeta((8, 2))
    >>> grouped_mm.work(x, w, ends, out=y).macs
    80
    """
    # [n, m] = aten._grouped_mm([n, k], [g, k, m], [g]);  [n, m] = …([g, n, k], [k, m], [g])
    # [g, n, m] = aten._grouped_mm([n, k], [k, m], [g]);  [g, n, m] = …([g, n, k], [g, k, m])
    k, m = mat2.shape[-2:]
    n = self.shape[-2]
    added = scalar(add=out.numel if bias is not None else 0)
    if offs is None or len(self.shape) == len(mat2.shape) == 3:
        return contraction_work("gnk,gkm->gnm", self.shape, mat2.shape) + added
    groups = offs.shape[0]
    if len(mat2.shape) == 3:
        parts = [contraction_work("gnk,gkm->gnm", (c, rows, k), (c, k, m)) for c, rows in _spread(n, groups)]
    elif len(self.shape) == 3:
        parts = [contraction_work("gnk,gkm->gnm", (c, n, k), (c, k, columns)) for c, columns in _spread(m, groups)]
    else:
        parts = [contraction_work("gnk,gkm->gnm", (c, n, inner), (c, inner, m)) for c, inner in _spread(k, groups)]
    return total((*parts, added))


@grouped_mm.program
def _grouped_mm(self: Array, mat2: Array, offs: Any = None, bias: Any = None) -> Any:
    if offs is None:
        return contract("gnk,gkm->gnm", self, mat2)
    parts = [slice(start, end) for start, end in zip([0, *offs[:-1]], offs, strict=True)]
    if mat2.ndim == 3:
        return np.concatenate([contract("nk,km->nm", self[part], mat2[g]) for g, part in enumerate(parts)])
    if self.ndim == 3:
        columns = [contract("nk,km->nm", self[g], mat2[:, part]) for g, part in enumerate(parts)]
        return np.concatenate(columns, axis=1)
    return np.stack([contract("nk,km->nm", self[:, part], mat2[part]) for part in parts])
