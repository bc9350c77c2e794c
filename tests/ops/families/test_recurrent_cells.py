"""The fused cells have no CPU kernel: torch's plain ops, and autograd through them, are the oracle."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ops.families import recurrent_cells as family
from tests.ops.executed import check
from tests.ops.strategies import quick, sizes, tensor


def gates_and_biases(n: int, width: int, biased: bool) -> dict[str, Any]:
    names, shapes = (
        ("input_gates", "hidden_gates", "input_bias", "hidden_bias"),
        ((n, width),) * 2 + ((width,),) * 2,
    )
    tensors = {name: tensor(*shape, seed=i) for i, (name, shape) in enumerate(zip(names, shapes, strict=True))}
    return tensors if biased else {**tensors, "input_bias": None, "hidden_bias": None}


def lstm(gates: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, ...]:
    i, f, g, o = gates.chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c + i * g
    return o * c.tanh(), c, torch.cat([i, f, g, o], 1)


def gru(inputs: torch.Tensor, hidden: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, ...]:
    (r, z, n), (r_h, z_h, n_h) = inputs.chunk(3, 1), hidden.chunk(3, 1)
    r, z = (r + r_h).sigmoid(), (z + z_h).sigmoid()
    n = (n + r * n_h).tanh()
    return n + z * (h - n), torch.cat([r, z, n, h, n_h], 1)


def biased_gates(call: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    pairs = (("input_gates", "input_bias"), ("hidden_gates", "hidden_bias"))
    first, second = (call[g] if call[b] is None else call[g] + call[b] for g, b in pairs)
    return first, second


@quick
@given(sizes, sizes, st.booleans())
def test_forward_is_its_program(n: int, h: int, biased: bool) -> None:
    state = tensor(n, h, seed=9)
    call = gates_and_biases(n, 4 * h, biased)
    inputs, hidden = biased_gates(call)
    check(family.lstm_cell, {**call, "cx": state}, lstm(inputs + hidden, state))
    call = gates_and_biases(n, 3 * h, biased)
    check(family.gru_cell, {**call, "hx": state}, gru(*biased_gates(call), state))


@quick
@given(sizes, sizes, st.booleans(), st.booleans())
def test_lstm_backward_is_its_program(n: int, h: int, biased: bool, cell: bool) -> None:
    gates, cx = tensor(n, 4 * h).requires_grad_(), tensor(n, h, seed=1).requires_grad_()
    hy, cy, workspace = lstm(gates, cx)
    dh, dc = tensor(n, h, seed=2), tensor(n, h, seed=3)
    outputs, given_grads = ((hy, cy), (dh, dc)) if cell else ((hy,), (dh,))
    found = torch.autograd.grad(outputs, (gates, cx), given_grads)
    call = {"grad_hy": dh, "grad_cy": dc if cell else None, "cx": cx, "cy": cy, "workspace": workspace}
    expected = (*found, found[0].sum(0) if biased else None)
    check(family.lstm_cell_backward, {**call, "has_bias": biased}, expected)


@quick
@given(sizes, sizes, st.booleans())
def test_gru_backward_is_its_program(n: int, h: int, biased: bool) -> None:
    leaves = tuple(tensor(n, width, seed=i).requires_grad_() for i, width in enumerate((3 * h, 3 * h, h)))
    hy, workspace = gru(*leaves)
    dh = tensor(n, h, seed=5)
    found = torch.autograd.grad(hy, leaves, dh)
    biases = (found[0].sum(0), found[1].sum(0)) if biased else (None, None)
    call = {"grad_hy": dh, "workspace": workspace, "has_bias": biased}
    check(family.gru_cell_backward, call, (*found, *biases))
