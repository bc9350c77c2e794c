"""Normalizations, forward (COUNTING rows 8 and 9): a group's scalars are formed once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import torch

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import sqrt
from costmodel.ops.packets import aten

Meta = TensorMeta


def total(values: Any) -> Any:
    """Sum of all values: one add fewer than there are."""
    return reduce(lambda a, b: a + b, np.asarray(values, dtype=object).reshape(-1))


def standardize(x: Any, eps: float) -> tuple[Any, Any, Any, Any]:
    """The published program of one group: normalised values, mean, 1/σ, variance."""
    n = float(x.size)
    mean = total(x) / n
    centred = x - mean
    variance = total(centred * centred) / n
    rstd = 1.0 / sqrt(variance + eps)
    return centred * rstd, mean, rstd, variance


def _standardize_work(elements: int, groups: int) -> Work:
    """Per group of n: mean (n−1, 1), variance (n, n, n−1, 1), eps, sqrt, reciprocal, n multiplies."""
    e, g = elements, groups
    return scalar(add=(e - g) + e + (e - g) + g, multiply=2 * e, divide=3 * g, transcendental=g)


def _affine_work(elements: int, weight: Meta | None, bias: Meta | None) -> Work:
    return scalar(multiply=elements * (weight is not None), add=elements * (bias is not None))


@formula(
    aten.native_batch_norm,
    aten.cudnn_batch_norm,
    aten.miopen_batch_norm,
    keeps_channels=True,
    elementwise_unless="training",
    on_cuda="batch statistics",
)
def batch_norm(
    input: Meta,
    weight: Meta | None = None,
    bias: Meta | None = None,
    running_mean: Meta | None = None,
    training: bool = True,
) -> Work:
    """Row 8. Training: statistics, normalised, affine, running statistics. Eval: scale and shift.

    >>> c = TensorMeta((2,))
    >>> batch_norm.work(TensorMeta((1, 2, 2, 2)), c, c, c).scalar_ops.total
    76
    >>> batch_norm.work(TensorMeta((1, 2, 2, 2)), c, c, c, training=False).scalar_ops.total
    28
    """
    # [N, C, ..] = aten.native_batch_norm([N, C, ..], [C]?, [C]?, [C]?, [C]?)
    e, c = input.numel, input.shape[1]
    if not training:
        factor = weight is not None
        scale_and_shift = scalar(add=2 * c, transcendental=c, divide=c, multiply=(1 + factor) * c)
        return scale_and_shift + scalar(multiply=e, add=e)
    work = _standardize_work(e, c) + _affine_work(e, weight, bias)
    if running_mean is not None:
        work += scalar(multiply=5 * c, add=2 * c)
    return work


@batch_norm.program
def _batch_norm(
    input: Any,
    weight: Any = None,
    bias: Any = None,
    running_mean: Any = None,
    running_var: Any = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    out = np.empty_like(input)
    if not training:
        for c in range(input.shape[1]):
            scale = 1.0 / sqrt(running_var[c] + eps)
            scale = scale if weight is None else weight[c] * scale
            product = running_mean[c] * scale
            shift = -product if bias is None else bias[c] - product
            out[:, c] = input[:, c] * scale + shift
        return (out,)
    means, rstds = np.empty(input.shape[1], dtype=object), np.empty(input.shape[1], dtype=object)
    for c in range(input.shape[1]):
        values, means[c], rstds[c], variance = standardize(input[:, c], eps)
        values = values if weight is None else values * weight[c]
        out[:, c] = values if bias is None else values + bias[c]
        if running_mean is not None:
            unbiased = variance * (values.size / (values.size - 1.0))
            running_mean[c] = running_mean[c] * (1.0 - momentum) + means[c] * momentum
            running_var[c] = running_var[c] * (1.0 - momentum) + unbiased * momentum
    return out, means, rstds


@formula(aten._native_batch_norm_legit, keeps_channels=True, on_cuda="batch statistics")
def batch_norm_legit(
    input: Meta,
    weight: Meta | None = None,
    bias: Meta | None = None,
    running_mean: Meta | None = None,
    training: bool = True,
) -> Work:
    """As :func:`batch_norm`; without running statistics it normalises by the batch's in any case.

    >>> batch_norm_legit.work(TensorMeta((1, 2, 2, 2)), training=False).scalar_ops.total
    46
    """
    # [N, C, ..] = aten._native_batch_norm_legit([N, C, ..], [C]?, [C]?, [C]?, [C]?)
    return batch_norm.work(input, weight, bias, running_mean, training or running_mean is None)


@batch_norm_legit.program
def _batch_norm_legit(
    input: Any,
    weight: Any = None,
    bias: Any = None,
    running_mean: Any = None,
    running_var: Any = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    training = training or running_mean is None
    return _batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


@formula(aten._batch_norm_with_update, keeps_channels=True, on_cuda="batch statistics")
def batch_norm_with_update(
    input: Meta, weight: Meta | None = None, bias: Meta | None = None, running_mean: Meta | None = None
) -> Work:
    """As :func:`batch_norm` in training.

    >>> batch_norm_with_update.work(TensorMeta((1, 2, 2, 2))).scalar_ops.total
    46
    """
    # [N, C, ..] = aten._batch_norm_with_update([N, C, ..], [C]?, [C]?, [C], [C])
    return batch_norm.work(input, weight, bias, running_mean)


@batch_norm_with_update.program
def _batch_norm_with_update(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float, eps: float
) -> Any:
    return _batch_norm(input, weight, bias, running_mean, running_var, True, momentum, eps)


@formula(aten._native_batch_norm_legit_no_training, aten._batch_norm_no_update, keeps_channels=True)
def batch_norm_no_training(input: Meta, weight: Meta | None = None, bias: Meta | None = None) -> Work:
    """As :func:`batch_norm` in eval mode.

    >>> batch_norm_no_training.work(TensorMeta((1, 2, 2, 2))).scalar_ops.total
    26
    """
    # [N, C, ..] = aten._native_batch_norm_legit_no_training([N, C, ..], [C]?, [C]?, [C], [C])
    return batch_norm.work(input, weight, bias, training=False)


@batch_norm_no_training.program
def _batch_norm_no_training(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, momentum: float, eps: float
) -> Any:
    return _batch_norm(input, weight, bias, running_mean, running_var, False, momentum, eps)


@formula(aten.native_layer_norm, keeps_channels=True)
def layer_norm(
    input: Meta, normalized_shape: tuple[int, ...], weight: Meta | None = None, bias: Meta | None = None
) -> Work:
    """Row 9: the statistics and normalised values of each group, affine.

    >>> layer_norm.work(TensorMeta((2, 4)), (4,), TensorMeta((4,)), TensorMeta((4,))).scalar_ops.total
    62
    """
    # [.., n] = aten.native_layer_norm([.., n], [n]?, [n]?)
    groups = input.numel // max(prod(normalized_shape), 1)
    return _standardize_work(input.numel, groups) + _affine_work(input.numel, weight, bias)


@layer_norm.program
def _layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    rows = input.reshape(-1, prod(normalized_shape))
    out = np.array([standardize(row, eps)[0] for row in rows], dtype=object).reshape(input.shape)
    out = out if weight is None else out * weight
    return (out if bias is None else out + bias,)


@formula(aten.native_group_norm, keeps_channels=True, channel_groups="group")
def group_norm(input: Meta, weight: Meta | None, bias: Meta | None, N: int, group: int) -> Work:
    """Row 9, over N·group groups.

    >>> group_norm.work(TensorMeta((1, 4, 2)), None, None, 1, 2).scalar_ops.total
    46
    """
    # [N, C, ..] = aten.native_group_norm([N, C, ..], [C]?, [C]?, group)
    return _standardize_work(input.numel, N * group) + _affine_work(input.numel, weight, bias)


@group_norm.program
def _group_norm(input: Any, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float) -> Any:
    rows = input.reshape(N * group, -1)
    out = np.array([standardize(row, eps)[0] for row in rows], dtype=object).reshape(N, C, HxW)
    out = out if weight is None else out * weight[:, None]
    out = out if bias is None else out + bias[:, None]
    return (out.reshape(input.shape),)


@formula(aten._fused_rms_norm, keeps_channels=True)
def rms_norm(input: Meta, normalized_shape: tuple[int, ...], weight: Meta | None = None) -> Work:
    """Per group of n: n multiply, n−1 add, 1 divide, eps, sqrt, reciprocal, n multiply; weight n.

    >>> rms_norm.work(TensorMeta((2, 4)), (4,)).scalar_ops.total
    30
    """
    # [.., n] = aten._fused_rms_norm([.., n], [n]?)
    e = input.numel
    g = e // max(prod(normalized_shape), 1)
    return scalar(multiply=2 * e, add=e, divide=2 * g, transcendental=g) + _affine_work(e, weight, None)


@rms_norm.program
def _rms_norm(input: Any, normalized_shape: Sequence[int], weight: Any, eps: float | None) -> Any:
    rows = input.reshape(-1, prod(normalized_shape))
    eps = torch.finfo(torch.float64).eps if eps is None else eps
    rstds = [1.0 / sqrt(total(row * row) / float(row.size) + eps) for row in rows]
    out = np.array([row * rstd for row, rstd in zip(rows, rstds, strict=True)], dtype=object).reshape(input.shape)
    return (out if weight is None else out * weight,)


@formula(aten._weight_norm_interface)
def weight_norm(v: Meta, g: Meta) -> Work:
    """w = v·g/‖v‖ per kept index: squares, adds, sqrt, one divide, and a multiply per element.

    >>> weight_norm.work(TensorMeta((2, 4)), TensorMeta((2, 1))).scalar_ops.total
    26
    """
    # [K, ..], [K, 1] = aten._weight_norm_interface([K, ..], [K, 1], dim)
    e, k = v.numel, g.numel
    return scalar(multiply=2 * e, add=e - k, transcendental=k, divide=k)


@weight_norm.program
def _weight_norm(v: Any, g: Any, dim: int = 0) -> Any:
    rows = np.moveaxis(v, dim, 0)
    norms = np.array([sqrt(total(row * row)) for row in rows], dtype=object)
    scale = g.reshape(-1) / norms
    out = np.array([row * s for row, s in zip(rows, scale, strict=True)], dtype=object)
    return np.moveaxis(out, 0, dim), norms.reshape(g.shape)
