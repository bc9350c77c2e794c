"""Convolution of any dimension, stride, padding, dilation and groups, transposed or not, and its gradients.

One nest serves all (COUNTING rows 1, 2, 10). Its dataspaces are named by their role in the *direct*
convolution; which of them is updated tells forward, input gradient and weight gradient apart. A transposed
convolution is the input gradient of a direct one: its input plays Outputs, its output plays Inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from costmodel.ir.loopnest import Access, Dataspace, LoopNest, Rank
from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, Shape, execute, nest_work
from costmodel.ops.packets import aten

_POSITIONS = {1: (("P", "R"),), 2: (("P", "R"), ("Q", "S")), 3: (("D", "T"), ("P", "R"), ("Q", "S"))}


def convolution_nest(
    outputs: Shape,
    weights: Shape,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
    updated: str,
) -> LoopNest:
    """The seven loops of a convolution, in the roles of the direct one.

    Args:
        outputs: shape [N, G·M, positions…].
        weights: shape [G·M, C, kernel…]; M and C are per group, and G is left out of the dims if it is 1.
        stride: one entry per spatial axis, or one for all; likewise ``padding`` and ``dilation``.
        groups: number of groups.
        updated: ``Outputs``, ``Inputs`` or ``Weights``.

    >>> print(convolution_nest((1, 6, 28, 28), (6, 3, 5, 5), (1, 1), (2, 2), (1, 1), 1, "Outputs"))
    Outputs[n, m, p, q] += Inputs[n, c, p+r-2, q+s-2] * Weights[m, c, r, s]  for N=1 M=6 C=3 P=28 Q=28 R=5 S=5
    """
    axes = _POSITIONS[len(weights) - 2]
    m, c = weights[0] // groups, weights[1]
    group = [("G", groups)] if groups > 1 else []
    positions = [(p, n) for (p, _), n in zip(axes, outputs[2:], strict=True)]
    kernel = [(r, n) for (_, r), n in zip(axes, weights[2:], strict=True)]
    batch = Rank(((1, "N"),))
    out_channel, in_channel = (
        Rank((*((per_group, name) for name, _ in group), (1, dim))) for per_group, dim in ((m, "M"), (c, "C"))
    )
    window = [
        Rank(((s, p), (d, r)), -pad)
        for (p, r), s, pad, d in zip(axes, *(_per_axis(v, len(axes)) for v in (stride, padding, dilation)), strict=True)
    ]
    ranks = {
        "Outputs": (batch, out_channel, *(Rank(((1, p),)) for p, _ in axes)),
        "Inputs": (batch, in_channel, *window),
        "Weights": (out_channel, Rank(((1, "C"),)), *(Rank(((1, r),)) for _, r in axes)),
    }
    return LoopNest(
        dims=(("N", outputs[0]), *group, ("M", m), ("C", c), *positions, *kernel),
        dataspaces=tuple(
            Dataspace(name=name, projection=rank, access=Access.UPDATE if name == updated else Access.READ)
            for name, rank in ranks.items()
        ),
    )


def _per_axis(values: Sequence[int], axes: int) -> Sequence[int]:
    return tuple(values) * axes if len(values) == 1 else values


@formula(
    aten.convolution,
    aten._convolution,
    aten.convolution_overrideable,
    mixes=("input", "weight"),
    weights=("weight",),
    on_cuda="convolution",
)
def convolution(
    input: TensorMeta,
    weight: TensorMeta,
    bias: TensorMeta | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    groups: int,
    out: TensorMeta,
) -> Work:
    """Multiplies = macs, adds = macs − outputs touched, and 1 add per output for the bias.

    >>> shapes = (TensorMeta((1, 3, 32, 32)), TensorMeta((6, 3, 5, 5)), TensorMeta((6,)))
    >>> lenet_conv1 = convolution.work(*shapes, (1, 1), (0, 0), (1, 1), False, 1, TensorMeta((1, 6, 28, 28)))
    >>> lenet_conv1.macs, lenet_conv1.scalar_ops.total
    (352800, 705600)
    """
    # [n, g·m, p, q] = aten.convolution([n, g·c, h, w], [g·m, c, r, s], [g·m])
    # [n, g·c, h, w] = aten.convolution([n, g·m, p, q], [g·m, c, r, s], [g·c], transposed)
    small, updated = (input, "Inputs") if transposed else (out, "Outputs")
    nest = convolution_nest(small.shape, weight.shape, stride, padding, dilation, groups, updated)
    return nest_work(nest, out.shape) + scalar(add=out.numel if bias is not None else 0)


@convolution.program
def convolution_program(
    input: Array,
    weight: Array,
    bias: Array | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Array:
    """The nest, literally; then the bias."""
    axes = weight.ndim - 2
    sizes = []
    for i in range(axes):
        s, p, d, extra = (_per_axis(v, axes)[i] for v in (stride, padding, dilation, output_padding))
        length, reach = input.shape[2 + i], d * (weight.shape[2 + i] - 1)
        sizes.append(
            (length - 1) * s - 2 * p + reach + extra + 1 if transposed else (length + 2 * p - reach - 1) // s + 1
        )
    shape = (input.shape[0], weight.shape[1] * groups if transposed else weight.shape[0], *sizes)
    small, role, updated = (input.shape, "Outputs", "Inputs") if transposed else (shape, "Inputs", "Outputs")
    nest = convolution_nest(small, weight.shape, stride, padding, dilation, groups, updated)
    result = execute(nest, {role: input, "Weights": weight}, shape)
    return result if bias is None else result + bias.reshape(-1, *[1] * axes)


@formula(aten.mkldnn_convolution)
def mkldnn_convolution(
    self: TensorMeta,
    weight: TensorMeta,
    bias: TensorMeta | None,
    padding: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    groups: int,
    out: TensorMeta,
) -> Work:
    """The direct convolution under oneDNN's name.

    >>> x, w = TensorMeta((1, 1, 3, 3)), TensorMeta((1, 1, 2, 2))
    >>> work = mkldnn_convolution.work(x, w, None, (0, 0), (1, 1), (1, 1), 1, TensorMeta((1, 1, 2, 2)))
    >>> work.scalar_ops.total
    28
    """
    # [n, g·m, p, q] = aten.mkldnn_convolution([n, g·c, h, w], [g·m, c, r, s], [g·m])
    return convolution.work(self, weight, bias, stride, padding, dilation, False, groups, out)


@mkldnn_convolution.program
def _mkldnn_convolution(
    self: Array,
    weight: Array,
    bias: Array | None,
    padding: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Any:
    return convolution_program(self, weight, bias, stride, padding, dilation, False, [0], groups)


@formula(aten.convolution_backward, gradient_of="aten.convolution", on_cuda="gradients of a convolution")
def convolution_backward(
    grad_output: TensorMeta,
    input: TensorMeta,
    weight: TensorMeta,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    groups: int,
    output_mask: Sequence[bool],
) -> Work:
    """Input gradient, weight gradient, bias gradient: each only if ``output_mask`` asks for it.

    Weight: each a dot of length batch · positions. Bias: batch · positions − 1 adds per channel. Input:
    products as in the forward, adds = products − inputs touched.

    >>> shapes = TensorMeta((1, 16, 10, 10)), TensorMeta((1, 6, 14, 14)), TensorMeta((16, 6, 5, 5))
    >>> lenet_conv2 = (*shapes, (1, 1), (0, 0), (1, 1), False, 1)
    >>> [convolution_backward.work(*lenet_conv2, mask).scalar_ops.total for mask in np.eye(3, dtype=bool)]
    [478824, 477600, 1584]
    """
    # [n, g·c, h, w], [g·m, c, r, s], [g·m] = aten.convolution_backward([n, g·m, p, q], [n, g·c, h, w], …)
    small, role = (input, "Outputs") if transposed else (grad_output, "Inputs")
    parts = []
    for wanted, updated, result in zip(output_mask, (role, "Weights"), (input, weight), strict=False):
        if wanted:
            nest = convolution_nest(small.shape, weight.shape, stride, padding, dilation, groups, updated)
            parts.append(nest_work(nest, result.shape))
    if output_mask[2]:
        parts.append(scalar(add=max(grad_output.numel - grad_output.shape[1], 0)))
    return total(parts)


@convolution_backward.program
def _convolution_backward(
    grad_output: Array,
    input: Array,
    weight: Array,
    bias_sizes: Sequence[int] | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    output_mask: Sequence[bool],
) -> tuple[Array | None, Array | None, Array | None]:
    small, role, other = (input, "Outputs", "Inputs") if transposed else (grad_output, "Inputs", "Outputs")
    tensors = {role: input, other: grad_output, "Weights": weight}
    grads: list[Array | None] = []
    for wanted, updated in zip(output_mask, (role, "Weights"), strict=False):
        nest = convolution_nest(small.shape, weight.shape, stride, padding, dilation, groups, updated)
        grads.append(execute(nest, tensors, tensors[updated].shape) if wanted else None)
    channels: Any = np.moveaxis(grad_output, 1, 0).reshape(grad_output.shape[1], -1)
    grads.append(channels.sum(axis=1) if output_mask[2] else None)
    return grads[0], grads[1], grads[2]
