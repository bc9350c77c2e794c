"""The loss of a step: one of ``torch.nn.functional`` by name, a function of the recipe, or what the model returns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from costmodel.errors import RecipeError, RecipeFormatError, UnknownNameError
from costmodel.tracing import compat
from costmodel.tracing.inputs import call
from costmodel.tracing.outputs import own_loss, taken_from

_INDEX_TARGETS = frozenset({"cross_entropy", "nll_loss", "multi_margin_loss"})


_LABELS = ("targets", "target", "labels", "label")
"""Arguments in which a ``forward`` takes labels: it may do other work without them (nanoGPT's head, on one place)."""


@dataclass(frozen=True)
class Criterion:
    """A loss by name: it compares the model's output with targets of zeros.

    Attributes:
        name: in ``torch.nn.functional``.
        options: its arguments beside output and target.
        targets: what was compared with, by shape and type: there before the step, which does not make them.
        notes: readings taken.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    targets: dict[Any, torch.Tensor] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def of(self, model: nn.Module, data: Any) -> torch.Tensor:
        """The loss of the model's output for some data; where the model got labels, the one that it returns."""
        labels, given = _labels_of(model, data)
        output = call(model, data)
        own = own_loss(output) if labels and given else None
        if own is not None:
            self._note(own.note)
            return own.tensor
        if labels and not given:
            what = f"forward's {labels!r} is not given: what it does with labels is left out"
            self._note(f"{what} (--input {labels}=SHAPE)")
        return self.sum_of(output, lambda loss: loss())

    def sum_of(self, output: Any, losses: Callable[[Callable[[], torch.Tensor]], torch.Tensor]) -> torch.Tensor:
        """The loss of an output.

        Args:
            output: of the model.
            losses: of a function that takes the loss, what is made of it, as often as it takes it.

        Returns:
            That; or the model's own loss, where its output has one.
        """
        taken = taken_from(output)
        self._note(taken.note)
        if taken.is_loss:
            return taken.tensor
        compared, target = self._compared(taken.tensor)
        function = getattr(F, self.name)
        return losses(lambda: function(compared, target, **self.options))

    def _compared(self, output: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.name not in _INDEX_TARGETS:
            return output, self._target(output, output.shape, output.dtype)
        if output.dim() == 3:
            self._note("the loss takes the last axis of the output (batch, position, class) as classes")
            output = output.flatten(0, 1)
        return output, self._target(output, output.shape[:1] + output.shape[2:], torch.int64)

    def _target(self, output: torch.Tensor, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        key = (tuple(shape), dtype)
        if key not in self.targets:
            self.targets[key] = compat.fresh_zeros(output, shape, dtype)
        return self.targets[key]

    def _note(self, note: str) -> None:
        if note and note not in self.notes:
            self.notes.append(note)


def criterion_of(loss: str, options: Mapping[str, Any], notes: list[str]) -> Criterion:
    """The loss with this name; ``notes`` gets the readings that it takes.

    Raises:
        UnknownNameError: torch has none, with the names that it has.
        RecipeFormatError: an option that it does not take.
    """
    name = _loss_name(loss)
    known = list(inspect.signature(getattr(F, name)).parameters)[2:]
    unknown = [option for option in options if option not in known]
    if unknown:
        raise RecipeFormatError(f"loss {loss} has no option {unknown[0]!r}; its options: {', '.join(known)}")
    return Criterion(name, options, notes=notes)


def scalar(loss: Any) -> torch.Tensor:
    """The loss itself, of a tensor or of a dict with "loss".

    Raises:
        RecipeError: it is not one number, or depends on no parameter.
    """
    if isinstance(loss, Mapping) and "loss" in loss:
        loss = loss["loss"]
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        what = tuple(loss.shape) if isinstance(loss, torch.Tensor) else type(loss).__name__
        raise RecipeError(f"the loss must be one number, got {what}")
    if not loss.requires_grad:
        raise RecipeError("the loss depends on no trainable parameter: there is nothing to train")
    return loss


def _loss_name(name: str) -> str:
    known = sorted(n for n in dir(F) if n.endswith("_loss") or n.startswith(("cross_entropy", "binary_cross_entropy")))
    for candidate in (name, f"{name}_loss", {"bce": "binary_cross_entropy"}.get(name, "")):
        if candidate in known:
            return candidate
    if name == "bce_with_logits":
        return "binary_cross_entropy_with_logits"
    raise UnknownNameError("loss", name, [*known, "output"])


def _labels_of(model: nn.Module, data: Any) -> tuple[str, bool]:
    """The argument in which ``forward`` takes labels, and whether it is given; "" where it takes none."""
    names = list(inspect.signature(model.forward).parameters)
    given = set(data) if isinstance(data, Mapping) else set(names[: 1 if isinstance(data, torch.Tensor) else len(data)])
    name = next((name for name in names if name in _LABELS), "")
    return name, name in given
