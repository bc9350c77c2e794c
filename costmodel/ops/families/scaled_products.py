"""Products of small numbers with their scales, as quantized networks compute them."""

from __future__ import annotations

from typing import Any

from costmodel.ir.tensor import TensorMeta
from costmodel.ir.work import Work
from costmodel.ops.formula import formula, scalar
from costmodel.ops.nest_program import Array, contract, contraction_work
from costmodel.ops.packets import aten

Meta = TensorMeta


@formula(aten._scaled_mm, weights=("self", "mat2"))
def scaled_mm(
    self: Meta,
    mat2: Meta,
    scale_a: Meta,
    scale_b: Meta,
    bias: Meta | None = None,
    scale_result: Meta | None = None,
    *,
    out: Meta,
) -> Work:
    """The product, its scales (of all rows and columns alike, or of each) and the bias.

    >>> one = TensorMeta(())
    >>> scaled_mm.work(TensorMeta((2, 5)), TensorMeta((5, 3)), one, one, out=TensorMeta((2, 3))).scalar_ops.total
    61
    """
    # [n, m] = aten._scaled_mm([n, k], [k, m], [] or [n, 1], [] or [1, m])
    alike = scale_a.numel == scale_b.numel == 1
    scaled = scalar(multiply=1 + out.numel if alike else 2 * out.numel)
    more = scalar(add=out.numel if bias is not None else 0, multiply=out.numel if scale_result is not None else 0)
    return contraction_work("nk,km->nm", self.shape, mat2.shape) + scaled + more


@scaled_mm.program
def _scaled_mm(
    self: Array, mat2: Array, scale_a: Array, scale_b: Array, bias: Any = None, scale_result: Any = None
) -> Any:
    result: Any = contract("nk,km->nm", self, mat2)
    if scale_a.size == scale_b.size == 1:
        result = result * (scale_a.flat[0] * scale_b.flat[0])
    else:
        result = result * scale_a * scale_b
    result = result if bias is None else result + bias
    return result if scale_result is None else result * scale_result


@formula(aten._weight_int8pack_mm, weights=("mat2",))
def int8_weight_mm(self: Meta, mat2: Meta, out: Meta) -> Work:
    """The product with rows of whole numbers, and a scale per result.

    >>> int8_weight_mm.work(TensorMeta((2, 5)), TensorMeta((3, 5), "int8"), TensorMeta((2, 3))).scalar_ops.total
    60
    """
    # [n, m] = aten._weight_int8pack_mm([n, k], [m, k], [m])
    return contraction_work("nk,mk->nm", self.shape, mat2.shape) + scalar(multiply=out.numel)


@int8_weight_mm.program
def _int8_weight_mm(self: Array, mat2: Array, scales: Array) -> Any:
    return contract("nk,mk->nm", self, mat2) * scales
