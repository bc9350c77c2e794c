"""Integers that carry data of the batch are numbers; what works out positions is free; booleans select."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from costmodel.passes.selections import selections
from costmodel.passes.work import count
from costmodel.tracing.training import plan_training, trace_inference


class Network(nn.Module):
    """Calls a function between its layers."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function
        self.table = nn.Parameter(torch.zeros(16, 4))
        self.register_buffer("numbers", torch.arange(16))

    def forward(self, x: torch.Tensor) -> Any:
        return x + self.function(self, (x * 4).to(torch.int32)).sum().float()


def traced(function: Any) -> Any:
    return trace_inference(plan_training(Network(function), {"input": "8"}))


def operations(function: Any) -> int:
    """Beside the product, the sum, and its add: 8, 7 and 8."""
    trace = traced(function)
    return sum(row.work.scalar_ops.total for row in count(trace).rows if row.work is not None) - 8 - 8


@pytest.mark.parametrize(
    ("function", "due"),
    [
        (lambda _, i: i, 7),
        (lambda _, i: i + 1, 8 + 7),
        (lambda _, i: i ^ (i << 1), 16 + 7),
        (lambda _, i: (i & 7) | (~i), 24 + 7),
        (lambda _, i: (i > 1).long(), 7),  # a compare selects; the bits are added up
        (lambda _, i: (i * i).amax(0), 8 + 7),
        (lambda net, i: i + (net.numbers[:8] * 3 ^ 1), 8 + 7),  # positions of its own are free
        (lambda _, i: i.new_zeros(8) * 5 + 1, 0),  # takes nothing of the batch but its type
    ],
)
def test_arithmetic_on_integers_of_the_batch(function: Any, due: int) -> None:
    assert operations(function) == due


@pytest.mark.parametrize(
    ("function", "due"),
    [
        (lambda _, i: i, 0),
        (lambda _, i: (i > 0) & (i < 2), 8),
        (lambda net, i: net.table[i.long() % 16], 32),
        (lambda net, _: net.table[net.numbers[:8]], 0),
        (lambda _, i: i[i.new_zeros(3).long()], 0),
    ],
)
def test_selections(function: Any, due: int) -> None:
    assert selections(traced(function)) == due


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, 16)
        self.fc = nn.Linear(16, 4)

    def forward(self, tokens: torch.Tensor) -> Any:
        return self.fc(self.embedding(tokens).mean(1))


def test_an_embedding_of_given_tokens_selects_nothing() -> None:
    trace = trace_inference(plan_training(Tokens, {"input": "7:int64"}))
    assert selections(trace) == 0
