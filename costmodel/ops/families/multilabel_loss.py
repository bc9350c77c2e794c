"""Multi-label margin loss: every target class against every other class; their number depends on the data.

From the shapes alone it is *at most* ⌊C/2⌋ targets against ⌈C/2⌉ others, the split with most pairs.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.loss import MEAN, reduced, reduced_work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import maximum
from costmodel.ops.packets import aten

Meta = TensorMeta


def _rows_and_pairs(self: Meta) -> tuple[int, int]:
    classes = self.shape[-1] if self.shape else 1
    return self.numel // max(classes, 1), (classes // 2) * (classes - classes // 2)


def _targets(target: Any) -> list[int]:
    """Classes up to the first negative entry."""
    found = []
    for entry in target:
        if int(entry) < 0:
            break
        found.append(int(entry))
    return found


@formula(aten.multilabel_margin_loss_forward)
def multilabel_margin_loss(self: Meta, target: Meta, reduction: int = MEAN) -> Work:
    """At most, per row: each pair 1 − x[t] + x[i] (2), max 0 (1); adds, ÷C; then the reduction.

    >>> multilabel_margin_loss.work(TensorMeta((1, 4)), TensorMeta((1, 4), "int64")).scalar_ops.total
    17
    """
    # [], [B, C] = aten.multilabel_margin_loss_forward([B, C], [B, C], reduction)
    rows, pairs = _rows_and_pairs(self)
    terms = scalar(add=rows * (2 * pairs + max(pairs - 1, 0)), compare=rows * pairs, divide=rows)
    return terms + reduced_work(rows, reduction)


@multilabel_margin_loss.program
def _multilabel_margin_loss(self: Any, target: Any, reduction: int = MEAN) -> Any:
    losses = []
    for row, entries in zip(np.atleast_2d(self), np.atleast_2d(target), strict=True):
        wanted = _targets(entries)
        others = [i for i in range(len(row)) if i not in wanted]
        terms = [maximum(1.0 - row[t] + row[i], 0.0) for t in wanted for i in others]
        losses.append(reduce(lambda a, b: a + b, terms, *([] if terms else [0.0])) / float(len(row)))
    return (reduced(np.array(losses, dtype=object), reduction),)


@formula(aten.multilabel_margin_loss_backward)
def multilabel_margin_loss_backward(grad_output: Meta, self: Meta, target: Meta, reduction: int) -> Work:
    """At most, per row: each pair 1 − x[t] + x[i] (2), > 0 (1), ±g into two gradients (2); ·grad per class.

    >>> one = TensorMeta(())
    >>> multilabel_margin_loss_backward.work(one, TensorMeta((1, 4)), TensorMeta((1, 4), "int64"), 1).scalar_ops.total
    24
    """
    # [B, C] = aten.multilabel_margin_loss_backward([], [B, C], [B, C], reduction, [B, C])
    rows, pairs = _rows_and_pairs(self)
    return scalar(add=rows * 4 * pairs, compare=rows * pairs, multiply=self.numel)


@multilabel_margin_loss_backward.program
def _multilabel_margin_loss_backward(
    grad_output: Any, self: Any, target: Any, reduction: int, is_target: Any = None
) -> Any:
    rows = np.atleast_2d(self)
    g = 1.0 / (rows.size if reduction == MEAN else rows.shape[1])  # known beforehand, from the sizes
    grads = np.broadcast_to(grad_output, (len(rows),))
    result = np.full(rows.shape, 0.0, dtype=object)
    for n, (row, entries) in enumerate(zip(rows, np.atleast_2d(target), strict=True)):
        wanted = _targets(entries)
        for t in wanted:
            for i in [i for i in range(len(row)) if i not in wanted]:
                if 1.0 - row[t] + row[i] > 0.0:
                    result[n, i] = result[n, i] + g
                    result[n, t] = result[n, t] - g
        result[n] = [value * grads[n] for value in result[n]]
    return result.reshape(self.shape)
