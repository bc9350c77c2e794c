"""Softmax and log-softmax, forward and backward (COUNTING row 6): the numerically stable form, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.reduction import fold, plus
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import exp, log, maximum
from costmodel.ops.packets import aten


def _rows(self: TensorMeta, dim: int) -> tuple[int, int]:
    length = self.shape[dim] if self.shape else 1
    return self.numel // max(length, 1), length


@formula(aten._softmax, aten._safe_softmax, keeps_channels=True, on_cuda="softmax")
def softmax(self: TensorMeta, dim: int) -> Work:
    """Per row of C: C−1 max, C subtract, C exp, C−1 add, C divide.

    The safe form also looks for rows that are masked away; that selects and is free.

    >>> softmax.work(TensorMeta((2, 10)), 1).scalar_ops.total
    96
    """
    # [.., C, ..] = aten._softmax([.., C, ..], dim)
    n, c = _rows(self, dim)
    return scalar(compare=n * (c - 1), add=n * (c + c - 1), transcendental=n * c, divide=n * c)


@softmax.program
def _softmax(self: Any, dim: int) -> Any:
    def row(x: Any) -> Any:
        top = x[0]
        for value in x[1:]:
            top = maximum(top, value)
        powers = [exp(value - top) for value in x]
        total = powers[0]
        for power in powers[1:]:
            total = total + power
        return [power / total for power in powers]

    return np.apply_along_axis(row, dim, self)


@formula(aten._log_softmax, keeps_channels=True, on_cuda="softmax")
def log_softmax(self: TensorMeta, dim: int) -> Work:
    """Per row of C: C−1 max, C subtract, C exp, C−1 add, 1 log, C subtract: 5C − 1.

    >>> log_softmax.work(TensorMeta((1, 10)), 1).scalar_ops.total
    49
    """
    # [.., C, ..] = aten._log_softmax([.., C, ..], dim)
    n, c = _rows(self, dim)
    return scalar(compare=n * (c - 1), add=n * (c + c - 1 + c), transcendental=n * (c + 1))


@log_softmax.program
def _log_softmax(self: Any, dim: int) -> Any:
    def row(x: Any) -> Any:
        top = x[0]
        for value in x[1:]:
            top = maximum(top, value)
        centred = [value - top for value in x]
        total = exp(centred[0])
        for value in centred[1:]:
            total = total + exp(value)
        logarithm = log(total)
        return [value - logarithm for value in centred]

    return np.apply_along_axis(row, dim, self)


@formula(aten._softmax_backward_data, on_cuda="gradient of softmax")
def softmax_backward(grad_output: TensorMeta, output: TensorMeta, dim: int) -> Work:
    """Per row: C multiply (dy·y), C−1 add, C subtract, C multiply: y·(dy − Σ dy·y).

    >>> softmax_backward.work(TensorMeta((1, 10)), TensorMeta((1, 10)), 1).scalar_ops.total
    39
    """
    # [.., C, ..] = aten._softmax_backward_data([.., C, ..], [.., C, ..], dim)
    n, c = _rows(output, dim)
    return scalar(multiply=n * 2 * c, add=n * (c - 1 + c))


@softmax_backward.program
def _softmax_backward(grad_output: Any, output: Any, dim: int) -> Any:
    products = grad_output * output
    return output * (grad_output - np.expand_dims(fold(plus, products, dim), dim))


@formula(aten._log_softmax_backward_data, on_cuda="gradient of softmax")
def log_softmax_backward(grad_output: TensorMeta, output: TensorMeta, dim: int) -> Work:
    """Per row: C−1 add, C exp, C multiply, C subtract: dy − exp(y)·Σ dy.

    >>> log_softmax_backward.work(TensorMeta((1, 10)), TensorMeta((1, 10)), 1).scalar_ops.total
    39
    """
    # [.., C, ..] = aten._log_softmax_backward_data([.., C, ..], [.., C, ..], dim)
    n, c = _rows(output, dim)
    return scalar(add=n * (c - 1 + c), transcendental=n * c, multiply=n * c)


@log_softmax_backward.program
def _log_softmax_backward(grad_output: Any, output: Any, dim: int) -> Any:
    total = np.expand_dims(fold(plus, grad_output, dim), dim)
    return grad_output - np.vectorize(exp, otypes=[object])(output) * total
