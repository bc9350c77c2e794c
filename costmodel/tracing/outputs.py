"""The tensor of a model's output that a built-in loss compares, where the output is a structure of several.

The rule: a loss that the model brings itself (``output.loss``); else ``logits`` or ``out``; else the first tensor, in
the order of the structure, that a gradient flows back from. Whatever was taken is said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from costmodel.errors import RecipeError

_LOSS = "loss"
_PREFERRED = ("logits", "out")
_DEEPEST = 4


@dataclass(frozen=True)
class Taken:
    """What was taken of an output.

    Attributes:
        tensor: it.
        is_loss: the model brought its own loss, and nothing is compared.
        note: the reading, "" where the output is a single tensor.
    """

    tensor: torch.Tensor
    is_loss: bool = False
    note: str = ""


def taken_from(output: Any, *, trained: bool = True) -> Taken:
    """The tensor of an output that the loss compares.

    Args:
        output: of a model.
        trained: only tensors that a gradient flows back from may be meant.

    Raises:
        RecipeError: no tensor in it depends on a trainable parameter.
    """
    if isinstance(output, torch.Tensor):
        return Taken(output)
    named = [(name, tensor) for name, tensor in _tensors(output, "") if tensor.requires_grad or not trained]
    if not named:
        raise RecipeError(
            f"the model returns a {type(output).__name__}; the loss needs a tensor that depends on a parameter: give "
            "the file a training_step(model, batch) that returns the loss"
        )
    by_name = dict(named)
    loss = by_name.get(_LOSS)
    if loss is not None and loss.numel() == 1:
        return Taken(loss, is_loss=True, note=f"the loss is the model's own: the {_LOSS!r} of its output")
    name = next((name for name in _PREFERRED if name in by_name), named[0][0])
    if len(named) == 1:
        return Taken(by_name[name])
    others = ", ".join(other for other in by_name if other != name)
    return Taken(by_name[name], note=f"the loss compares {name!r} of the output, and leaves {others} aside")


def own_loss(output: Any) -> Taken | None:
    """The loss that a model returns: the ``loss`` of its output, or the one number in it; None if that is not certain.

    A model that trains itself gives (logits, loss) (nanoGPT), a dict or a dataclass.
    """
    named = [(name, tensor) for name, tensor in _tensors(output, "") if tensor.requires_grad and tensor.numel() == 1]
    chosen = dict(named).get(_LOSS)
    if chosen is not None:
        return Taken(chosen, is_loss=True)
    if len(named) != 1:
        return None
    ((name, tensor),) = named
    note = f"the loss is {name!r} of the output, the one number in it" if name else ""
    return Taken(tensor, is_loss=True, note=note)


def _tensors(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of a structure with their place in it: ``logits``, ``0``, ``aux.1``."""
    if isinstance(value, torch.Tensor):
        yield path, value
    elif depth < _DEEPEST:
        for name, item in _items(value):
            yield from _tensors(item, f"{path}.{name}" if path else str(name), depth + 1)


def _items(value: Any) -> Iterator[tuple[object, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from zip(value._fields, value, strict=True)
    elif isinstance(value, (list, tuple)):
        yield from enumerate(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    else:
        yield from getattr(value, "__dict__", {}).items()
