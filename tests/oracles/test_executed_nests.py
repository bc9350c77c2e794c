"""Every nest, executed literally in float64, is what torch or autograd computes, and its count is exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from costmodel.ops.families.convolution import convolution_nest
from costmodel.ops.nest_program import Array, contract, contraction, execute, nest_work
from costmodel.ops.number import Tally
from tests.ops.executed import numbers
from tests.ops.strategies import (
    AttentionCase,
    ConvolutionCase,
    attentions,
    convolutions,
    quick,
    sizes,
    tensor,
)


def plain(value: torch.Tensor) -> Array:
    return value.detach().numpy()


def close(found: Array, wanted: torch.Tensor) -> None:
    np.testing.assert_allclose(found.astype(float), plain(wanted), rtol=1e-9, atol=1e-9)


def roles(case: ConvolutionCase) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """By role in the direct convolution: the tensors read, and what torch makes of each as an updated one.

    The op's output stands among the read ones as its gradient, and among the updated ones as itself.
    """
    x, w, _ = case.tensors()
    leaves = x.requires_grad_(), w.requires_grad_()
    y = torch.ops.aten.convolution(*leaves, None, *case.settings.values())
    dy = tensor(*y.shape, seed=4)
    dx, dw = torch.autograd.grad(y, leaves, dy)
    mine, other = ("Outputs", "Inputs") if case.transposed else ("Inputs", "Outputs")
    return {mine: x, other: dy, "Weights": w}, {mine: dx, other: y, "Weights": dw}


@quick
@given(convolutions(), st.sampled_from(["Outputs", "Inputs", "Weights"]))
def test_convolution_and_both_gradients(case: ConvolutionCase, updated: str) -> None:
    read, results = roles(case)
    s = case.settings
    nest = convolution_nest(
        tuple(read["Outputs"].shape),
        case.weight,
        s["stride"],
        s["padding"],
        s["dilation"],
        s["groups"],
        updated,
    )
    shape = tuple(results[updated].shape)
    close(execute(nest, {name: plain(t) for name, t in read.items()}, shape), results[updated])

    tally = Tally()
    execute(nest, {name: numbers(t, tally) for name, t in read.items()}, shape)
    assert tally.scalar_ops() == nest_work(nest, shape).scalar_ops
    assert tally.kinds["multiply"] == nest.macs


EQUATIONS = [
    "nk,km->nm",
    "nk,mk->nm",
    "kn,km->nm",
    "gnk,gkm->gnm",
    "gnk,gmk->gnm",
    "gkn,gkm->gnm",
    "gnk,gkm->nm",
    "nk,k->n",
    "n,m->nm",
    "k,k->",
    "nc,mck,nk->nm",
]


@pytest.mark.parametrize("equation", EQUATIONS)
@quick
@given(g=sizes, n=sizes, m=sizes, c=sizes, k=sizes)
def test_products(equation: str, **bounds: int) -> None:
    operands = equation.split("->")[0].split(",")
    tensors = [tensor(*(bounds[letter] for letter in o), seed=i) for i, o in enumerate(operands)]
    close(contract(equation, *map(plain, tensors)), torch.einsum(equation, *tensors))

    tally, nest = Tally(), contraction(equation, *(t.shape for t in tensors))
    result = contract(equation, *(numbers(t, tally) for t in tensors))
    assert tally.scalar_ops() == nest_work(nest, result.shape).scalar_ops


@quick
@given(attentions().filter(lambda case: case.query[1] == case.key[1]))
def test_the_products_of_attention(case: AttentionCase) -> None:
    q, k, v = (t.flatten(0, 1).requires_grad_() for t in case.tensors())
    scores = q @ k.mT
    weights = scores.softmax(-1)
    out = weights @ v
    dy = tensor(*out.shape, seed=5)
    products: dict[str, tuple[str, Any, Any, Any]] = {
        "scores": ("gnk,gmk->gnm", q, k, scores),
        "values": ("gnk,gkm->gnm", weights, v, out),
        "dP": ("gnk,gmk->gnm", dy, v, torch.autograd.grad(out, weights, dy, retain_graph=True)[0]),
        "dV": ("gkn,gkm->gnm", weights, dy, torch.autograd.grad(out, v, dy, retain_graph=True)[0]),
    }
    ds = torch.autograd.grad(out, scores, dy, retain_graph=True)[0]
    dq, dk = torch.autograd.grad(out, (q, k), dy)
    products |= {"dQ": ("gnk,gkm->gnm", ds, k, dq), "dK": ("gkn,gkm->gnm", ds, q, dk)}
    for equation, left, right, wanted in products.values():
        close(contract(equation, plain(left), plain(right)), wanted)


def test_shapes_that_do_not_fit_the_equation_are_an_error() -> None:
    with pytest.raises(ValueError, match="K is 3 and 4"):
        contraction("nk,km->nm", (2, 3), (4, 5))
