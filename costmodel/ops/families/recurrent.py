"""The fused LSTM layer that torch runs on CPU (oneDNN), and its backward: one call per layer and direction.

``nn.GRU``, ``nn.RNN``, the cells, and an LSTM with projections are recorded by torch as their single products
and elementwise ops, and need nothing here. Per step, with gates i, f, g, o:

    gates = x·W_ihᵀ (+ b_ih) + h·W_hhᵀ (+ b_hh)      i, f, o = 1 / (1 + exp(−gate)), g = tanh(gate)
    c = f·c + i·g                                    h = o·tanh(c)

Backward (through time; gates, c and tanh(c) were saved by the forward):

    dh = grad_output + dh          do = dh·tanh(c)       dc = dc + dh·o·(1 − tanh²(c))
    di, df, dg = dc·g, dc·c₋, dc·i      dc₋ = dc·f       sigmoid': d·(1 − s)·s       tanh': d·(1 − g·g)
    dh₋ = dgates·W_hh, and over all steps at once dx = dgates·W_ih, dW_ih = dgatesᵀ·x, dW_hh = dgatesᵀ·h₋
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import UnknownFormError, formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.number import Number, sigmoid, tanh
from costmodel.ops.packets import aten

ELSEWHERE = "fused LSTM layer: FlopCounterMode and fvcore count 0 for it"

_LSTM = 2  # at::native's rnn mode; torch dispatches no other mode to oneDNN


def _only_lstm(mode: int) -> None:
    if mode != _LSTM:
        raise UnknownFormError(f"mkldnn_rnn_layer of mode {mode}: only mode 2 (LSTM) is known")


_sigmoid = np.vectorize(sigmoid, otypes=[object])
_tanh = np.vectorize(tanh, otypes=[object])


class _Weights(NamedTuple):
    """Input and recurrent weights, and their biases."""

    ih: Array
    hh: Array
    bias_ih: Array | None
    bias_hh: Array | None

    def gates(self, projected: Array, h: Array) -> Any:
        """Gates before their nonlinearity, from x·W_ihᵀ and h."""
        recurrent = contract("nk,mk->nm", h, self.hh)
        return projected + (recurrent if self.bias_hh is None else recurrent + self.bias_hh)


class _Step(NamedTuple):
    """What one time step saves for the backward."""

    i: Array
    f: Array
    g: Array
    o: Array
    c_before: Array
    tanh_c: Array
    c: Array
    h: Array


@formula(aten.mkldnn_rnn_layer, elsewhere=ELSEWHERE)
def lstm_layer(
    input: TensorMeta, weight0: TensorMeta, hx_: TensorMeta, mode: int, hidden_size: int, has_biases: bool
) -> Work:
    """Two products with their biases and, per step and hidden unit, 4 adds, 3 sigmoids, 2 tanh and 4 more.

    >>> x, w, h = TensorMeta((3, 2, 5)), TensorMeta((28, 5)), TensorMeta((2, 7))
    >>> lstm_layer.work(x, w, h, 2, 7, True).scalar_ops.total  # 168·(9 + 13 + 2) + 42·(4 + 12 + 2 + 4)
    4956
    """
    # [t, n, h], [n, h], [n, h], _ = aten.mkldnn_rnn_layer([t, n, i], [4·h, i], [4·h, h], [4·h], [4·h], …)
    _only_lstm(mode)
    (t, n, i), h = input.shape, hidden_size
    gates, units = t * n * 4 * h, t * n * h
    return (
        contraction_work("nk,mk->nm", (t * n, i), (4 * h, i))
        + contraction_work("nk,mk->nm", (n, h), (4 * h, h), times=t)
        + scalar(add=gates * (1 + 2 * has_biases))
        + scalar(add=units * 3 * 2, transcendental=units * 3, divide=units * 3)
        + scalar(transcendental=units * 2, multiply=units * 3, add=units)
    )


def _forward(x: Array, weights: _Weights, h: Array, c: Array, reverse: bool) -> list[_Step]:
    steps, n, _ = x.shape
    rows: Any = contract("nk,mk->nm", x.reshape(steps * n, -1), weights.ih)
    projected = (rows if weights.bias_ih is None else rows + weights.bias_ih).reshape(steps, n, -1)
    saved = []
    for t in reversed(range(steps)) if reverse else range(steps):
        gate_i, gate_f, gate_g, gate_o = np.split(weights.gates(projected[t], h), 4, axis=1)
        i, f, g, o = _sigmoid(gate_i), _sigmoid(gate_f), _tanh(gate_g), _sigmoid(gate_o)
        before, c = c, f * c + i * g
        tanh_c = _tanh(c)
        h = o * tanh_c
        saved.append(_Step(i, f, g, o, before, tanh_c, c, h))
    return saved


@lstm_layer.program
def _lstm_layer(
    input: Array,
    weight0: Array,
    weight1: Array,
    weight2: Array,
    weight3: Array,
    hx_: Array,
    cx_: Array,
    reverse: bool,
    mode: int,
    has_biases: bool,
) -> tuple[Array, Array, Array]:
    _only_lstm(mode)
    weights = _Weights(weight0, weight1, *((weight2, weight3) if has_biases else (None, None)))
    saved = _forward(input, weights, hx_, cx_, reverse)
    output = np.stack([step.h for step in (saved[::-1] if reverse else saved)])
    return output, saved[-1].h, saved[-1].c


@formula(aten.mkldnn_rnn_layer_backward, elsewhere=ELSEWHERE)
def lstm_layer_backward(
    input: TensorMeta,
    weight1: TensorMeta,
    grad_output: TensorMeta | None,
    grad_hy: TensorMeta | None,
    grad_cy: TensorMeta | None,
    mode: int,
    hidden_size: int,
    has_biases: bool,
) -> Work:
    """Backward through time; the gradients of input and first state are computed too, as the op always does.

    The two biases have the same gradient: summed once. A step's dh and dc are added to what comes from the
    later step; the last step has only what was given.

    >>> x, w, dy = TensorMeta((3, 2, 5)), TensorMeta((28, 5)), TensorMeta((3, 2, 7))
    >>> lstm_layer_backward.work(x, w, dy, None, None, 2, 7, True).scalar_ops.total
    8734
    """
    # [t, n, i], [4·h, i], [4·h, h], [4·h], [4·h], [n, h], [n, h] = aten.mkldnn_rnn_layer_backward(…)
    _only_lstm(mode)
    (t, n, i), h = input.shape, hidden_size
    steps, cell, units = t * n, n * h, t * n * h
    fan_in = 0 if grad_output is None else (t - 1 + (grad_hy is not None)) * cell
    fan_in += (t - 1 + (grad_cy is not None)) * cell
    return (
        contraction_work("nk,km->nm", (n, 4 * h), (4 * h, h), times=t)
        + contraction_work("nk,km->nm", (steps, 4 * h), (4 * h, i))
        + contraction_work("kn,km->nm", (steps, 4 * h), (steps, i))
        + contraction_work("kn,km->nm", (steps, 4 * h), (steps, h))
        + scalar(add=fan_in + ((steps - 1) * 4 * h if has_biases else 0))
        # do 1, dh·o 1, three sigmoid' of 2 multiplies and 1 subtract, two tanh' likewise, di df dg dc₋ 4
        + scalar(multiply=units * (2 + 3 * 2 + 2 * 2 + 4), add=units * 5)
    )


def _plain(values: Array) -> Any:
    return np.vectorize(lambda v: v.value if isinstance(v, Number) else v, otypes=[object])(values)


@lstm_layer_backward.program
def _lstm_layer_backward(
    input: Array,
    weight1: Array,
    weight2: Array,
    weight3: Array,
    weight4: Array,
    hx_: Array,
    cx_tmp: Array,
    grad_output: Array | None,
    grad_hy: Array | None,
    grad_cy: Array | None,
    reverse: bool,
    mode: int,
    has_biases: bool,
) -> tuple[Array | None, ...]:
    """The saved gates are rebuilt from the arguments without being counted: the forward has counted them."""
    _only_lstm(mode)
    biases = (_plain(weight3), _plain(weight4)) if has_biases else (None, None)
    weights = _Weights(_plain(weight1), _plain(weight2), *biases)
    saved = _forward(_plain(input), weights, _plain(hx_), _plain(cx_tmp), reverse)
    if isinstance(first := input.flat[0], Number):
        count = np.vectorize(first.tally.number, otypes=[object])
        saved = [_Step(*(count(a) for a in step)) for step in saved]
    steps, n, _ = input.shape
    order = list(reversed(range(steps)) if reverse else range(steps))
    dh, dc, dgates = grad_hy, grad_cy, np.empty((steps, n, len(weight1)), dtype=object)
    before = np.empty((steps, n, hx_.shape[1]), dtype=object)
    for k in reversed(range(steps)):
        before[order[k]] = saved[k - 1].h if k else hx_
        given = None if grad_output is None else grad_output[order[k]]
        dh = given if dh is None else dh if given is None else given + dh
        gates, dc = _gate_gradients(saved[k], dh, dc)
        dgates[order[k]] = gates
        dh = contract("nk,km->nm", gates, weight2)
    flat = dgates.reshape(steps * n, -1)
    dx = contract("nk,km->nm", flat, weight1).reshape(input.shape)
    dw = contract("kn,km->nm", flat, input.reshape(steps * n, -1))
    du = contract("kn,km->nm", flat, before.reshape(steps * n, -1))
    db = flat.sum(axis=0) if has_biases else None
    return dx, dw, du, db, db, dh, dc


def _gate_gradients(s: _Step, dh: Any, dc: Any) -> tuple[Array, Array]:
    do = dh * s.tanh_c
    through = dh * s.o * (1.0 - s.tanh_c * s.tanh_c)
    dc = through if dc is None else dc + through
    gates = [
        dc * s.g * (1.0 - s.i) * s.i,
        dc * s.c_before * (1.0 - s.f) * s.f,
        dc * s.i * (1.0 - s.g * s.g),
        do * (1.0 - s.o) * s.o,
    ]
    return np.concatenate(gates, axis=1), dc * s.f
