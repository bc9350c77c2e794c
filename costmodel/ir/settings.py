"""The words that describe a training, for ``**settings``: a recipe's fields, as people write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict


class Settings(TypedDict, total=False):
    """Fields of a recipe that are given explicitly; what is left out is the subject's own, or the default.

    Attributes:
        model_options: arguments of the model's constructor.
        script_args: command line of the script that builds the model, as one types it (``--width 64``).
        input: inputs without the batch dimension: ``"3x32x32"``, ``"256:int64"``, several with commas.
        batch: samples per step.
        loss: a loss of ``torch.nn.functional`` by name, ``"output"``, or a function (output, batch) → scalar.
        loss_options: arguments of a loss by name.
        optimizer: a class of ``torch.optim`` by name, ``"none"``, or a function (model) → one or several.
        optimizer_options: arguments of the optimizer.
        step: a function (model, optimizer, batch) that runs one whole step itself, or its name in the model's file or
            as ``"FILE.py:FUNCTION"``; or ``"evaluate"``, ``"recalibrate"``.
        samples, epochs, steps, drop_last: the length of the training; without it one step is counted.
        cycle: steps after which the training repeats itself, where its steps differ.
        draws: ``expected``: a step that decides by random draws counts with its expected value.
        phases: stretches of the training that differ, in order.
        accumulate: parts that the batch is split into, for one update.
        autocast: ``float16`` (with a gradient scaler) or ``bfloat16``.
        clip: gradients by their ``norm`` or by ``value``.
        mix: ``mixup`` or ``cutmix``.
        teacher: a model that predictions are distilled from.
        sam, average, lookahead: at every so-many-th step the gradient is taken twice, an average of the weights takes
            them in, the slow weights move.
    """

    model_options: Mapping[str, Any]
    script_args: str
    input: Any
    batch: int
    loss: str | Callable[..., Any]
    loss_options: Mapping[str, Any]
    optimizer: str | Callable[..., Any]
    optimizer_options: Mapping[str, Any]
    step: str | Callable[..., Any]
    samples: int
    epochs: float
    steps: int
    drop_last: bool
    cycle: int
    draws: str | None
    phases: Sequence[Mapping[str, Any]]
    accumulate: int
    autocast: str
    clip: str
    mix: str
    teacher: Any
    sam: int
    average: int
    lookahead: int
