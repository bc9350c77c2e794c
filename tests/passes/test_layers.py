"""A layer is a leaf of torch's, or a leaf of the program's own with one nest at most; else its ops are the layers."""

from __future__ import annotations

import types
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from costmodel.passes.layers import layer_calls
from costmodel.tracing.class_names import class_name
from costmodel.tracing.training import plan_training, trace_inference


class Products(nn.Module):
    """One product after another, in a leaf."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.names = [f"w{i}" for i in range(number)]
        for name in self.names:
            setattr(self, name, nn.Parameter(torch.zeros(8, 8)))

    def forward(self, x: Any) -> Any:
        for name in self.names:
            x = torch.relu(x @ getattr(self, name))
        return x


class Around(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.fc = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        x = self.inner(x)
        return self.fc((x[0] if isinstance(x, tuple) else x).flatten(1)[:, :8])


def names(inner: nn.Module, size: str = "8") -> list[str]:
    trace = trace_inference(plan_training(Around(inner), {"input": size}))
    return [layer.name for layer in layer_calls(trace) if layer.name.startswith("inner")]


def test_a_leaf_with_one_nest_is_a_layer_and_one_with_two_is_none() -> None:
    assert names(Products(1)) == ["inner"]
    assert names(Products(2)) == ["inner.mm", "inner.relu", "inner.mm", "inner.relu"]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_layer_of_torchs_own_is_one_however_many_nests_it_has(kind: Any) -> None:
    assert names(kind(8, 8, batch_first=True), "5x8") == ["inner"]


class Handed(nn.Module):
    """Takes what it reads from an attribute of another, and leaves its result there."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(8, 8))
        self.box: dict[str, Any] = {}

    def forward(self) -> None:
        self.box["out"] = self.box["in"] @ self.weight


class Boxes(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.inner = nn.Linear(3, 8), Handed()
        self.last = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        self.inner.box["in"] = self.first(x)
        self.inner()
        return self.last(self.inner.box["out"])


def test_what_is_handed_on_in_an_object_is_read_and_left_all_the_same() -> None:
    trace = trace_inference(plan_training(Boxes(), {"input": "3"}))
    (inner,) = (layer for layer in layer_calls(trace) if layer.name == "inner")
    (first,) = (call.outputs for call in trace.module_calls if call.path == "first")
    (last,) = (call.inputs for call in trace.module_calls if call.path == "last")
    assert (inner.inputs, inner.outputs) == (first, last)


def test_a_view_of_a_weight_is_no_activation() -> None:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.unit = nn.Parameter(torch.zeros(2, 8)), nn.Identity()

        def forward(self, x: Any) -> Any:
            return self.unit(x @ self.weight.t())

    trace = trace_inference(plan_training(Functional(), {"input": "8"}))
    assert [layer.name for layer in layer_calls(trace)] == ["unit", "mm"]


class Borrowed(nn.Module):
    __module__ = "torch.nn.modules.rnn"
    __qualname__ = "LSTM"


class Derived(nn.Conv2d):
    pass


def replaced() -> nn.Module:
    module = nn.Conv2d(1, 1, 1)
    module.forward = types.MethodType(lambda _, x: F.relu(x), module)  # type: ignore[method-assign]
    return module


def test_a_class_is_torchs_if_it_does_what_torchs_does() -> None:
    assert class_name(nn.Conv2d(1, 1, 1)) == "torch.nn.modules.conv.Conv2d"
    assert class_name(Borrowed()) == "own.torch.nn.modules.rnn.LSTM"
    assert class_name(replaced()) == "own.torch.nn.modules.conv.Conv2d"
    assert class_name(Derived(1, 1, 1)).endswith("test_layers.Derived")
