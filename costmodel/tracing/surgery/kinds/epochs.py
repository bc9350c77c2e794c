"""The length of the training: fewer epochs, or fewer steps, of the whole recipe or of one of its phases."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from costmodel.tracing.recipe.recipe import PhaseSpec, Recipe
from costmodel.tracing.surgery.change import Change, Seen

_PARTS = (0.9, 0.75, 0.5)


def changes(seen: Seen) -> Iterator[Change]:
    """Nine tenths, three quarters and a half of what there is, in whole epochs or steps."""
    recipe = seen.recipe
    if recipe is None:
        return
    for number, holder in enumerate((recipe, *recipe.phases)):
        if isinstance(holder, PhaseSpec) and not holder.trains:
            continue
        name = "" if number == 0 else holder.name if isinstance(holder, PhaseSpec) else ""
        for field in ("epochs", "steps"):
            now = getattr(holder, field)
            for after in () if now is None else _fewer(now):
                of = f" of phase {name}" if name else ""
                what = f"{now:g} → {after} {field}{of}"
                edit = f"{field}: {after}{of}"
                yield Change("length", (name,) if name else (), what, retrain=partial(_cut, number, field, after),
                             edit=edit)  # fmt: skip


def _fewer(now: float) -> list[int]:
    return list(dict.fromkeys(n for part in _PARTS if 1 <= (n := round(now * part)) < now))


def _cut(number: int, field: str, after: int, recipe: Recipe) -> Recipe:
    if number == 0:
        return recipe.model_copy(update={field: after})
    phases = list(recipe.phases)
    phases[number - 1] = phases[number - 1].model_copy(update={field: after})
    return recipe.model_copy(update={"phases": tuple(phases)})
