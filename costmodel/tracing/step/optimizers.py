"""The optimizers of a step: a class of ``torch.optim`` by name, a function of the recipe, or the file's own words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from costmodel.errors import RecipeError, RecipeFormatError, UnknownNameError
from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe


def optimizer_class(name: str) -> type[torch.optim.Optimizer]:
    """The class of ``torch.optim`` with this name, in any case.

    Raises:
        UnknownNameError: torch has none, with the names that it has.
    """
    known = {
        n.lower(): c
        for n, c in vars(torch.optim).items()
        if isinstance(c, type) and issubclass(c, torch.optim.Optimizer) and n != "Optimizer"
    }
    if name.lower() not in known:
        raise UnknownNameError("optimizer", name, known)
    return known[name.lower()]


def optimizers_of(
    model: nn.Module, words: Mapping[str, Any], recipe: Recipe, phase: PhaseSpec, notes: list[str], *, own_step: bool
) -> tuple[Any, ...]:
    """All optimizers of a phase; none where nothing is trained.

    Args:
        model: whose parameters they update.
        words: what the file says of its step.
        recipe: of the training.
        phase: whose own optimizer comes before the file's, and that before the recipe's.
        notes: gets a sentence where the file's function makes no optimizer.
        own_step: the recipe's step calls them, in its own way.
    """
    found: tuple[Any, ...] = ()
    if "configure_optimizers" in words and phase.optimizer is None:
        found = tuple(_configured(words["configure_optimizers"](model)))
        if not all(callable(getattr(optimizer, "step", None)) for optimizer in found) or not found:
            notes.append("configure_optimizers is left aside: what it returns is not an optimizer")
            found = ()
    found = found or tuple(_found(model, recipe, phase))
    if not own_step:
        for optimizer in found:
            _check_takes_no_closure(optimizer)
    return found


def _found(model: nn.Module, recipe: Recipe, phase: PhaseSpec) -> Iterator[Any]:
    choice = phase.optimizer or recipe.optimizer
    if callable(choice):
        yield from _configured(choice(model))
        return
    options = phase.optimizer_options if phase.optimizer_options is not None else recipe.optimizer_options
    trainable = [p for p in model.parameters() if p.requires_grad]
    if choice == "none" or not trainable:
        return
    kind = optimizer_class(choice)
    try:
        yield kind(trainable, **options)
    except (TypeError, ValueError) as error:
        names = ", ".join(name for name in inspect.signature(kind).parameters if name != "params")
        raise RecipeFormatError(f"optimizer {choice} with {dict(options)}: {error}; its options: {names}") from None


def _configured(value: Any) -> Iterator[Any]:
    """Lightning's forms: an optimizer, several, (optimizers, schedulers), or a mapping with "optimizer"."""
    if isinstance(value, Mapping):
        yield from _configured(value["optimizer"] if "optimizer" in value else list(value.values()))
    elif isinstance(value, (tuple, list)):
        nested = value and isinstance(value[0], (tuple, list))
        for item in value[0] if nested else value:
            if not _is_scheduler(item):
                yield from _configured(item)
    elif value is not None:
        yield value


def _is_scheduler(value: Any) -> bool:
    """True for what changes a learning rate, which costs nothing, beside an optimizer."""
    return isinstance(value, torch.optim.lr_scheduler.LRScheduler) or (
        isinstance(value, Mapping) and "scheduler" in value and "optimizer" not in value
    )


def _check_takes_no_closure(optimizer: Any) -> None:
    closure = inspect.signature(getattr(optimizer, "step", len)).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise RecipeError(
            f"{type(optimizer).__name__} runs the model several times per step; give recipe() a "
            "step(model, optimizer, batch) that calls optimizer.step(closure)"
        )
