"""Losses, backward. A mean's factor 1/n is formed once from the incoming gradient: 1 divide (``grad/n``)."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.loss import MEAN, NONE
from costmodel.ops.formula import Formula, formula, register, scalar
from costmodel.ops.number import exp, maximum, scaled, where
from costmodel.ops.packets import aten, packet_name
from costmodel.ops.pointwise import element_work

Meta = TensorMeta


def elementwise_loss_backward(packet: Any) -> Callable[[Callable[..., Any]], Formula]:
    """Decorator: the function is one element's input gradient; the mean's divide is added, once."""

    def decorate(function: Callable[..., Any]) -> Formula:
        def work(grad_output: Meta, self: Meta, target: Meta, reduction: int = MEAN, **arguments: Any) -> Work:
            elements = Meta(tuple(np.broadcast_shapes(self.shape, target.shape))).numel
            tensors = {"grad_output": grad_output, "self": self, "target": target}
            each = element_work(function, {**tensors, **arguments})
            return Work(scalar_ops=each * elements) + scalar(divide=int(reduction == MEAN))

        def program(grad_output: Any, self: Any, target: Any, reduction: int = MEAN, **arguments: Any) -> Any:
            if reduction == MEAN:
                grad_output = np.array(grad_output.item() / float(self.size), dtype=object)
            tensors = {n: a for n, a in arguments.items() if isinstance(a, np.ndarray)}
            plain = {n: a for n, a in arguments.items() if n not in tensors}

            def one(grad: Any, x: Any, y: Any, *more: Any) -> Any:
                return function(grad, x, y, **dict(zip(tensors, more, strict=True)), **plain)

            return np.vectorize(one, otypes=[object])(grad_output, self, target, *tensors.values())

        entry = Formula(names=(packet_name(packet),), work=work, scalar_program=program)
        entry.parameters = (*signature(function).parameters, "reduction")
        return register(entry)

    return decorate


@elementwise_loss_backward(aten.mse_loss_backward)
def mse_loss_backward(grad_output: Any, self: Any, target: Any) -> Any:
    return (self - target) * grad_output * 2.0


@elementwise_loss_backward(aten.smooth_l1_loss_backward)
def smooth_l1_loss_backward(grad_output: Any, self: Any, target: Any, beta: float) -> Any:
    x = self - target
    low, high = x <= -beta, x >= beta
    inner = grad_output * x if beta == 1 else grad_output * x / beta
    return where(low, -grad_output, where(high, grad_output, inner))


@elementwise_loss_backward(aten.huber_loss_backward)
def huber_loss_backward(grad_output: Any, self: Any, target: Any, delta: float) -> Any:
    x = self - target
    low, high = x < -delta, x > delta
    edge = scaled(grad_output, delta)
    return where(low, -edge, where(high, edge, grad_output * x))


@elementwise_loss_backward(aten.binary_cross_entropy_backward)
def binary_cross_entropy_backward(grad_output: Any, self: Any, target: Any, weight: Any = None) -> Any:
    # ATen: grad·(x − y) / max((1 − x)·x, 1e-12)
    slope = grad_output * (self - target) / maximum((1.0 - self) * self, 1e-12)
    return slope if weight is None else slope * weight


@elementwise_loss_backward(aten.soft_margin_loss_backward)
def soft_margin_loss_backward(grad_output: Any, self: Any, target: Any) -> Any:
    z = exp(-target * self)
    return -target * grad_output * z / (z + 1.0)


@formula(aten.nll_loss_backward, aten.nll_loss2d_backward)
def nll_loss_backward(target: Meta, weight: Meta | None, reduction: int) -> Work:
    """Mean or sum: −grad (÷ the total weight) is formed once and moved; else a negate per target.

    A class weight is one multiply per target.

    >>> nll_loss_backward.work(TensorMeta((4,), "int64"), None, 1).scalar_ops.total
    2
    """
    # [B, C] = aten.nll_loss_backward([], [B, C], [B], [C]?, [])
    negated = target.numel if reduction == NONE else 1
    return scalar(add=negated, divide=int(reduction == MEAN), multiply=target.numel if weight is not None else 0)


@nll_loss_backward.program
def _nll_loss_backward(
    grad_output: Any,
    self: Any,
    target: Any,
    weight: Any,
    reduction: int,
    ignore_index: int = -100,
    total_weight: Any = None,
) -> Any:
    factor = grad_output / total_weight if reduction == MEAN else grad_output
    factor = -np.asarray(factor, dtype=object)
    moved = np.moveaxis(np.zeros_like(self, dtype=object), 1, -1)
    rows, classes = moved.reshape(target.size, -1), target.reshape(-1)
    for b, (grad, c) in enumerate(zip(np.broadcast_to(factor, target.shape).reshape(-1), classes, strict=True)):
        rows[b, c] = grad if weight is None else grad * weight[c]
    return np.moveaxis(rows.reshape(moved.shape), -1, 1)


@formula(aten.multi_margin_loss_backward)
def multi_margin_loss_backward(
    self: Meta, target: Meta, p: int, weight: Meta | None = None, reduction: int = MEAN
) -> Work:
    """g = 1/(B·C) is known. Per wrong class: margin − x[y] + x[c] (2), compare, g·gradient (1).

    p = 2: times the margin (1) and 2g instead of g; a class weight 1. The target's is minus the sum of
    the others.

    >>> multi_margin_loss_backward.work(TensorMeta((3, 5)), TensorMeta((3,), "int64"), 1).scalar_ops.total
    60
    """
    # [B, C] = aten.multi_margin_loss_backward([], [B, C], [B], p, margin, [C]?)
    wrong = self.numel - target.numel
    extra = (p == 2) + (weight is not None)
    return scalar(add=2 * wrong + wrong, compare=wrong, multiply=wrong * (1 + extra))


@multi_margin_loss_backward.program
def _multi_margin_loss_backward(
    grad_output: Any,
    self: Any,
    target: Any,
    p: int,
    margin: float,
    weight: Any = None,
    reduction: int = MEAN,
) -> Any:
    dx = np.empty_like(self)
    rows, width = self.shape
    g = 1.0 / (width * rows if reduction == MEAN else width)
    grads = np.broadcast_to(grad_output, target.shape)
    for b, (row, y) in enumerate(zip(self, target, strict=True)):
        total: Any = None
        for c, x in enumerate(row):
            if c == y:
                continue
            z = margin - row[y] + x
            value = grads[b] * g if p == 1 else grads[b] * (2.0 * g) * z
            value = value if weight is None else value * weight[y]
            dx[b, c] = where(z > 0.0, value, 0.0)
            total = -dx[b, c] if total is None else total - dx[b, c]
        dx[b, y] = total
    return dx
