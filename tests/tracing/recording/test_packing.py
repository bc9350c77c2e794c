"""Lengths that are lists give the step that tensors give; a form of an op without a formula says what it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import costmodel


class Speech(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.letters, self.kind = nn.Linear(4, 6), kind

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = self.letters(x).log_softmax(-1).transpose(0, 1)
        lengths: tuple[Any, Any] = ([7, 5], (3, 2))
        if self.kind == "tensors":
            lengths = torch.tensor([7, 5]), torch.tensor([3, 2])
        targets = torch.ones(2, 3, dtype=torch.long)
        if self.kind == "module":
            loss: torch.Tensor = nn.CTCLoss()(scores, targets, *lengths)
            return loss
        return F.ctc_loss(scores, targets, *lengths)


@pytest.mark.parametrize("kind", ["lists", "module"])
def test_lengths_in_lists_are_those_in_tensors(kind: str) -> None:
    one, other = (costmodel.analyze(Speech(k), input="7x4", batch=2, loss="output") for k in (kind, "tensors"))
    assert one.totals.complete
    assert one.totals.operations == other.totals.operations
    assert one.totals.parameters == other.totals.parameters == 30


class Complex(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.eye(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inverse: torch.Tensor = torch.linalg.inv(torch.complex(self.w, self.w))
        return inverse.abs().sum() * x.sum()


def test_a_form_without_a_formula_says_what_it_is() -> None:
    analysis = costmodel.analyze(Complex(), input="1", loss="output")
    assert not analysis.totals.complete
    (inverse,) = [u for u in analysis.uncounted if u.op == "aten.linalg_inv_ex.default"]
    assert inverse.message.endswith("is not that of this call (complex numbers, or another algorithm)")
