"""The fused LSTM and GRU cells of torch's CUDA build: what follows the products of a cell, per hidden unit.

On CPU torch records the cells as single elementwise ops, and these are never seen. A bias is 1 add per gate,
its gradient the sum over the batch. The backward reads the gates from the forward's workspace.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import ScalarOps, Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array
from costmodel.ops.number import Tally, sigmoid, tanh
from costmodel.ops.packets import aten


def _lstm_unit(i: Any, f: Any, g: Any, o: Any, c: Any) -> tuple[Any, ...]:
    i, f, g, o = sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)
    c = f * c + i * g
    return o * tanh(c), c, i, f, g, o


def _lstm_slopes(i: Any, f: Any, g: Any, o: Any, before: Any, c: Any, dh: Any, dc: Any) -> tuple[Any, ...]:
    t = tanh(c)
    through = dh * o * (1.0 - t * t)
    dc = through if dc is None else dc + through
    slope_i, slope_f = dc * g * (1.0 - i) * i, dc * before * (1.0 - f) * f
    return slope_i, slope_f, dc * i * (1.0 - g * g), dh * t * (1.0 - o) * o, dc * f


def _gru_unit(r: Any, z: Any, n_in: Any, r_h: Any, z_h: Any, n_h: Any, h: Any) -> tuple[Any, ...]:
    r, z = sigmoid(r + r_h), sigmoid(z + z_h)
    n = tanh(n_in + r * n_h)
    return n + z * (h - n), r, z, n, h, n_h


def _gru_slopes(r: Any, z: Any, n: Any, h: Any, n_h: Any, dh: Any) -> tuple[Any, ...]:
    slope_n = dh * (1.0 - z) * (1.0 - n * n)
    slope_r, slope_z = slope_n * n_h * (1.0 - r) * r, dh * (h - n) * (1.0 - z) * z
    return slope_r, slope_z, slope_n, slope_n * r, dh * z


@cache
def _operations(unit: Callable[..., Any]) -> ScalarOps:
    tally = Tally()
    unit(*(tally.number(0.5) for _ in signature(unit).parameters))
    return tally.scalar_ops()


def _units(unit: Callable[..., Any], *operands: Array) -> list[Array]:
    """``unit`` at every hidden unit of arrays of one shape [n, h]."""
    rows = np.array([unit(*values) for values in zip(*(a.flat for a in operands), strict=True)], dtype=object)
    return [column.reshape(operands[0].shape) for column in rows.T]


def _split(gates: Array, bias: Array | None, parts: int) -> list[Array]:
    return np.split(gates if bias is None else gates + bias, parts, axis=1)


def _bias_adds(gates: TensorMeta, *biases: TensorMeta | None) -> Work:
    return scalar(add=gates.numel * sum(bias is not None for bias in biases))


@formula(aten._thnn_fused_lstm_cell)
def lstm_cell(
    input_gates: TensorMeta,
    cx: TensorMeta,
    input_bias: TensorMeta | None = None,
    hidden_bias: TensorMeta | None = None,
) -> Work:
    """4 adds join the gates; 3 sigmoids (4 each), 2 tanh, c = f·c + i·g, h = o·tanh(c): 22 per unit.

    >>> lstm_cell.work(TensorMeta((2, 28)), TensorMeta((2, 7))).scalar_ops.total
    308
    """
    # [n, h], [n, h], [n, 4·h] = aten._thnn_fused_lstm_cell([n, 4·h], [n, 4·h], [n, h], [4·h], [4·h])
    unit = Work(scalar_ops=_operations(_lstm_unit)) * cx.numel
    return unit + scalar(add=input_gates.numel) + _bias_adds(input_gates, input_bias, hidden_bias)


@lstm_cell.program
def _lstm_cell(
    input_gates: Array,
    hidden_gates: Array,
    cx: Array,
    input_bias: Array | None = None,
    hidden_bias: Array | None = None,
) -> tuple[Array, Array, Array]:
    halves = _split(input_gates, input_bias, 4), _split(hidden_gates, hidden_bias, 4)
    gates = [a + b for a, b in zip(*halves, strict=True)]
    h, c, *saved = _units(_lstm_unit, *gates, cx)
    return h, c, np.concatenate(saved, axis=1)


@formula(aten._thnn_fused_lstm_cell_backward, aten._thnn_fused_lstm_cell_backward_impl)
def lstm_cell_backward(
    grad_hy: TensorMeta | None,
    grad_cy: TensorMeta | None,
    cx: TensorMeta,
    workspace: TensorMeta,
    has_bias: bool,
) -> Work:
    """Slopes of the gates and of c, tanh(c) recomputed; a missing ``grad_cy`` saves its add.

    >>> state, gates = TensorMeta((2, 7)), TensorMeta((2, 28))
    >>> lstm_cell_backward.work(state, state, state, gates, True).scalar_ops.total
    350
    """
    # [n, 4·h], [n, h], [4·h] = aten._thnn_fused_lstm_cell_backward_impl([n, h], [n, h], …)
    unit = Work(scalar_ops=_operations(_lstm_slopes)) * cx.numel
    alone = scalar(add=-cx.numel if grad_cy is None else 0)
    return unit + alone + scalar(add=_bias_gradient(workspace.shape[0], workspace.shape[1], has_bias))


def _bias_gradient(batch: int, gates: int, has_bias: bool) -> int:
    return (batch - 1) * gates if has_bias and batch else 0


@lstm_cell_backward.program
def _lstm_cell_backward(
    grad_hy: Array, grad_cy: Array | None, cx: Array, cy: Array, workspace: Array, has_bias: bool
) -> tuple[Array, Array, Any]:
    """Gradients of the gates, of ``cx`` and of the bias (which both biases share)."""
    given = np.full(cx.shape, None) if grad_cy is None else grad_cy
    *gates, dc = _units(_lstm_slopes, *_split(workspace, None, 4), cx, cy, grad_hy, given)
    slopes = np.concatenate(gates, axis=1)
    return slopes, dc, slopes.sum(axis=0) if has_bias else None


@formula(aten._thnn_fused_gru_cell)
def gru_cell(
    input_gates: TensorMeta,
    hx: TensorMeta,
    input_bias: TensorMeta | None = None,
    hidden_bias: TensorMeta | None = None,
) -> Work:
    """r and z (5 each), n = tanh(n_in + r·n_h), h = n + z·(h − n): 16 per unit.

    >>> gru_cell.work(TensorMeta((2, 21)), TensorMeta((2, 7))).scalar_ops.total
    224
    """
    # [n, h], [n, 5·h] = aten._thnn_fused_gru_cell([n, 3·h], [n, 3·h], [n, h], [3·h], [3·h])
    unit = Work(scalar_ops=_operations(_gru_unit)) * hx.numel
    return unit + _bias_adds(input_gates, input_bias, hidden_bias)


@gru_cell.program
def _gru_cell(
    input_gates: Array,
    hidden_gates: Array,
    hx: Array,
    input_bias: Array | None = None,
    hidden_bias: Array | None = None,
) -> tuple[Array, Array]:
    gates = [*_split(input_gates, input_bias, 3), *_split(hidden_gates, hidden_bias, 3)]
    h, *saved = _units(_gru_unit, *gates, hx)
    return h, np.concatenate(saved, axis=1)


@formula(aten._thnn_fused_gru_cell_backward)
def gru_cell_backward(grad_hy: TensorMeta, workspace: TensorMeta, has_bias: bool) -> Work:
    """Slopes of the gates and of h; the two biases have gradients of their own.

    >>> gru_cell_backward.work(TensorMeta((2, 7)), TensorMeta((2, 35)), True).scalar_ops.total
    266
    """
    # [n, 3·h], [n, 3·h], [n, h], [3·h], [3·h] = aten._thnn_fused_gru_cell_backward([n, h], [n, 5·h])
    unit = Work(scalar_ops=_operations(_gru_slopes)) * grad_hy.numel
    n, h = grad_hy.shape
    return unit + scalar(add=2 * _bias_gradient(n, 3 * h, has_bias))


@gru_cell_backward.program
def _gru_cell_backward(grad_hy: Array, workspace: Array, has_bias: bool) -> tuple[Any, ...]:
    r, z, n, n_hidden, dh = _units(_gru_slopes, *_split(workspace, None, 5), grad_hy)
    inputs, hidden = np.concatenate([r, z, n], axis=1), np.concatenate([r, z, n_hidden], axis=1)
    biases = (inputs.sum(axis=0), hidden.sum(axis=0)) if has_bias else (None, None)
    return inputs, hidden, dh, *biases
