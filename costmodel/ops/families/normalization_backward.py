"""Normalizations, backward: x̂ is recomputed from saved statistics; a part only if the mask asks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.normalization import total
from costmodel.ops.formula import formula, scalar
from costmodel.ops.number import sqrt
from costmodel.ops.packets import aten

Meta = TensorMeta
Mask = Sequence[bool]


@formula(
    aten.native_batch_norm_backward,
    aten.batch_norm_backward,
    aten.cudnn_batch_norm_backward,
    aten.miopen_batch_norm_backward,
    renamed={"update": "train", "save_var": "save_invstd"},
)
def batch_norm_backward(
    input: Meta, weight: Meta | None = None, train: bool = True, output_mask: Mask = (True, True, True)
) -> Work:
    """Per channel of n: x̂ (n, n), Σdy (n−1), Σdy·x̂ (n, n−1); dx = (dy − Σdy/n − x̂·Σdyx̂/n)·(w/σ): 2, 1, 4n.

    In eval mode the statistics are constants: 1/σ is add, sqrt, reciprocal and dx = dy·(w/σ).

    >>> batch_norm_backward.work(TensorMeta((1, 2, 2, 2)), TensorMeta((2,))).scalar_ops.total
    74
    >>> x, w = TensorMeta((1, 2, 2, 2)), TensorMeta((2,))
    >>> batch_norm_backward.work(x, w, False, (True, False, False)).scalar_ops.total
    16
    """
    # [N, C, ..], [C], [C] = aten.native_batch_norm_backward([N, C, ..], [N, C, ..], [C]?, ..)
    e, c = input.numel, input.shape[1]
    dx, dweight, dbias = output_mask
    sums = scalar()
    if dweight or (dx and train):
        sums += scalar(add=e + e - c, multiply=2 * e)
    if dbias or (dx and train):
        sums += scalar(add=e - c)
    factor = scalar(multiply=c if dx and weight is not None else 0)
    if not train:
        scalars = scalar(add=c, transcendental=c, divide=c) if dx or dweight else scalar()
        return sums + factor + scalars + scalar(multiply=e if dx else 0)
    return sums + factor + (scalar(divide=2 * c, add=2 * e, multiply=2 * e) if dx else scalar())


@batch_norm_backward.program
def _batch_norm_backward(
    grad_out: Any,
    input: Any,
    weight: Any,
    running_mean: Any,
    running_var: Any,
    save_mean: Any,
    save_invstd: Any,
    train: bool,
    eps: float,
    output_mask: Mask,
) -> Any:
    wanted_dx, wanted_dweight, wanted_dbias = output_mask
    channels = range(input.shape[1])
    dx = np.empty_like(input)
    dweight, dbias = np.empty(len(channels), dtype=object), np.empty(len(channels), dtype=object)
    for c in channels:
        dy = grad_out[:, c]
        mean, invstd = (running_mean[c], None) if not train else (save_mean[c], save_invstd[c])
        if not train and (wanted_dx or wanted_dweight):
            invstd = 1.0 / sqrt(running_var[c] + eps)
        if wanted_dweight or (wanted_dx and train):
            xhat = (input[:, c] - mean) * invstd
            dweight[c] = total(dy * xhat)
        if wanted_dbias or (wanted_dx and train):
            dbias[c] = total(dy)
        if wanted_dx:
            factor = invstd if weight is None else weight[c] * invstd
            if train:
                dy = dy - dbias[c] / float(dy.size) - xhat * (dweight[c] / float(dy.size))
            dx[:, c] = dy * factor
    return tuple(d if wanted else None for d, wanted in zip((dx, dweight, dbias), output_mask, strict=True))


def _grouped_backward(e: int, groups: int, columns: int, weight: Meta | None, mask: Mask) -> Work:
    """x̂ (2e); Σdy·x̂ and Σdy per column; g = dy·w, Σg, Σg·x̂ per group, dx = (g − Σg/n − x̂·Σgx̂/n)·rstd."""
    dx, dweight, dbias = mask
    work = scalar(add=e, multiply=e) if dx or dweight else scalar()
    if dweight:
        work += scalar(multiply=e, add=max(e - columns, 0))
    if dbias:
        work += scalar(add=max(e - columns, 0))
    if dx:
        weighted = e if weight is not None else 0
        work += scalar(multiply=weighted + e + 2 * e, add=2 * max(e - groups, 0) + 2 * e, divide=2 * groups)
    return work


def _grouped_dx(g: Any, xhat: Any, rstd: Any) -> Any:
    n = float(g.size)
    return (g - total(g) / n - xhat * (total(g * xhat) / n)) * rstd


@formula(aten.native_layer_norm_backward)
def layer_norm_backward(input: Meta, normalized_shape: tuple[int, ...], weight: Meta | None, output_mask: Mask) -> Work:
    """Elements e, rows g: x̂ 2e; weight and bias by columns; input 4e + 2(e − g) + 2g + e, and e for a weight.

    >>> w = TensorMeta((4,))
    >>> layer_norm_backward.work(TensorMeta((2, 4)), (4,), w, (True, True, True)).scalar_ops.total
    96
    """
    # [.., n], [n], [n] = aten.native_layer_norm_backward([.., n], [.., n], ..)
    columns = prod(normalized_shape)
    return _grouped_backward(input.numel, input.numel // max(columns, 1), columns, weight, output_mask)


@layer_norm_backward.program
def _layer_norm_backward(
    grad_out: Any,
    input: Any,
    normalized_shape: Sequence[int],
    mean: Any,
    rstd: Any,
    weight: Any,
    bias: Any,
    output_mask: Mask,
) -> Any:
    dy, x = (a.reshape(-1, prod(normalized_shape)) for a in (grad_out, input))
    mean, rstd = mean.reshape(-1, 1), rstd.reshape(-1, 1)
    wanted_dx, wanted_dweight, wanted_dbias = output_mask
    dx = dweight = dbias = None
    if wanted_dx or wanted_dweight:
        xhat = (x - mean) * rstd
    if wanted_dweight:
        dweight = np.array([total(column) for column in (dy * xhat).T], dtype=object).reshape(normalized_shape)
    if wanted_dbias:
        dbias = np.array([total(column) for column in dy.T], dtype=object).reshape(normalized_shape)
    if wanted_dx:
        g = dy if weight is None else dy * weight.reshape(-1)
        rows = [_grouped_dx(*row) for row in zip(g, xhat, rstd[:, 0], strict=True)]
        dx = np.array(rows, dtype=object).reshape(input.shape)
    return dx, dweight, dbias


@formula(aten.native_group_norm_backward)
def group_norm_backward(input: Meta, weight: Meta | None, N: int, C: int, group: int, output_mask: Mask) -> Work:
    """As layer norm's, with N·group groups and C columns.

    >>> group_norm_backward.work(TensorMeta((1, 4, 2)), None, 1, 4, 2, (True, False, False)).scalar_ops.total
    72
    """
    # [N, C, ..], [C], [C] = aten.native_group_norm_backward([N, C, ..], [N, C, ..], ..)
    return _grouped_backward(input.numel, N * group, C, weight, output_mask)


@group_norm_backward.program
def _group_norm_backward(
    grad_out: Any,
    input: Any,
    mean: Any,
    rstd: Any,
    weight: Any,
    N: int,
    C: int,
    HxW: int,
    group: int,
    output_mask: Mask,
) -> Any:
    dy, x = (a.reshape(N, C, HxW) for a in (grad_out, input))
    per_channel = [np.repeat(a.reshape(N, group), C // group, axis=1)[..., None] for a in (mean, rstd)]
    wanted_dx, wanted_dweight, wanted_dbias = output_mask
    dx = dweight = dbias = None
    if wanted_dx or wanted_dweight:
        xhat = (x - per_channel[0]) * per_channel[1]
    if wanted_dweight:
        dweight = np.array([total(dy[:, c] * xhat[:, c]) for c in range(C)], dtype=object)
    if wanted_dbias:
        dbias = np.array([total(dy[:, c]) for c in range(C)], dtype=object)
    if wanted_dx:
        g = dy if weight is None else dy * weight[:, None]
        groups = zip(g.reshape(N * group, -1), xhat.reshape(N * group, -1), rstd.reshape(-1), strict=True)
        dx = np.array([_grouped_dx(*one) for one in groups], dtype=object).reshape(input.shape)
    return dx, dweight, dbias


@formula(aten._fused_rms_norm_backward)
def rms_norm_backward(input: Meta, normalized_shape: tuple[int, ...], weight: Meta | None, output_mask: Mask) -> Work:
    """x̂ = x·rstd; Σdy·x̂ per column; g = dy·w, m = Σg·x̂/n per row, dx = (g − x̂·m)·rstd.

    >>> rms_norm_backward.work(TensorMeta((2, 4)), (4,), None, (True, False)).scalar_ops.total
    48
    """
    # [.., n], [n] = aten._fused_rms_norm_backward([.., n], [.., n], ..)
    e, columns = input.numel, prod(normalized_shape)
    rows = e // max(columns, 1)
    dx, dweight = output_mask
    work = scalar(multiply=e)
    if dweight:
        work += scalar(multiply=e, add=max(e - columns, 0))
    if dx:
        weighted = e if weight is not None else 0
        work += scalar(multiply=weighted + e + 2 * e, add=max(e - rows, 0) + e, divide=rows)
    return work


@rms_norm_backward.program
def _rms_norm_backward(
    grad_out: Any, input: Any, normalized_shape: Sequence[int], rstd: Any, weight: Any, output_mask: Mask
) -> Any:
    dy, x = (a.reshape(-1, prod(normalized_shape)) for a in (grad_out, input))
    xhat = x * rstd.reshape(-1, 1)
    dx = dweight = None
    if output_mask[1]:
        dweight = np.array([total(column) for column in (dy * xhat).T], dtype=object).reshape(normalized_shape)
    if output_mask[0]:
        g = dy if weight is None else dy * weight.reshape(-1)
        rows = [(a - b * (total(a * b) / float(a.size))) * r for a, b, r in zip(g, xhat, rstd.reshape(-1), strict=True)]
        dx = np.array(rows, dtype=object).reshape(input.shape)
    return dx, dweight


@formula(aten._weight_norm_interface_backward)
def weight_norm_backward(saved_v: Meta, saved_g: Meta) -> Work:
    """Σdw·v (e, e − k), dg = ·/‖v‖, g/‖v‖, dg/‖v‖ (3k divides), dv = (dw − v·ratio)·scale (3e).

    >>> weight_norm_backward.work(TensorMeta((2, 4)), TensorMeta((2, 1))).scalar_ops.total
    44
    """
    # [K, ..], [K, 1] = aten._weight_norm_interface_backward([K, ..], [K, ..], [K, 1], [K, 1], dim)
    e, k = saved_v.numel, saved_g.numel
    return scalar(multiply=3 * e, add=max(e - k, 0) + e, divide=3 * k)


@weight_norm_backward.program
def _weight_norm_backward(grad_w: Any, saved_v: Any, saved_g: Any, saved_norms: Any, dim: int) -> Any:
    dw, v = np.moveaxis(grad_w, dim, 0), np.moveaxis(saved_v, dim, 0)
    g, norms = saved_g.reshape(-1), saved_norms.reshape(-1)
    dots = np.array([total(a * b) for a, b in zip(dw, v, strict=True)], dtype=object)
    dg = dots / norms
    scale, ratio = g / norms, dg / norms
    dv = np.array([(dw[k] - v[k] * ratio[k]) * scale[k] for k in range(len(v))], dtype=object)
    return np.moveaxis(dv, 0, dim), dg.reshape(saved_g.shape)
