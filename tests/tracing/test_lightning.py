"""A model of Lightning's kind, as its author left it: the step is its method, and nobody wrote what its batch is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import costmodel
from costmodel.errors import CostModelError, RecipeError


class Lightning(nn.Module):
    """What LightningModule does about its trainer: there is none before it runs."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(12, 5)
        self._trainer: Any = None

    @property
    def trainer(self) -> Any:
        if self._trainer is None:
            raise RuntimeError("not attached to a Trainer")
        return self._trainer

    @trainer.setter
    def trainer(self, trainer: Any) -> None:
        self._trainer = trainer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.net(x.flatten(1))
        return logits

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        assert self._trainer is None  # Lightning's log() asks a trainer that is there
        x, y = batch
        return {"loss": F.cross_entropy(self(x), y)}


class Scheduled(Lightning):
    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
        steps = self.trainer.estimated_stepping_batches
        return [optimizer], [{"scheduler": torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps)}]


class AsksForData(Lightning):
    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1 / len(self.trainer.train_dataloader))


def said(model: Any, word: str, **settings: Any) -> list[str]:
    analysis = costmodel.analyze(model, **settings)
    return [a.what for a in analysis.assumptions if word in a.what]


def test_the_method_gets_the_input_and_labels() -> None:
    trace = costmodel.trace(Lightning, input="3x2x2", batch=4).phases[0].trace
    given = [(trace.tensors[number].shape, trace.tensors[number].dtype) for number in trace.inputs]
    assert given == [((4, 3, 2, 2), "float32"), ((4,), "int64")]
    assert costmodel.analyze(Lightning, input="3x2x2", batch=4).totals.macs.forward == 4 * 12 * 5
    assert len(said(Lightning, "one whole number for each sample", input="3x2x2")) == 1


def test_of_several_inputs_the_user_has_said_what_they_are() -> None:
    assert said(Lightning, "one whole number", input="12,5") == []  # probabilities: cross_entropy takes them too
    trace = costmodel.trace(Lightning, input="12,5", batch=2).phases[0].trace
    assert [trace.tensors[number].shape for number in trace.inputs] == [(2, 12), (2, 5)]


def test_a_scheduler_is_told_a_length_and_the_optimizer_is_counted() -> None:
    assert len(said(Scheduled, "rates hang on it, no count", input="12")) == 1
    totals = costmodel.analyze(Scheduled, input="12").totals
    by_hand = costmodel.analyze(Lightning, input="12", optimizer="sgd", optimizer_options={"lr": 0.1, "momentum": 0.9})
    assert totals.operations.optimizer == by_hand.totals.operations.optimizer


def test_what_only_the_trainer_knows_is_said() -> None:
    with pytest.raises(CostModelError, match="train_dataloader is not known before Lightning's trainer runs"):
        costmodel.analyze(AsksForData, input="12")


class Bert(nn.Module):
    """As transformers' networks say of themselves what they take."""

    main_input_name = "input_ids"

    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(10, 4), nn.Linear(4, 2)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.words(input_ids).mean(1))
        return logits


def test_a_network_that_takes_tokens_is_given_no_image() -> None:
    with pytest.raises(RecipeError, match=r"^Bert takes tokens, not 3x32x32") as refused:
        costmodel.analyze(Bert)
    assert "--input input_ids=128:int64" in refused.value.hint
    for tokens in ("input_ids=6:int64", "6:int64"):
        assert costmodel.analyze(Bert, input=tokens).totals.macs.forward == 4 * 2
