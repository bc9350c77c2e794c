"""The batch: larger ones need fewer updates for the same samples, smaller ones more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from costmodel.tracing.recipe.recipe import Recipe
from costmodel.tracing.surgery.change import Change, Seen

_TIMES = (4, 2, 0.5)


def changes(seen: Seen) -> Iterator[Change]:
    """Of the recipe's batch and that of its training phases together, where the file brings no batch of its own."""
    recipe = seen.recipe
    if recipe is None or "example_batch" in seen.own_words or recipe.batch is None:
        return
    for times in _TIMES:
        after = int(recipe.batch * times)
        if after >= 1 and after != recipe.batch and after <= (recipe.samples or after):
            edit = f"batch: {after}"
            yield Change("batch", (), f"{recipe.batch} → {after} samples", retrain=partial(_scaled, times), edit=edit)


def _scaled(times: float, recipe: Recipe) -> Recipe:
    """An evaluation keeps its batch, its own or the recipe's of before."""

    def of(batch: int | None) -> int | None:
        return None if batch is None else max(1, int(batch * times))

    phases = tuple(
        phase.model_copy(update={"batch": of(phase.batch) if phase.trains else phase.batch or recipe.batch})
        for phase in recipe.phases
    )
    return recipe.model_copy(update={"batch": of(recipe.batch), "phases": phases})
