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
