"""A step while it is put together: the parts that a technique may wrap or replace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from costmodel.tracing.step.losses import Criterion

Data = Any
"""A batch after the file's own preprocessing."""


@dataclass
class Parts:
    """What a step does, in the order in which it does it.

    Attributes:
        model: that is trained.
        optimizers: none where nothing is updated.
        batch: what the step consumes.
        preprocess: of the file.
        loss_of: the loss of some data.
        criterion: the loss by name that ``loss_of`` takes of the model's output; None if the loss is the file's own.
        around: entered around everything that computes the loss.
        scale: of the loss, before backward.
        gradients: zero, forward, loss and backward; runs ``backward_of``.
        before_update: between backward and the optimizers.
        updates: of an optimizer.
        after_update: once all optimizers have run.
        in_halves: False where the optimizer's part cannot be run alone.
        notes, keeps, beside: see :class:`costmodel.tracing.step.step.Step`.
    """

    model: nn.Module
    optimizers: tuple[Any, ...]
    batch: Any
    preprocess: Callable[[Any], Data]
    loss_of: Callable[[nn.Module, Data], torch.Tensor]
    criterion: Criterion | None
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    scale: Callable[[torch.Tensor], torch.Tensor] = field(default=lambda loss: loss)
    gradients: Callable[[], None] = field(default=lambda: None)
    before_update: list[Callable[[], None]] = field(default_factory=list)
    updates: Callable[[Any], Any] = field(default=lambda optimizer: optimizer.step())
    after_update: list[Callable[[], None]] = field(default_factory=list)
    in_halves: bool = True
    notes: list[str] = field(default_factory=list)
    keeps: list[Any] = field(default_factory=list)
    beside: list[nn.Module] = field(default_factory=list)

    def backward_of(self, data: Data) -> None:
        """Forward, loss and backward of some data; gradients are added to what is there."""
        with self.around():
            loss = self.loss_of(self.model, data)
        self.scale(loss).backward()  # type: ignore[no-untyped-call]

    def zero(self) -> None:
        """Forget the gradients of the last step."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()
