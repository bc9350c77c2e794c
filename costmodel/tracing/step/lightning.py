"""What a model of Lightning's kind brings as methods: its step, its optimizers, and how its batch looks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

_LABELLED = (
    "training_step gets (input, one whole number for each sample); an example_batch(n) in the file says otherwise"
)
_TRAINER = "configure_optimizers is told an assumed length of the training by self.trainer: rates hang on it, no count"


def training_step(model: Any, batch: Any) -> Any:
    """Lightning's method takes the batch, and its index if it asks for one."""
    takes_index = len(inspect.signature(model.training_step).parameters) > 1
    return model.training_step(batch, 0) if takes_index else model.training_step(batch)


def labelled(words: Mapping[str, Any], batch: Any, notes: list[str]) -> Any:
    """The batch as ``x, y = batch`` takes it apart, where a method ``training_step`` gets one that no file describes.

    Args:
        words: what is known of the step.
        batch: made from the recipe's shapes; of several inputs the user has said what they are.
        notes: gets a sentence where labels were added.
    """
    alone = isinstance(batch, tuple) and len(batch) == 1
    if words.get("training_step") is not training_step or "example_batch" in words or not alone:
        return batch
    notes.append(_LABELLED)
    return batch[0], torch.zeros(batch[0].shape[0], dtype=torch.int64)


def configured(model: Any, notes: list[str]) -> Any:
    """What the method ``configure_optimizers`` returns; a scheduler may ask the trainer how long it trains."""
    if not isinstance(getattr(type(model), "trainer", None), property):
        return model.configure_optimizers()
    model.trainer = _Trainer(notes)
    try:
        return model.configure_optimizers()
    finally:
        model.trainer = None


class _Trainer:
    """The numbers that a scheduler is given: https://lightning.ai/docs/pytorch/stable/common/trainer.html has them."""

    _NUMBERS: Mapping[str, int] = {
        "max_epochs": 100, "max_steps": 100_000, "estimated_stepping_batches": 100_000, "num_training_batches": 1_000,
        "accumulate_grad_batches": 1, "world_size": 1, "num_devices": 1, "num_nodes": 1, "current_epoch": 0,
        "global_step": 0,
    }  # fmt: skip

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes

    def __getattr__(self, name: str) -> int:
        if name not in self._NUMBERS:
            raise AttributeError(f"{name} is not known before Lightning's trainer runs")
        if _TRAINER not in self._notes:
            self._notes.append(_TRAINER)
        return self._NUMBERS[name]
