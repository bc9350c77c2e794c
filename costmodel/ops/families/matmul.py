"""Matrix products (COUNTING rows 1, 10): rows N, columns M, reduction K, batch G."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work, total
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import aten


def combine(outputs: int, beta: float, alpha: float) -> Work:
    """Per output of beta · self + alpha · product: the add unless beta is 0, a multiply per factor not 1."""
    scaled = (alpha != 1) + (beta not in (0, 1))
    return scalar(add=outputs if beta != 0 else 0, multiply=outputs * scaled)


def combined(self: Array, product: Array, beta: float, alpha: float) -> Array:
    product = product if alpha == 1 else product * alpha
    if beta == 0:
        return product
    return (self if beta == 1 else np.broadcast_to(self, product.shape) * beta) + product


@formula(aten.mm, aten._int_mm, mixes=("self", "mat2"), weights=("self", "mat2"), on_cuda="product")
def mm(self: TensorMeta, mat2: TensorMeta) -> Work:
    """Each output is a dot of length K: K multiplies, K − 1 adds.

    >>> mm.work(TensorMeta((2, 5)), TensorMeta((5, 3))).scalar_ops.total
    54
    """
    # [n, m] = aten.mm([n, k], [k, m])
    return contraction_work("nk,km->nm", self.shape, mat2.shape)


@mm.program
def _mm(self: Array, mat2: Array) -> Array:
    return contract("nk,km->nm", self, mat2)


@formula(aten.addmm, mixes=("mat1", "mat2"), weights=("mat1", "mat2"), on_cuda="product with bias")
def addmm(self: TensorMeta, mat1: TensorMeta, mat2: TensorMeta, beta: float = 1, alpha: float = 1) -> Work:
    """The product and, per output, 1 add for ``self``.

    >>> lenet_fc1 = TensorMeta((120,)), TensorMeta((1, 400)), TensorMeta((400, 120))
    >>> addmm.work(*lenet_fc1).scalar_ops.total
    96000
    """
    # [n, m] = aten.addmm([n, m], [n, k], [k, m])
    outputs = mat1.shape[0] * mat2.shape[1]
    return contraction_work("nk,km->nm", mat1.shape, mat2.shape) + combine(outputs, beta, alpha)


@addmm.program
def _addmm(self: Array, mat1: Array, mat2: Array, beta: float = 1, alpha: float = 1) -> Array:
    return combined(self, contract("nk,km->nm", mat1, mat2), beta, alpha)


@formula(aten.bmm, weights=("self", "mat2"), on_cuda="product")
def bmm(self: TensorMeta, mat2: TensorMeta) -> Work:
    """G independent matrix products.

    >>> bmm.work(TensorMeta((8, 2, 5)), TensorMeta((8, 5, 3))).scalar_ops.total
    432
    """
    # [g, n, m] = aten.bmm([g, n, k], [g, k, m])
    return contraction_work("gnk,gkm->gnm", self.shape, mat2.shape)


@bmm.program
def _bmm(self: Array, mat2: Array) -> Array:
    return contract("gnk,gkm->gnm", self, mat2)


@formula(aten.baddbmm, weights=("batch1", "batch2"), on_cuda="product")
def baddbmm(self: TensorMeta, batch1: TensorMeta, batch2: TensorMeta, beta: float = 1, alpha: float = 1) -> Work:
    """G independent matrix products and, per output, 1 add for ``self``.

    >>> baddbmm.work(TensorMeta((8, 2, 3)), TensorMeta((8, 2, 5)), TensorMeta((8, 5, 3))).scalar_ops.total
    480
    """
    # [g, n, m] = aten.baddbmm([g, n, m], [g, n, k], [g, k, m])
    outputs = prod(batch1.shape[:2]) * batch2.shape[2]
    return contraction_work("gnk,gkm->gnm", batch1.shape, batch2.shape) + combine(outputs, beta, alpha)


@baddbmm.program
def _baddbmm(self: Array, batch1: Array, batch2: Array, beta: float = 1, alpha: float = 1) -> Array:
    return combined(self, contract("gnk,gkm->gnm", batch1, batch2), beta, alpha)


@formula(aten.addbmm, on_cuda="product")
def addbmm(self: TensorMeta, batch1: TensorMeta, batch2: TensorMeta, beta: float = 1, alpha: float = 1) -> Work:
    """Each output is one dot of length G·K, plus ``self``.

    >>> addbmm.work(TensorMeta((2, 3)), TensorMeta((8, 2, 5)), TensorMeta((8, 5, 3))).scalar_ops.total
    480
    """
    # [n, m] = aten.addbmm([n, m], [g, n, k], [g, k, m])
    outputs = batch1.shape[1] * batch2.shape[2]
    return contraction_work("gnk,gkm->nm", batch1.shape, batch2.shape) + combine(outputs, beta, alpha)


@addbmm.program
def _addbmm(self: Array, batch1: Array, batch2: Array, beta: float = 1, alpha: float = 1) -> Array:
    return combined(self, contract("gnk,gkm->nm", batch1, batch2), beta, alpha)


@formula(aten.linear, on_cuda="product with bias")
def linear(weight: TensorMeta, bias: TensorMeta | None = None, *, out: TensorMeta) -> Work:
    """Rows are all leading axes of the input; a bias is 1 add per output.

    >>> linear.work(TensorMeta((10, 84)), TensorMeta((10,)), out=TensorMeta((1, 10))).scalar_ops.total
    1680
    """
    # [.., m] = aten.linear([.., k], [m, k], [m])
    m, k = weight.shape if len(weight.shape) == 2 else (1, *weight.shape)
    rows = out.numel // max(m, 1)
    return contraction_work("nk,mk->nm", (rows, k), (m, k)) + scalar(add=out.numel if bias is not None else 0)


@linear.program
def _linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    rows = contract("nk,mk->nm", input.reshape(-1, input.shape[-1]), weight.reshape(-1, weight.shape[-1]))
    result = rows.reshape(*input.shape[:-1], *weight.shape[:-1])
    return result if bias is None else result + bias


@formula(aten.linear_backward)
def linear_backward(self: TensorMeta, grad_output: TensorMeta, weight: TensorMeta, output_mask: Sequence[bool]) -> Work:
    """Gradients of input, weight and bias, as ``output_mask`` asks.

    >>> shapes = TensorMeta((1, 400)), TensorMeta((1, 120)), TensorMeta((120, 400))
    >>> [linear_backward.work(*shapes, mask).scalar_ops.total for mask in np.eye(3, dtype=bool)]
    [95600, 48000, 0]
    """
    # [.., k], [m, k], [m] = aten.linear_backward([.., k], [.., m], [m, k])
    m, k = weight.shape
    x, dy = (self.numel // max(k, 1), k), (grad_output.numel // max(m, 1), m)
    parts: list[Callable[[], Work]] = [
        lambda: contraction_work("nk,km->nm", dy, weight.shape),
        lambda: contraction_work("kn,km->nm", dy, x),
        lambda: scalar(add=max(grad_output.numel - m, 0)),
    ]
    return total(part() for part, wanted in zip(parts, output_mask, strict=True) if wanted)


@linear_backward.program
def _linear_backward(
    self: Array, grad_output: Array, weight: Array, output_mask: Sequence[bool]
) -> tuple[Array | None, Array | None, Array | None]:
    x, dy = self.reshape(-1, self.shape[-1]), grad_output.reshape(-1, grad_output.shape[-1])
    return (
        contract("nk,km->nm", dy, weight).reshape(self.shape) if output_mask[0] else None,
        contract("kn,km->nm", dy, x) if output_mask[1] else None,
        dy.sum(axis=0) if output_mask[2] else None,
    )


@formula(aten.matmul, on_cuda="product")
def matmul(self: TensorMeta, other: TensorMeta, out: TensorMeta) -> Work:
    """Any of the above by rank; leading axes broadcast.

    >>> left, right, out = TensorMeta((4, 1, 2, 5)), TensorMeta((3, 5, 3)), TensorMeta((4, 3, 2, 3))
    >>> matmul.work(left, right, out).scalar_ops.total
    648
    """
    # [.., n, m] = aten.matmul([.., n, k], [.., k, m])
    k = self.shape[-1]
    n = self.shape[-2] if len(self.shape) > 1 else 1
    m = other.shape[-1] if len(other.shape) > 1 else 1
    g = out.numel // max(n * m, 1)
    if g == 1:
        return contraction_work("nk,km->nm", (n, k), (k, m))
    return contraction_work("gnk,gkm->gnm", (g, n, k), (g, k, m))


@matmul.program
def _matmul(self: Array, other: Array) -> Array:
    a = self if self.ndim > 1 else self[None, :]
    b = other if other.ndim > 1 else other[:, None]
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    g = prod(lead)
    a, b = (np.broadcast_to(x, (*lead, *x.shape[-2:])).reshape(g, *x.shape[-2:]) for x in (a, b))
    result = contract("gnk,gkm->gnm", a, b).reshape(*lead, a.shape[-2], b.shape[-1])
    if other.ndim == 1:
        result = result[..., 0]
    return result if self.ndim > 1 else result[..., 0, :] if other.ndim > 1 else result[..., 0]


_TRILINEAR_DIMS = "NMCKPQRS"


def _trilinear_equation(ranks: Sequence[int], expands: Sequence[Sequence[int]], sumdim: Sequence[int]) -> str:
    letters = _TRILINEAR_DIMS[: ranks[0] + len(expands[0])]
    left = ",".join("".join(c for i, c in enumerate(letters) if i not in expand) for expand in expands)
    return f"{left}->" + "".join(c for i, c in enumerate(letters) if i not in sumdim)


@formula(aten._trilinear)
def trilinear(
    i1: TensorMeta,
    i2: TensorMeta,
    i3: TensorMeta,
    expand1: Sequence[int],
    expand2: Sequence[int],
    expand3: Sequence[int],
    sumdim: Sequence[int],
) -> Work:
    """Three tensors multiplied point by point and summed: 2 multiplies per point, and the adds.

    >>> bilinear = TensorMeta((2, 3)), TensorMeta((5, 3, 4)), TensorMeta((2, 4))
    >>> trilinear.work(*bilinear, (1, 3), (0,), (1, 2), (2, 3)).scalar_ops
    ScalarOps(add=110, multiply=240, divide=0, compare=0, transcendental=0, random=0)
    """
    # [n, m] = aten._trilinear([n, c], [m, c, k], [n, k], (1, 3), (0,), (1, 2), (2, 3))
    tensors = i1.shape, i2.shape, i3.shape
    equation = _trilinear_equation([len(t) for t in tensors], (expand1, expand2, expand3), sumdim)
    return contraction_work(equation, *tensors)


@trilinear.program
def _trilinear(
    i1: Array,
    i2: Array,
    i3: Array,
    expand1: Sequence[int],
    expand2: Sequence[int],
    expand3: Sequence[int],
    sumdim: Sequence[int],
    unroll_dim: int = 1,
) -> Any:
    equation = _trilinear_equation([t.ndim for t in (i1, i2, i3)], (expand1, expand2, expand3), sumdim)
    return contract(equation, i1, i2, i3)
