"""How often a stretch of the training runs: full batches, an epoch's last partial batch, and steps of other kinds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from costmodel.tracing.recipe.recipe import PhaseSpec


@dataclass(frozen=True)
class Schedule:
    """The steps of a stretch, in an order that repeats itself every epoch.

    Attributes:
        steps: those with a full batch; None if the recipe does not say how long the training is.
        last_batch: size of each epoch's last partial batch, None if there is none.
        last_steps: how many of these there are.
        epoch: steps in a whole epoch, the partial one too; 0 where the recipe counts no samples.
    """

    steps: int | None
    last_batch: int | None = None
    last_steps: int = 0
    epoch: int = 0

    @property
    def total(self) -> int | None:
        """All steps."""
        return None if self.steps is None else self.steps + self.last_steps


def schedule(phase: PhaseSpec) -> Schedule:
    """The steps of a stretch, as a data loader makes them (COUNTING row 21).

    A fraction of an epoch ends at the step that completes it, as a loop does that runs
    ``ceil(epochs * len(loader))`` steps.
    """
    batch = phase.batch or 1
    if phase.steps is not None:
        return Schedule(phase.steps)
    if phase.samples is None:
        return Schedule(None)
    full, rest = divmod(phase.samples, batch)
    if phase.drop_last:
        rest = 0
    epoch = full + bool(rest)
    total = math.ceil(Fraction(str(phase.epochs or 1)) * epoch)
    whole, begun = divmod(total, epoch) if epoch else (0, 0)
    if not rest or not whole:
        return Schedule(total if not rest else begun, epoch=epoch)
    return Schedule(whole * full + begun, rest, whole, epoch)


Kind = frozenset[str]
"""The techniques that are at work in a step."""


def kinds(plan: Schedule, every: Mapping[str, int]) -> list[tuple[Kind, Schedule]]:
    """The stretch as a sum of steps that differ: a technique with the number k is at work in every k-th step.

    Args:
        plan: of all steps, which are numbered from 1.
        every: the number of each technique.

    Returns:
        Each kind of step with how often it runs; the kind of the first step comes first.
    """
    if plan.steps is None:
        together = (chosen for size in range(len(every) + 1) for chosen in combinations(every.values(), size))
        first = sorted({math.lcm(*chosen) for chosen in together})  # each kind's first step
        return [(kind, Schedule(None)) for kind in dict.fromkeys(_at(number, every) for number in first)]
    everything = _tally(plan.steps + plan.last_steps, 1, every)
    last = _tally(plan.last_steps, plan.epoch, every)
    return [
        (
            kind,
            Schedule(
                times - last.get(kind, 0),
                plan.last_batch if kind in last else None,
                last.get(kind, 0),
                plan.epoch,
            ),
        )
        for kind, times in everything.items()
    ]


def _tally(count: int, apart: int, every: Mapping[str, int]) -> dict[Kind, int]:
    """How often each kind occurs among the steps ``apart``, ``2 · apart``, … of which there are ``count``."""
    period = math.lcm(*every.values())
    rounds, rest = divmod(count, period)
    result: dict[Kind, int] = {}
    for number in range(1, min(count, period) + 1):
        kind = _at(number * apart, every)
        result[kind] = result.get(kind, 0) + rounds + (number <= rest)
    return result


def _at(number: int, every: Mapping[str, int]) -> Kind:
    return frozenset(name for name, k in every.items() if number % k == 0)
