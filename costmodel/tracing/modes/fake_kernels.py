"""Shapes that torch's own fake kernels refuse to give, although the kernels of the CPU run; and the other way round.

Each takes the op's arguments; NotImplemented leaves a call to torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

Kernel = Callable[..., Any]


def _grouped_mm(
    mat_a: Any,
    mat_b: Any,
    offs: Any = None,
    bias: Any = None,  # noqa: ARG001  # the op's own parameters
    out_dtype: torch.dtype | None = None,
) -> Any:
    """A grouped product, of which torch's fake kernel knows bfloat16 alone."""
    if mat_a.dtype is torch.bfloat16:
        return NotImplemented
    shape = [mat_a.shape[-2], mat_b.shape[-1]]
    if mat_a.dim() == mat_b.dim():  # groups of the inner length, or a batch
        shape = [mat_a.shape[0] if offs is None or mat_a.dim() == 3 else offs.shape[0], *shape]
    return mat_a.new_empty(shape, dtype=out_dtype or mat_a.dtype)


def _ctc_loss(log_probs: Any, targets: Any, _: Any, target_lengths: Any, *__: Any, **___: Any) -> Any:
    """A loss per sample, and the states of the longest target: as long as it can be, where the lengths are values."""
    steps, batch = log_probs.shape[:2]
    known = isinstance(target_lengths, Sequence)
    longest = max(target_lengths, default=0) if known else targets.shape[-1]
    return log_probs.new_empty(batch), log_probs.new_empty((batch, steps, 2 * longest + 1))


def _ctc_loss_backward(_: Any, log_probs: Any, *__: Any, **___: Any) -> Any:
    return torch.empty_like(log_probs)


def _least_squares(matrix: Any, right: Any, _: Any = None, *, driver: str | None = None) -> Any:
    """Solutions, residuals, ranks and singular values, of matrices of full rank; the CPU's driver is gelsy."""
    *batch, m, n = matrix.shape
    vectors = right.dim() == 1 or (right.dim() == matrix.dim() - 1 and right.shape == matrix.shape[:-1])
    columns = [] if vectors else [right.shape[-1]]
    if not vectors:
        batch = list(torch.broadcast_shapes(torch.Size(batch), right.shape[:-2]))  # type: ignore[no-untyped-call]
    by_values = driver in ("gelsd", "gelss")
    real = matrix.dtype.to_real()
    return (
        matrix.new_empty([*batch, n, *columns]),
        matrix.new_empty([*batch, *(columns or [1])] if m > n and driver not in (None, "gelsy") else [0], dtype=real),
        matrix.new_empty([0] if driver == "gels" else batch, dtype=torch.int64),
        matrix.new_empty([*batch, min(m, n)] if by_values else [0], dtype=real),
    )


def _bincount(values: Any, weights: Any = None, minlength: int = 0) -> Any:
    """As many counts as the call asks for at least; without that the length is a value."""
    if not minlength:
        return NotImplemented
    dtype = torch.int64 if weights is None else weights.dtype if weights.dtype is torch.float32 else torch.float64
    return values.new_empty(minlength, dtype=dtype)


def _of_one_type(*operands: Any, **_: Any) -> Any:
    """A product of matrices whose numbers have different types, which the kernels refuse and the fake ones do not."""
    types = [operand.dtype for operand in operands if isinstance(operand, torch.Tensor)]
    if len(set(types)) > 1:
        first, second = (str(kind).removeprefix("torch.") for kind in dict.fromkeys(types))
        raise RuntimeError(f"the matrices of a product must have the same dtype, but got {first} and {second}")
    return NotImplemented


def _overloads(op: str, kernel: Kernel) -> dict[Any, Kernel]:
    """Every overload of an op that this torch has, except those that write into what they are given."""
    packet = getattr(torch.ops.aten, op, None)
    names = [] if packet is None else [name for name in packet.overloads() if "out" not in name]
    return {getattr(packet, name): kernel for name in names}


_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm", "mv", "dot")

KERNELS: dict[Any, Kernel] = {
    **_overloads("_grouped_mm", _grouped_mm),
    **_overloads("_ctc_loss", _ctc_loss),
    **_overloads("_ctc_loss_backward", _ctc_loss_backward),
    **_overloads("linalg_lstsq", _least_squares),
    **_overloads("bincount", _bincount),
    **{getattr(torch.ops.aten, op).default: _of_one_type for op in _PRODUCTS},
}
