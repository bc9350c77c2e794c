"""One training step, ready to run: model, batch, loss, optimizers, in two halves where that is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from costmodel.tracing.modes.draws import Place


@dataclass(frozen=True)
class Step:
    """A step that can be run again and again.

    Attributes:
        model: in training mode.
        optimizers: those whose state and steps belong to the training, torch's or the file's own.
        batch: what the step consumes, any structure of tensors.
        gradients: everything up to and with backward.
        update: the optimizer's part; None if ``gradients`` is the whole step and must run twice.
        assumptions: readings taken; some are known only after the step has run.
        roots: the user's functions and namespaces behind the step, in which something may be kept.
        cycle: steps after which the recipe says that everything repeats.
        targets: what a built-in loss compares with; known once the model has run, there before the step and after it.
        keeps: what holds tensors beside the optimizers from step to step: averages, slow weights, a scaler.
        beside: networks whose weights are in memory during the step, and are not trained: a teacher.
        draws_at: where its random draws come out, from 0, the smallest, to nearly 1; None is anywhere.
    """

    model: nn.Module
    optimizers: tuple[Any, ...]
    batch: Any
    gradients: Callable[[], None]
    update: Callable[[], None] | None
    assumptions: Sequence[str] = ()
    roots: tuple[Any, ...] = ()
    cycle: int = 1
    targets: Mapping[Any, torch.Tensor] = field(default_factory=dict)
    keeps: tuple[Any, ...] = ()
    beside: tuple[nn.Module, ...] = ()
    draws_at: Place | None = None
