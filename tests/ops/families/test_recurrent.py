from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.recurrent import lstm_layer, lstm_layer_backward
from costmodel.ops.formula import UnknownFormError
from tests.ops.executed import check
from tests.ops.strategies import quick, tensor

lengths = st.integers(1, 3)


def call(steps: int, batch: int, inputs: int, hidden: int, reverse: bool, biased: bool) -> dict[str, Any]:
    """The arguments that forward and backward share, weights named as in the forward."""
    tensors = {
        "input": tensor(steps, batch, inputs),
        "weight0": tensor(4 * hidden, inputs, seed=1),
        "weight1": tensor(4 * hidden, hidden, seed=2),
        "weight2": tensor(4 * hidden, seed=3),
        "weight3": tensor(4 * hidden, seed=4),
        "hx_": tensor(batch, hidden, seed=5),
        "cx_": tensor(batch, hidden, seed=6),
    }
    rest = {"reverse": reverse, "mode": 2, "hidden_size": hidden, "has_biases": biased}
    return {**{name: t.requires_grad_() for name, t in tensors.items()}, **rest}


def by_torch(arguments: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The same layer by ``torch.lstm`` in float64, which no fused kernel takes."""
    weights = [arguments[f"weight{i}"] for i in range(4 if arguments["has_biases"] else 2)]
    x = arguments["input"].flip(0) if arguments["reverse"] else arguments["input"]
    state = [arguments["hx_"][None], arguments["cx_"][None]]
    y, h, c = torch.lstm(x, state, weights, arguments["has_biases"], 1, 0.0, True, False, False)
    return (y.flip(0) if arguments["reverse"] else y), h[0], c[0]


@quick
@given(lengths, lengths, lengths, lengths, st.booleans(), st.booleans())
def test_forward_is_its_program(steps: int, batch: int, inputs: int, hidden: int, reverse: bool, biased: bool) -> None:
    arguments = call(steps, batch, inputs, hidden, reverse, biased)
    check(lstm_layer, arguments, by_torch(arguments))


@quick
@given(
    lengths,
    lengths,
    lengths,
    lengths,
    st.booleans(),
    st.booleans(),
    st.sampled_from(["y", "yh", "yhc", "h", "yc"]),
)
def test_backward_is_its_program(
    steps: int, batch: int, inputs: int, hidden: int, reverse: bool, biased: bool, given_grads: str
) -> None:
    arguments = call(steps, batch, inputs, hidden, reverse, biased)
    outputs = by_torch(arguments)
    chosen = zip("yhc", outputs, strict=True)
    grads = [tensor(*o.shape, seed=7) if n in given_grads else None for n, o in chosen]
    names = ["input", "weight0", "weight1", "weight2", "weight3", "hx_", "cx_"]
    leaves = [arguments[name] for name in names if biased or name not in ("weight2", "weight3")]
    used = [(o, g) for o, g in zip(outputs, grads, strict=True) if g is not None]
    found = torch.autograd.grad([o for o, _ in used], leaves, [g for _, g in used])
    expected = found if biased else (*found[:3], None, None, *found[3:])
    renamed = {f"weight{i + 1}": arguments[f"weight{i}"] for i in range(4)}
    given_by_name = dict(zip(("grad_output", "grad_hy", "grad_cy"), grads, strict=True))
    backward = {**arguments, **renamed, **given_by_name, "cx_tmp": arguments["cx_"]}
    check(lstm_layer_backward, backward, expected)


@pytest.mark.parametrize("reverse", [False, True])
def test_the_op_that_is_recorded_is_this_layer(reverse: bool) -> None:
    """``torch.lstm`` is used instead of the op itself above, because the op is float32 only."""
    arguments = call(3, 2, 5, 4, reverse, True)
    single = [v.detach().float() for v in arguments.values() if isinstance(v, torch.Tensor)]
    found = torch.ops.aten.mkldnn_rnn_layer(*single, reverse, [], 2, 4, 1, True, False, False, False)
    for got, wanted in zip(found, by_torch(arguments), strict=False):
        torch.testing.assert_close(got.double(), wanted, rtol=1e-4, atol=1e-5)


def test_another_kind_of_layer_is_refused() -> None:
    x, w, h = TensorMeta((3, 2, 5)), TensorMeta((21, 5)), TensorMeta((2, 7))
    with pytest.raises(UnknownFormError, match="mode 3"):
        lstm_layer.work(x, w, h, 3, 7, True)
