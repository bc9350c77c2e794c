"""The words that describe a training, for ``**settings``: a recipe's fields, as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict


class Settings(TypedDict, total=False):
    """Fields of a recipe that are given explicitly; what is left out is the subject's own, or the default.

    Attributes:
        model_options: arguments of the model's constructor.
        input: inputs without the batch dimension: ``"3x32x32"``, ``"256:int64"``, several with commas.
        batch: samples per step.
        loss: a loss of ``torch.nn.functional`` by name, ``"output"``, or a function (output, batch) → scalar.
        optimizer: a class of ``torch.optim`` by name, ``"none"``, or a function (model) → optimizer.
        optimizer_options: arguments of the optimizer.
        step: a function (model, optimizer, batch) that runs one whole step itself.
        samples, epochs, steps, drop_last: the length of the training; without it one step is counted.
        cycle: steps after which the training repeats itself, where its steps differ.
        phases: stretches of the training that differ, in order.
    """

    model_options: Mapping[str, Any]
    input: Any
    batch: int
    loss: str | Callable[..., Any]
    optimizer: str | Callable[..., Any]
    optimizer_options: Mapping[str, Any]
    step: Callable[..., Any]
    samples: int
    epochs: int
    steps: int
    drop_last: bool
    cycle: int
    phases: Sequence[Mapping[str, Any]]
