"""Evaluation during the training: half as often, where the recipe counts it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe
from costmodel.tracing.surgery.change import Change, Seen


def changes(seen: Seen) -> Iterator[Change]:
    """Of every phase of forward passes alone."""
    recipe = seen.recipe
    for number, phase in enumerate(() if recipe is None else recipe.phases):
        if phase.trains:
            continue
        if phase.every is not None:
            what, rarer = f"every {phase.every} → {2 * phase.every} steps", {"every": 2 * phase.every}
        elif phase.epochs is not None and phase.epochs >= 2:
            half = int(phase.epochs // 2)
            what, rarer = f"{phase.epochs:g} → {half} passes", {"epochs": half}
        else:
            continue
        said = ", ".join(f"{name}: {value}" for name, value in rarer.items())
        yield Change("evaluation", (phase.name,), what, retrain=partial(_rarer, number, rarer),
                     edit=f"{said} of phase {phase.name}")  # fmt: skip


def _rarer(number: int, words: dict[str, int], recipe: Recipe) -> Recipe:
    phases: list[PhaseSpec] = list(recipe.phases)
    phases[number] = phases[number].model_copy(update=words)
    return recipe.model_copy(update={"phases": tuple(phases)})
