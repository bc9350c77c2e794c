"""Sparse gradients are recorded as what adding them executes; what hangs on repeated indices is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import TraceError

WORDS, ROWS, WIDTH = 12, 50, 8
INPUT: dict[str, Any] = {"input": f"{WORDS}:int64", "batch": 1}


class Words(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.e, self.l = nn.Embedding(ROWS, WIDTH, sparse=True), nn.Linear(WIDTH, 5, bias=False)

    def forward(self, x: torch.Tensor) -> Any:
        return self.l(self.e(x).mean(1))


class Bags(nn.Module):
    def __init__(self, mode: str = "sum") -> None:
        super().__init__()
        self.e, self.l = nn.EmbeddingBag(ROWS, WIDTH, mode=mode, sparse=True), nn.Linear(WIDTH, 5, bias=False)

    def forward(self, x: torch.Tensor) -> Any:
        return self.l(self.e(x))


def rows_of_a_real_gradient(model: nn.Module) -> int:
    model(torch.randint(0, ROWS, (1, WORDS))).sum().backward()
    embedding: Any = model.e
    assert embedding.weight.grad.is_sparse
    return int(embedding.weight.grad._values().shape[0])


@pytest.mark.parametrize("model", [Words, Bags])
def test_a_sparse_gradient_has_the_rows_of_the_real_one_and_sgd_adds_those(model: Any) -> None:
    training = costmodel.trace(model(), optimizer="sgd", **INPUT)
    trace = training.phases[0].trace
    (add,) = [c for c in trace.calls if c.packet == "aten.index_add_"]
    table, source = trace.tensors[add.inputs[0]], trace.tensors[add.inputs[-1]]
    assert table.shape == (ROWS, WIDTH)
    assert source.shape == (rows_of_a_real_gradient(model()), WIDTH)
    totals = costmodel.analyze(model(), optimizer="sgd", **INPUT).totals
    assert totals.complete
    assert (
        totals.operations.optimizer == 2 * WORDS * WIDTH + 2 * WIDTH * 5
    )  # a multiply and an add: the rows, the layer
    assert (totals.macs.forward, totals.parameters) == (WIDTH * 5, ROWS * WIDTH + WIDTH * 5)


def test_rows_of_bags_are_kept_apart_and_a_mean_multiplies_each() -> None:
    backward = [
        costmodel.analyze(Bags(mode), optimizer="sgd", **INPUT).totals.operations.backward for mode in ("sum", "mean")
    ]
    assert backward[1] - backward[0] == 1 + WORDS * WIDTH


@pytest.mark.parametrize("optimizer", ["adagrad"])
def test_what_hangs_on_repeated_indices_is_refused(optimizer: str) -> None:
    with pytest.raises(TraceError, match="repeated indices"):
        costmodel.analyze(Words(), optimizer=optimizer, **INPUT)


class Jagged(nn.Module):
    def __init__(self, layout: torch.layout) -> None:
        super().__init__()
        self.l, self.layout = nn.Linear(WIDTH, 5), layout

    def forward(self, x: torch.Tensor) -> Any:
        return self.l(torch.nested.as_nested_tensor(list(x.unbind(0)), layout=self.layout)).to_padded_tensor(0.0)


@pytest.mark.parametrize("layout", [torch.jagged, torch.strided])
def test_nested_tensors_are_refused_in_words(layout: torch.layout) -> None:
    with pytest.raises(TraceError, match="rows whose lengths are data"):
        costmodel.analyze(Jagged(layout), input=f"3x{WIDTH}")


def test_rows_that_padding_leaves_out_are_data_and_the_module_is_named() -> None:
    model = nn.Sequential(nn.Embedding(ROWS, WIDTH, sparse=True, padding_idx=0), nn.Flatten())
    with pytest.raises(TraceError, match=r"^the backward of 0: a mask of the data selects how many rows"):
        costmodel.analyze(model, optimizer="sgd", **INPUT)
