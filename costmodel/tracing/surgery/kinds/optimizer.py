"""The optimizer: one that computes less for each parameter, and keeps less for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from costmodel.tracing.recipe.recipe import Recipe
from costmodel.tracing.surgery.change import Change, Seen

_MOMENTUM = 0.9
_LEAST = "sgd"


def changes(seen: Seen) -> Iterator[Change]:
    """Without weight decay, without momentum, SGD with momentum, SGD; of an optimizer that the recipe names."""
    recipe = seen.recipe
    if recipe is None or not isinstance(recipe.optimizer, str) or recipe.optimizer == "none":
        return
    if "configure_optimizers" in seen.own_words or any(phase.optimizer is not None for phase in recipe.phases):
        return
    now, options = recipe.optimizer.lower(), recipe.optimizer_options
    plain = {name: value for name, value in options.items() if name in ("lr", "foreach", "fused")}
    found: list[tuple[str, Mapping[str, Any]]] = [
        (now, {name: value for name, value in options.items() if name != "weight_decay"}),
        (_LEAST, {**plain, "momentum": options.get("momentum", _MOMENTUM)}),
        (_LEAST, plain),
    ]
    known = [(now, options)]
    for name, words in found:
        if (name, words) in known:
            continue
        known.append((name, dict(words)))
        what = f"{_said(now, options)} → {_said(name, words)}"
        edit = f"optimizer: {name}, optimizer_options: {dict(words)}"
        yield Change("optimizer", (), what, retrain=partial(_with, name, words), edit=edit)


def _said(name: str, options: Mapping[str, Any]) -> str:
    told = ", ".join(
        f"{key} {value:g}" for key, value in options.items() if key in ("momentum", "weight_decay") and value
    )
    return f"{name} with {told}" if told else name


def _with(name: str, options: Mapping[str, Any], recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"optimizer": name, "optimizer_options": dict(options)})
