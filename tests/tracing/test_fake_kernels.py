"""Shapes that torch's own fake kernels refuse are those of its real ones."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import costmodel
from costmodel.tracing.modes.fake import FakeMode
from costmodel.tracing.modes.fake_kernels import KERNELS

aten = torch.ops.aten
HAS_GROUPED = hasattr(aten, "_grouped_mm")
LOG_PROBS, GRAD = torch.randn(6, 2, 5).log_softmax(2), torch.ones(2)
LISTS, TENSORS = ([6, 5], [4, 3]), (torch.tensor([6, 5]), torch.tensor([4, 3]))
FLAT, PADDED = torch.tensor([1, 2, 3, 1, 2, 3, 4]), torch.tensor([[1, 2, 3, 4], [2, 1, 3, 0]])
ROWS, EXPERTS, ENDS = torch.randn(6, 8), torch.randn(3, 8, 4), torch.tensor([2, 5, 6], dtype=torch.int32)
ALPHA = aten._ctc_loss(LOG_PROBS, PADDED, *LISTS)
DRIVERS = (None, "gels", "gelsd")
SYSTEMS = [
    (torch.randn(shape), torch.randn(right))
    for shape, right in (((5, 3), (5, 2)), ((2, 4, 4), (2, 4, 1)), ((2, 5, 3), (2, 5)), ((5, 3), (5,)))
]
CALLS: list[tuple[Any, tuple[Any, ...]]] = [
    (aten._ctc_loss.default, (LOG_PROBS, FLAT, *LISTS)),
    (aten._ctc_loss.default, (LOG_PROBS, PADDED, *LISTS)),
    (aten._ctc_loss.Tensor, (LOG_PROBS, PADDED, *TENSORS)),
    *((partial(aten.linalg_lstsq.default, driver=driver), matrices) for driver in DRIVERS for matrices in SYSTEMS),
    (aten.linalg_lstsq.default, (torch.randn(3, 5, dtype=torch.complex64), torch.randn(3, 2, dtype=torch.complex64))),
    *((aten.bincount.default, (FLAT, weights, 6)) for weights in (None, torch.ones(7), torch.ones(7).double())),
    (aten._ctc_loss_backward.default, (GRAD, LOG_PROBS, PADDED, *LISTS, *ALPHA, 0)),
    (aten._ctc_loss_backward.Tensor, (GRAD, LOG_PROBS, PADDED, *TENSORS, *ALPHA, 0)),
]
if HAS_GROUPED:
    CALLS += [
        (aten._grouped_mm.default, (ROWS, EXPERTS, ENDS)),
        (aten._grouped_mm.default, (ROWS.mT, torch.randn(6, 4), ENDS)),
        (aten._grouped_mm.default, (torch.randn(3, 2, 8), torch.randn(8, 8), ENDS)),
        (aten._grouped_mm.default, (torch.randn(3, 2, 8), EXPERTS)),
    ]


@pytest.mark.parametrize(("op", "arguments"), CALLS)
def test_shapes_are_the_real_ones(op: Any, arguments: tuple[Any, ...]) -> None:
    words = getattr(op, "keywords", {})
    real = op(*arguments)
    made = KERNELS[getattr(op, "func", op)](*arguments, **words)
    one, other = (x if isinstance(x, tuple) else (x,) for x in (real, made))
    assert [(x.shape, x.dtype) for x in one] == [(x.shape, x.dtype) for x in other]


@pytest.mark.skipif(not HAS_GROUPED, reason="this torch has no grouped_mm")
def test_bfloat16_is_left_to_torch() -> None:
    assert KERNELS[aten._grouped_mm.default](ROWS.bfloat16(), EXPERTS.bfloat16(), ENDS) is NotImplemented


def heard(as_tensors: bool) -> Any:
    """Connectionist temporal classification of three labels; the lengths are tensors or lists."""

    def loss(output: torch.Tensor, batch: Any) -> torch.Tensor:
        n, steps = output.shape[:2]
        lengths: list[Any] = [[steps] * n, [3] * n]
        if as_tensors:
            lengths = [torch.full((n,), length) for length in (steps, 3)]
        labels = torch.ones(n, 3, dtype=torch.long)
        return F.ctc_loss(output.log_softmax(-1).transpose(0, 1), labels, *lengths)

    return loss


def test_a_loss_is_counted_alike_whether_its_lengths_are_tensors_or_lists() -> None:
    analysis = costmodel.analyze(nn.Linear(8, 5), input="6x8", batch=2, loss=heard(as_tensors=True))
    assert analysis.totals.complete
    assert [a.what for a in analysis.assumptions if "as long as they can be" in a.what]
    assert analysis.totals.operations.loss > 14 * 2 * 5 * 7  # two samples, steps but the first, states of three labels
    listed = costmodel.analyze(nn.Linear(8, 5), input="6x8", batch=2, loss=heard(as_tensors=False))
    assert listed.totals.operations == analysis.totals.operations


A, B, C = torch.rand(2, 3), torch.rand(3, 4), torch.rand(2, 4)
PRODUCTS: list[tuple[Any, tuple[torch.Tensor, ...]]] = [
    (torch.mm, (A, B)),
    (torch.addmm, (C, A, B)),
    (torch.bmm, (A[None], B[None])),
    (torch.baddbmm, (C[None], A[None], B[None])),
    (torch.mv, (A, B[:, 0])),
    (torch.dot, (A[0], B[:, 0])),
]


@pytest.mark.parametrize(("product", "operands"), PRODUCTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_product_of_numbers_of_different_types_is_refused_as_by_torch(product: Any, operands: Any) -> None:
    for odd in range(len(operands)):
        mixed = [tensor.half() if place == odd else tensor for place, tensor in enumerate(operands)]
        with pytest.raises(RuntimeError):
            product(*mixed)
        with FakeMode() as mode, pytest.raises(RuntimeError, match="must have the same dtype, but got float"):
            product(*map(mode.from_tensor, mixed))
    due = product(*operands).shape
    with FakeMode() as mode:
        assert product(*map(mode.from_tensor, operands)).shape == due
