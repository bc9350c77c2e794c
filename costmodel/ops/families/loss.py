"""Losses, forward: a scalar program per element, then a sum, and one divide for a mean (COUNTING row 7)."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from inspect import signature
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import Formula, formula, register, scalar
from costmodel.ops.number import absolute, exp, log, log1p, maximum, scaled, where
from costmodel.ops.packets import aten, packet_name
from costmodel.ops.pointwise import element_work

Meta = TensorMeta
NONE, MEAN = 0, 1


def reduced(values: Any, reduction: int) -> Any:
    """Sum of all, divided by their number for a mean; or all of them."""
    if reduction == NONE:
        return values
    total = reduce(lambda a, b: a + b, values.reshape(-1))
    return total / float(values.size) if reduction == MEAN else total


def reduced_work(elements: int, reduction: int) -> Work:
    """n − 1 adds, and 1 divide for a mean."""
    if reduction == NONE:
        return scalar()
    return scalar(add=max(elements - 1, 0), divide=int(reduction == MEAN))


def elementwise_loss(packet: Any) -> Callable[[Callable[..., Any]], Formula]:
    """Decorator: the function is the loss of one element; the reduction is added."""

    def decorate(function: Callable[..., Any]) -> Formula:
        def work(self: Meta, target: Meta, reduction: int = MEAN, **arguments: Any) -> Work:
            shape = np.broadcast_shapes(self.shape, target.shape)
            elements = Meta(tuple(shape)).numel
            each = element_work(function, {"self": self, "target": target, **arguments})
            return Work(scalar_ops=each * elements) + reduced_work(elements, reduction)

        def program(self: Any, target: Any, reduction: int = MEAN, **arguments: Any) -> Any:
            tensors = {n: a for n, a in arguments.items() if isinstance(a, np.ndarray)}
            plain = {n: a for n, a in arguments.items() if n not in tensors}

            def one(x: Any, y: Any, *more: Any) -> Any:
                return function(x, y, **dict(zip(tensors, more, strict=True)), **plain)

            values = np.vectorize(one, otypes=[object])(self, target, *tensors.values())
            return reduced(values, reduction)

        entry = Formula(names=(packet_name(packet),), work=work, scalar_program=program)
        entry.parameters = (*signature(function).parameters, "reduction")
        return register(entry)

    return decorate


@elementwise_loss(aten.mse_loss)
def mse_loss(self: Any, target: Any) -> Any:
    difference = self - target
    return difference * difference


@elementwise_loss(aten.smooth_l1_loss)
def smooth_l1_loss(self: Any, target: Any, beta: float = 1.0) -> Any:
    size = absolute(self - target)
    quadratic = size * size * 0.5
    return where(size < beta, quadratic if beta == 1 else quadratic / beta, size - 0.5 * beta)


@elementwise_loss(aten.huber_loss)
def huber_loss(self: Any, target: Any, delta: float = 1.0) -> Any:
    size = absolute(self - target)
    return where(size <= delta, size * size * 0.5, scaled(size - 0.5 * delta, delta))


@elementwise_loss(aten.binary_cross_entropy)
def binary_cross_entropy(self: Any, target: Any, weight: Any = None) -> Any:
    # ATen: (y − 1)·max(log1p(−x), −100) − y·max(log x, −100)
    loss = (target - 1.0) * maximum(log1p(-self), -100.0) - target * maximum(log(self), -100.0)
    return loss if weight is None else loss * weight


@elementwise_loss(aten.binary_cross_entropy_with_logits)
def binary_cross_entropy_with_logits(self: Any, target: Any, weight: Any = None, pos_weight: Any = None) -> Any:
    # ATen: (1 − y)·x + (1 + (p − 1)·y)·(log1p(exp(−|x|)) + max(−x, 0))
    softplus = log1p(exp(-absolute(self))) + maximum(-self, 0.0)
    if pos_weight is not None:
        softplus = softplus * ((pos_weight - 1.0) * target + 1.0)
    loss = (1.0 - target) * self + softplus
    return loss if weight is None else loss * weight


@elementwise_loss(aten.soft_margin_loss)
def soft_margin_loss(self: Any, target: Any) -> Any:
    return log1p(exp(-target * self))


@formula(aten.nll_loss_forward, aten.nll_loss2d_forward)
def nll_loss(self: Meta, target: Meta, weight: Meta | None, reduction: int) -> Work:
    """Per target: negate (and a multiply by its class weight); B − 1 adds; 1 divide for a mean.

    The weight that a mean divides by is the number of targets; with class weights it is summed (B − 1 adds).

    >>> nll_loss.work(TensorMeta((1, 10)), TensorMeta((1,), "int64"), None, 1).scalar_ops.total
    2
    >>> nll_loss.work(TensorMeta((4, 10)), TensorMeta((4,), "int64"), None, 1).scalar_ops.total
    8
    """
    # [], [] = aten.nll_loss_forward([B, C], [B], [C]?)
    b = target.numel
    weighted = weight is not None
    picked = scalar(add=b, multiply=b if weighted else 0)
    if reduction != NONE and weighted:
        picked += scalar(add=max(b - 1, 0))
    return picked + reduced_work(b, reduction)


@nll_loss.program
def _nll_loss(self: Any, target: Any, weight: Any, reduction: int, ignore_index: int = -100) -> Any:
    rows = np.moveaxis(np.atleast_2d(self), 1, -1).reshape(target.size, -1)
    classes = target.reshape(-1)
    losses = np.array([-row[c] for row, c in zip(rows, classes, strict=True)], dtype=object)
    if weight is None:
        return (reduced(losses.reshape(target.shape), reduction),)
    losses = losses * weight[classes]
    if reduction == NONE:
        return (losses.reshape(target.shape),)
    total_weight = reduce(lambda a, b: a + b, weight[classes])
    total = reduce(lambda a, b: a + b, losses)
    return total / total_weight if reduction == MEAN else total, total_weight


@formula(aten.multi_margin_loss)
def multi_margin_loss(self: Meta, target: Meta, p: int = 1, weight: Meta | None = None, reduction: int = MEAN) -> Work:
    """Per row of C, each wrong class: margin − x[y] + x[c] (2), max 0 (1), square, weight; adds, ÷C.

    >>> multi_margin_loss.work(TensorMeta((3, 5)), TensorMeta((3,), "int64")).scalar_ops.total
    51
    """
    # [] = aten.multi_margin_loss([B, C], [B], p, margin, [C]?)
    b = target.numel
    c = self.numel // max(b, 1)
    wrong = b * (c - 1)
    extra = wrong * ((p == 2) + (weight is not None))
    terms = scalar(add=2 * wrong + b * max(c - 2, 0), compare=wrong, multiply=extra, divide=b)
    return terms + reduced_work(b, reduction)


@multi_margin_loss.program
def _multi_margin_loss(
    self: Any, target: Any, p: int = 1, margin: float = 1, weight: Any = None, reduction: int = MEAN
) -> Any:
    losses = []
    for row, y in zip(self, target, strict=True):
        terms = [maximum(margin - row[y] + x, 0.0) for c, x in enumerate(row) if c != y]
        terms = terms if p == 1 else [t * t for t in terms]
        terms = terms if weight is None else [t * weight[y] for t in terms]
        losses.append(reduce(lambda a, b: a + b, terms) / float(len(row)))
    return reduced(np.array(losses, dtype=object), reduction)
