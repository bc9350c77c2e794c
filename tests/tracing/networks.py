"""Small networks and steps that the tests of tracing share."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

import costmodel
from costmodel.ir.trace import Phase, Trace

BATCH = 2
LABELS = (BATCH,)


class Small(nn.Module):
    """Convolution, batch norm, convolution, linear: 7,776 + 10,368 + 1,440 products for a batch of two."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4 * 36, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.first(x)), inplace=True)
        logits: torch.Tensor = self.head(F.relu(self.second(x)).flatten(1))
        return logits


MACS = {"first": 7776, "second": 10368, "head": 1440}


class Checkpointed(nn.Module):
    """A block whose activations are thrown away and computed again in backward."""

    def __init__(self, use_reentrant: bool = False) -> None:
        super().__init__()
        self.use_reentrant = use_reentrant
        self.stem = nn.Conv2d(3, 4, 3)
        self.block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))
        self.head = nn.Linear(4 * 36, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = checkpoint(self.block, self.stem(x), use_reentrant=self.use_reentrant)
        logits: torch.Tensor = self.head(x.flatten(1))
        return logits


class Multiply(torch.autograd.Function):
    """x @ w.T with a backward of its own."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, w)
        return x @ w.t()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, w = ctx.saved_tensors
        return gradient @ w, gradient.t() @ x


class OwnLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = Multiply.apply(x, self.weight)  # type: ignore[no-untyped-call]
        return out


def own_function() -> nn.Module:
    """A custom autograd.Function between two linear layers."""
    return nn.Sequential(nn.Linear(8, 6), OwnLayer(), nn.Linear(5, 5))


def small(**settings: Any) -> Trace:
    """The steady step of Small."""
    return steady(Small, **settings)


def steady(model: Any, **settings: Any) -> Trace:
    """The steady step of a model, 3×8×8 inputs and a batch of two unless the settings say otherwise."""
    settings = {"input": "3x8x8", "batch": BATCH, **settings}
    return costmodel.trace(model, **settings).phases[0].trace


def macs(trace: Trace) -> dict[tuple[str, str], int]:
    """Multiply-accumulates by (scope, phase), where there are any."""
    found: Counter[tuple[str, str]] = Counter()
    for row in costmodel.count(trace).rows:
        assert row.work is not None, f"{row.op} has no formula"
        found[row.scope, row.phase.value] += row.work.macs
    return {key: number for key, number in found.items() if number}


def phases(trace: Trace) -> dict[str, int]:
    """Number of calls by phase."""
    return dict(Counter(call.phase.value for call in trace.calls))


def packets(trace: Trace, phase: Phase) -> list[str]:
    """Ops of a phase, in order, without overloads."""
    return [call.packet.removeprefix("aten.") for call in trace.calls if call.phase is phase]


def cross_entropy(output: torch.Tensor) -> torch.Tensor:
    """The loss against class 0."""
    return F.cross_entropy(output, torch.zeros(LABELS, dtype=torch.int64))
