"""The loss of the published oracle: LeNet-5's cross-entropy (COUNTING, "the hand oracle")."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

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
