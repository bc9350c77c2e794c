"""A training in two stretches: at first with smaller images, or at last with the first layers frozen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import nn

from costmodel.tracing.recipe.input_spec import InputSpec
from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe
from costmodel.tracing.surgery.change import Change, Seen

_SMALLEST = 16
"""Rows and columns of an image that can still be halved."""


def changes(seen: Seen) -> Iterator[Change]:
    """Of a recipe without phases that lasts two epochs and more."""
    recipe = seen.recipe
    if recipe is None or recipe.phases or recipe.epochs is None or recipe.epochs < 2:
        return
    late = int(recipe.epochs // 2)
    early = recipe.epochs - late
    yield from _smaller(seen, recipe, late, early)
    names = _stages(seen.model)
    for count in dict.fromkeys((len(names) // 3, len(names) // 2, 2 * len(names) // 3)):
        if count:
            shown = names[0] if count == 1 else f"{names[0]} to {names[count - 1]}"
            what = f"{shown} frozen in the last {late} of {recipe.epochs:g} epochs"
            patterns = tuple(f"{name}.*" for name in names[:count])
            last = {"name": "frozen", "epochs": late, "freeze": patterns}
            yield _in_two("frozen", what, {"name": "all", "epochs": early}, last)


def _smaller(seen: Seen, recipe: Recipe, first: int, rest: float) -> Iterator[Change]:
    """Images of half the rows and columns in the first half of the epochs, where the recipe says their size."""
    image = recipe.input[0]
    if "example_batch" in seen.own_words or len(recipe.input) != 1 or len(image.shape) != 3:
        return
    channels, rows, columns = image.shape
    if rows % 2 or columns % 2 or min(rows, columns) < _SMALLEST:
        return
    small = InputSpec(shape=(channels, rows // 2, columns // 2), dtype=image.dtype, name=image.name)
    what = f"images of {rows // 2}×{columns // 2} in the first {first} of {recipe.epochs:g} epochs"
    at_first = {"name": "small", "epochs": first, "input": (small,)}
    yield _in_two("progressive resizing", what, at_first, {"name": "full", "epochs": rest})


def _in_two(kind: str, what: str, first: dict[str, Any], last: dict[str, Any]) -> Change:
    edit = f"phases: [{_shown(first)}, {_shown(last)}]"
    return Change(kind, (), what, retrain=partial(_divided, first, last), edit=edit)


def _shown(phase: dict[str, Any]) -> str:
    words = {"input": lambda v: ",".join(map(str, v)), "freeze": lambda v: f"[{', '.join(f'{p!r}' for p in v)}]"}
    return "{" + ", ".join(f"{name}: {words.get(name, '{:g}'.format if name == 'epochs' else str)(value)}"
                           for name, value in phase.items()) + "}"  # fmt: skip


def _divided(first: dict[str, Any], last: dict[str, Any], recipe: Recipe) -> Recipe:
    phases = (PhaseSpec(**first), PhaseSpec(**last))
    return recipe.model_copy(update={"epochs": None, "phases": phases})


def _stages(model: nn.Module) -> list[str]:
    """The parts of the network that have parameters, in order; a single one is looked into."""
    holder, prefix = model, ""
    while True:
        found = [name for name, child in holder.named_children() if any(True for _ in child.parameters())]
        if len(found) != 1:
            return [f"{prefix}{name}" for name in found]
        prefix, holder = f"{prefix}{found[0]}.", holder.get_submodule(found[0])
