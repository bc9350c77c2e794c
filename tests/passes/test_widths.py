"""Which layers share a channel count: what flows through, what joins, and what freezes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from costmodel.passes.widths import widths
from costmodel.tracing.training import plan_training, trace_inference


def found(model: Any) -> list[tuple[int, list[tuple[str, str, int]]]]:
    trace = trace_inference(plan_training(model, {"input": "3x16x16"}))
    return [(w.size, [(trace.calls[u.call].scope, u.dim, u.times) for u in w.uses]) for w in widths(trace)]


class Net(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 8, 3, padding=1, groups={"depthwise": 8, "grouped": 2}.get(kind, 1))
        self.norm = nn.BatchNorm2d(8)
        self.last = nn.Linear(8 * 16, 10) if kind == "flat" else nn.Conv2d(16 if kind == "cat" else 8, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.a(x).relu()
        y = self.norm(self.b(self.b(x) if self.kind == "shared" else x))
        if self.kind == "sum":
            y = y + x
        if self.kind == "cat":
            y = torch.cat((x, y), 1)
        if self.kind == "flat":
            y = nn.functional.adaptive_avg_pool2d(y, 4).flatten(1)
        if self.kind == "transposed":
            y = y.transpose(2, 3).flip(1)
        result: torch.Tensor = self.last(y)
        return result


A, B = (8, [("a", "M", 1), ("b", "C", 1)]), (8, [("b", "M", 1), ("last", "C", 1)])


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("plain", [A, B]),
        ("sum", [(8, [("a", "M", 1), ("b", "C", 1), ("b", "M", 1), ("last", "C", 1)])]),
        ("depthwise", [(8, [("a", "M", 1), ("b", "C", 1), ("last", "C", 1)])]),
        ("flat", [A, (8, [("b", "M", 1), ("last", "C", 16)])]),
        # what is not known to keep channels apart freezes them: nothing is said to be changeable that might not be
        ("grouped", []),
        ("cat", []),
        ("transposed", [A]),
        ("shared", []),
    ],
)
def test_widths(kind: str, wanted: list[Any]) -> None:
    assert found(Net(kind)) == wanted


def test_inputs_and_classes_are_given() -> None:
    class Direct(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.only = nn.Conv2d(3, 10, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.only(x)
            return result

    assert found(Direct()) == []
