"""The activations of a layer are what it reads and makes, 4 bytes an element."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.ir.analysis import PeakActivation
from costmodel.passes.activations import peak_activation

WIDE, NARROW, SIZE = 1000, 10, 4


class Reader(nn.Module):
    """A layer that is handed a structure, and reads the narrow tensor in it."""

    def __init__(self, passes_on: bool) -> None:
        super().__init__()
        self.weight, self.passes_on = nn.Parameter(torch.randn(NARROW, NARROW)), passes_on

    def forward(self, features: dict[str, Any]) -> Any:
        result = features["pair"][0] @ self.weight
        return {**features, "result": result} if self.passes_on else result


class Features(nn.Module):
    def __init__(self, passes_on: bool = False) -> None:
        super().__init__()
        self.narrow, self.wide, self.reader = nn.Linear(3, NARROW), nn.Linear(3, WIDE), Reader(passes_on)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        narrow, wide = self.narrow(x), self.wide(x)
        read = self.reader({"pair": (narrow, wide), "again": [wide]})
        result: torch.Tensor = read["result"] if isinstance(read, dict) else read
        total: torch.Tensor = result + wide.mean()
        return total


def layers(model: Any, **settings: Any) -> dict[str, int]:
    analysis = costmodel.analyze(model, input="3", **settings)
    return {row.layer: row.input_bytes + row.output_bytes for row in analysis.layers}


@pytest.mark.parametrize("passes_on", [False, True])
def test_a_layer_that_is_handed_a_structure_counts_what_it_reads_and_makes(passes_on: bool) -> None:
    assert layers(lambda: Features(passes_on))["reader"] == 2 * NARROW * SIZE


def peak(model: Any, input: str, **settings: Any) -> PeakActivation:
    return peak_activation(costmodel.trace(model, input=input, **settings).phases[0].trace)


def small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 64, 5))


@pytest.mark.parametrize(("dtype", "cast"), [("float16", "half"), ("bfloat16", "bfloat16"), ("float64", "double")])
def test_precision_changes_no_activation(dtype: str, cast: str) -> None:
    of_32_bits = peak(small, "3x8x8")
    other = peak(lambda: getattr(small(), cast)(), f"3x8x8:{dtype}")
    assert other == of_32_bits
    assert of_32_bits.layer_io == 2 * 8 * 8 * 8 * SIZE, "the ReLU's input and output"


def test_whole_numbers_are_elements_too() -> None:
    embedding = nn.Embedding(100, 2)
    model = nn.Sequential(embedding, nn.Flatten(), nn.Linear(12, 5))
    assert peak(model, "6:int64").layer_io == 2 * 12 * SIZE, "the flattening's, and not 8 bytes for each index"


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.sin(self.conv(x))
        return (y + y.detach()).view(-1, 8 * 64)


def test_what_autograd_keeps_for_backward_is_none_of_the_layers_that_are_named() -> None:
    """A person's own detach and view are read, and stay; that of sigmoid's result is read in backward alone."""
    named = [layer.layer for layer in peak(Functional, "3x8x8").largest_layer_io]
    assert sorted(named) == ["add", "conv", "detach", "sin", "view"]
    quiet = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Flatten())
    kept = peak(lambda: nn.Sequential(quiet, Keeps()), "3x8x8").largest_layer_io
    assert [layer.layer for layer in kept if "detach" in layer.layer] == []


class Keeps(nn.Module):
    """Two layers in one, so that each op stands by itself: sigmoid keeps its result."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = (nn.Parameter(torch.randn(512, 512)) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x @ self.first) @ self.second
