"""Products with vectors: dot, matrix-vector, outer (COUNTING row 1)."""

from __future__ import annotations

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.families.matmul import combine, combined
from costmodel.ops.formula import formula
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import aten


@formula(aten.dot)
def dot(self: TensorMeta, tensor: TensorMeta) -> Work:
    """K multiplies, K − 1 adds.

    >>> dot.work(TensorMeta((10,)), TensorMeta((10,))).scalar_ops.total
    19
    """
    # [] = aten.dot([k], [k])
    return contraction_work("k,k->", self.shape, tensor.shape)


@dot.program
def _dot(self: Array, tensor: Array) -> Array:
    return contract("k,k->", self, tensor)


@formula(aten.vdot)
def vdot(self: TensorMeta, other: TensorMeta) -> Work:
    """As ``dot`` (of reals).

    >>> vdot.work(TensorMeta((10,)), TensorMeta((10,))).scalar_ops.total
    19
    """
    # [] = aten.vdot([k], [k])
    return contraction_work("k,k->", self.shape, other.shape)


@vdot.program
def _vdot(self: Array, other: Array) -> Array:
    return contract("k,k->", self, other)


@formula(aten.mv, weights=("self", "vec"))
def mv(self: TensorMeta, vec: TensorMeta) -> Work:
    """Each output is a dot of length K.

    >>> mv.work(TensorMeta((2, 5)), TensorMeta((5,))).scalar_ops.total
    18
    """
    # [n] = aten.mv([n, k], [k])
    return contraction_work("nk,k->n", self.shape, vec.shape)


@mv.program
def _mv(self: Array, vec: Array) -> Array:
    return contract("nk,k->n", self, vec)


@formula(aten.addmv)
def addmv(self: TensorMeta, mat: TensorMeta, vec: TensorMeta, beta: float = 1, alpha: float = 1) -> Work:
    """The product and, per output, 1 add for ``self``.

    >>> addmv.work(TensorMeta((2,)), TensorMeta((2, 5)), TensorMeta((5,))).scalar_ops.total
    20
    """
    # [n] = aten.addmv([n], [n, k], [k])
    return contraction_work("nk,k->n", mat.shape, vec.shape) + combine(mat.shape[0], beta, alpha)


@addmv.program
def _addmv(self: Array, mat: Array, vec: Array, beta: float = 1, alpha: float = 1) -> Array:
    return combined(self, contract("nk,k->n", mat, vec), beta, alpha)


@formula(aten.ger, aten.outer)
def outer(self: TensorMeta, vec2: TensorMeta) -> Work:
    """One multiply per output.

    >>> outer.work(TensorMeta((2,)), TensorMeta((3,))).scalar_ops.total
    6
    """
    # [n, m] = aten.ger([n], [m])
    return contraction_work("n,m->nm", self.shape, vec2.shape)


@outer.program
def _outer(self: Array, vec2: Array) -> Array:
    return contract("n,m->nm", self, vec2)


@formula(aten.addr)
def addr(self: TensorMeta, vec1: TensorMeta, vec2: TensorMeta, beta: float = 1, alpha: float = 1) -> Work:
    """One multiply per output, and 1 add for ``self``.

    >>> addr.work(TensorMeta((2, 3)), TensorMeta((2,)), TensorMeta((3,))).scalar_ops.total
    12
    """
    # [n, m] = aten.addr([n, m], [n], [m])
    outputs = vec1.shape[0] * vec2.shape[0]
    return contraction_work("n,m->nm", vec1.shape, vec2.shape) + combine(outputs, beta, alpha)


@addr.program
def _addr(self: Array, vec1: Array, vec2: Array, beta: float = 1, alpha: float = 1) -> Array:
    return combined(self, contract("n,m->nm", vec1, vec2), beta, alpha)
