"""The loss of the published oracle: LeNet-5's cross-entropy (COUNTING, "the hand oracle")."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from costmodel.ir.tensor import TensorMeta
from costmodel.ops.families.ctc_loss import ctc_loss
from costmodel.ops.families.multilabel_loss import multilabel_margin_loss
from tests.conformance.recording import Recorder


@pytest.mark.parametrize(("batch", "operations"), [(1, 51), (4, 204)])
def test_cross_entropy_of_ten_classes(batch: int, operations: int) -> None:
    logits, labels = torch.zeros(batch, 10), torch.zeros(batch, dtype=torch.long)
    with Recorder() as recorder:
        F.cross_entropy(logits, labels)
    assert recorder.work().scalar_ops.total == operations


def test_cross_entropy_backward() -> None:
    logits = torch.zeros(4, 10, requires_grad=True)
    loss = F.cross_entropy(logits, torch.zeros(4, dtype=torch.long))
    with Recorder() as recorder:
        torch.autograd.backward(loss)
    # nll: ÷, negate; per row of log_softmax: 9 adds, 10 exp, 10 multiplies, 10 subtracts
    assert recorder.work().scalar_ops.total == 2 + 4 * 39


def test_ctc_where_lengths_are_not_known_takes_the_longest_of_every_sample() -> None:
    steps, batch, labels = 5, 2, 3
    lengths = TensorMeta((batch,), "int64")
    found = ctc_loss.work(TensorMeta((steps, batch, 4)), TensorMeta((batch, labels), "int64"), lengths, lengths)
    # 14 for each of 2 · 3 + 1 states at each step but the first, and 10 for each sample (ctc_loss's docstring)
    assert found.scalar_ops.total == batch * (14 * (steps - 1) * (2 * labels + 1) + 10)


def test_rows_of_one_class_have_no_pair_and_are_still_divided() -> None:
    found = multilabel_margin_loss.work(TensorMeta((3, 1)), TensorMeta((3, 1), "int64"), 0)
    assert found.scalar_ops.total == 3
