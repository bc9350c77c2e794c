"""The layers that share a channel count: what lets a width pass, what joins widths, and what freezes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from costmodel.ir.trace import Trace
from costmodel.ir.workload import LayerProblem, Place
from costmodel.passes.lower import layer_of, problem_of
from costmodel.passes.narrowing import nearby, widened
from costmodel.passes.widths import widths
from costmodel.passes.work import count
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
        if self.kind in ("all of it", "a part"):
            y = (
                torch.cat((torch.narrow(y, 1, 0, 4), y[:, 4:]), 1)
                if self.kind == "a part"
                else torch.narrow(y, 1, 0, 8)
            )
        result: torch.Tensor = self.last(y)
        return result


A, B = (8, [("a", "M", 1), ("b", "C", 1)]), (8, [("b", "M", 1), ("last", "C", 1)])


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("plain", [A, B]),
        ("all of it", [A, B]),
        ("a part", [A]),
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


ACTIVATIONS = [
    nn.ReLU6, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus, nn.Softsign, nn.Tanhshrink,
    nn.Hardshrink, nn.Hardswish, nn.LogSigmoid, nn.PReLU, nn.Softmax2d, nn.Dropout, nn.RReLU,
]  # fmt: skip


class Block(nn.Module):
    """Two convolutions with something between them; ``middle`` is made for a channel count."""

    def __init__(self, middle: Callable[[int], Any], width: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, width, 3, padding=1)
        self.middle = middle(width)
        self.last = nn.Conv2d(width, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.last(self.middle(self.first(x)))
        return result


class Excite(nn.Module):
    """Squeeze and excitation, with linear layers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate = torch.sigmoid(self.fc(x.mean((2, 3))))
        return x * gate.view(*gate.shape, 1, 1).expand_as(x)


class Scale(nn.Module):
    """A learned factor per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.where(x > 0, x * self.factor, torch.maximum(x, -x).pow(2))


def _without_channels(kind: Callable[[], Any], _: int) -> Any:
    return kind()


MIDDLES: dict[str, Callable[[int], Any]] = {
    **{activation.__name__: partial(_without_channels, activation) for activation in ACTIVATIONS},
    "PReLU per channel": nn.PReLU,
    "GroupNorm": lambda n: nn.GroupNorm(4, n),
    "BatchNorm": nn.BatchNorm2d,
    "LayerNorm": lambda n: nn.LayerNorm([n, 16, 16]),
    "AvgPool": lambda _: nn.AvgPool2d(2),
    "pad": lambda _: nn.ReflectionPad2d(1),
    "upsample": lambda _: nn.Upsample(scale_factor=2),
    "excite": Excite,
    "scale": Scale,
    "depthwise": lambda n: nn.Conv2d(n, n, 3, padding=1, groups=n),
}


Problems = dict[int, LayerProblem]


def traced(middle: Callable[[int], Any], width: int) -> tuple[Trace, Problems]:
    """The trace of a block, and the layer problem of each call that has one."""
    trace = trace_inference(plan_training(Block(middle, width), {"input": "3x16x16"}))
    nests = {i: row.work.nests for i, row in enumerate(count(trace).rows) if row.work is not None and row.work.nests}
    return trace, {i: problem_of(nest)[0] for i, ((nest, _),) in nests.items()}


def macs(problem: LayerProblem) -> int:
    return layer_of(problem, [Place(part="forward", layer="", times=1)]).macs


@pytest.mark.parametrize("name", MIDDLES)
def test_a_changed_width_gives_the_layers_of_the_network_that_is_rebuilt_with_it(name: str) -> None:
    size = 24
    trace, problems = traced(MIDDLES[name], size)
    (width,) = widths(trace)
    assert width.size == size
    others = nearby(size, 16, width.multiple_of)
    assert others
    for becomes in others:
        changed = dict(problems)
        for use in width.uses:
            changed[use.call] = widened(changed[use.call], use.dim, becomes * use.times)
        rebuilt = traced(MIDDLES[name], becomes)[1]
        assert changed == rebuilt
        assert sum(map(macs, changed.values())) == sum(map(macs, rebuilt.values())) != sum(map(macs, problems.values()))


def test_channels_in_groups_stay_a_multiple_of_the_groups() -> None:
    (width,) = widths(traced(lambda n: nn.Sequential(nn.GroupNorm(3, n), nn.ReLU(), nn.GroupNorm(4, n)), 48)[0])
    assert width.multiple_of == 12
    assert nearby(48, 16, width.multiple_of) == (36, 60)
    assert nearby(48, 16) == (40, 44, 52, 56)


class Cautious(nn.Module):
    """Cases in which something ties or gives a width that looks free."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        width = 16 if kind == "mean" else 8
        self.a, self.b = nn.Conv2d(3, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)
        self.fc = nn.Linear(256, 5)
        self.norm = nn.BatchNorm2d(8)
        self.table = nn.Parameter(torch.zeros(8, 1, 1))
        self.last = nn.Conv2d(12 if kind == "pad" else 8, 5, 1)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.a(x)
        if self.kind == "norm shared":
            return self.last(self.norm(self.b(self.norm(x))))
        if self.kind == "scale shared":
            return self.last(self.b(x * self.table) * self.table)
        if self.kind == "bias computed":
            return self.last(nn.functional.conv2d(x, self.b.weight, x.mean((0, 2, 3)), padding=1))
        if self.kind == "pad":
            return self.last(nn.functional.pad(x, (0, 0, 0, 0, 2, 2)))
        if self.kind == "returned":
            return self.last(x), x
        if self.kind == "weight read":
            return self.last(x) + self.a.weight.flatten().cumsum(0)[:5].view(5, 1, 1)
        if self.kind == "vector":
            return self.last(x + torch.arange(8).view(8, 1, 1))
        # sixteen channels of 16×16: which axis is folded cannot be seen from the shapes
        return self.fc(self.b(x).mean(1).flatten(1))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        # one normalisation, or one learned factor, behind two layers has one number of channels
        ("norm shared", [(8, [("a", "M", 1), ("b", "C", 1), ("b", "M", 1), ("last", "C", 1)])]),
        ("scale shared", [(8, [("a", "M", 1), ("b", "C", 1), ("b", "M", 1), ("last", "C", 1)])]),
        ("bias computed", []),
        ("pad", []),
        ("returned", []),
        ("weight read", []),
        ("vector", []),
        ("mean", [(16, [("a", "M", 1), ("b", "C", 1)])]),
    ],
)
def test_what_ties_or_gives_a_width(kind: str, wanted: list[Any]) -> None:
    assert found(Cautious(kind)) == wanted
