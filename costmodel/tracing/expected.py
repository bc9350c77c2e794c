"""The expected value of a step that decides by random draws, as a sum of steps that decide nothing.

The expectation of a sum is the sum of the expectations, however its terms hang together. Where each draw decides about
work of its own (a layer that is skipped or not), it does not matter then that a training draws each of them by itself:
all draws of a step may come out at one place of what they may be, and the places lie evenly over the training's steps.
What a step does changes at a few places only, the chances that its draws are compared with; between them it is always
the same step, traced once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from costmodel.errors import RecipeError
from costmodel.tracing.modes.draws import Place
from costmodel.tracing.recipe.schedule import Schedule

SAID = (
    "draws: expected: the training's steps are those of draws that come out evenly at every place; this is the "
    "expected value if each draw decides about work of its own"
)

_GRID = 16
"""Places that are always looked at; a step that is another one within less than a sixteenth alone is not seen."""
_NEAR = Fraction(1, 10**6)
"""Half of the width in which a change is taken to be at a simple fraction: 32-bit draws are not known any better."""
_SNAPS = tuple(Fraction(1, 2**bits) for bits in (6, 10, 14))
_FINEST = Fraction(1, 2**22)
_MOST_LOOKS = 1000
_LAST = 1 - _NEAR / 2
"""The last place."""
_COARSE, _SAME = 10_000, Fraction(1, 10**7)
"""Denominators of chances as people write them, and how near a float comes to them, in 32 bits too."""


def even_stretches(step_at: Callable[[Place], Hashable]) -> list[tuple[Fraction, Fraction]]:
    """The stretches of places, from 0 to 1, along which the step is the same.

    Args:
        step_at: what the step does where its draws come out at a place, which takes down whether there were any, and
            what they were compared with.

    Raises:
        RecipeError: there are too many.
    """
    search = _Search(step_at)
    if not search.draws():
        return [(Fraction(0), Fraction(1))]
    places = search.places()
    changes = [change for low, high in pairwise(places) for change in search.changes(low, high)]
    ends = [Fraction(0), *sorted(set(changes)), Fraction(1)]
    return [(low, high) for low, high in pairwise(ends) if low < high]


class _Search:
    """Bisection, with what was seen kept."""

    def __init__(self, step_at: Callable[[Place], Hashable]) -> None:
        self._step_at = step_at
        self._seen: dict[Fraction, Hashable] = {}
        self._asked = False
        self._hints: set[Fraction] = set()

    def draws(self) -> bool:
        """Whether the step draws anything: it does so from its first draw on, wherever that comes out."""
        self._at(Fraction(0))
        return self._asked

    def places(self) -> list[Fraction]:
        """Places with at most one between two neighbours that draws are seen to be compared with."""
        grid = [*(Fraction(i, _GRID) for i in range(_GRID)), _LAST]
        for place in grid:
            self._at(place)
        hints = sorted(self._hints)
        between = ((low + high) / 2 for low, high in pairwise(hints) if high - low > 4 * _NEAR)
        return sorted({*grid, *between})

    def changes(self, low: Fraction, high: Fraction) -> Iterator[Fraction]:
        """The places between two at which the step becomes another one."""
        if self._at(low) == self._at(high):
            return
        width = high - low
        if width <= _FINEST:
            yield (low + high) / 2
            return
        hints = [hint for hint in self._hints if low <= hint <= high]
        guesses = hints if len(hints) == 1 else [simplest(low, high)] if width in _SNAPS else []
        for guess in guesses:
            if self._at(guess - _NEAR) == self._at(low) and self._at(guess + _NEAR) == self._at(high):
                yield guess
                return
        middle = (low + high) / 2
        yield from self.changes(low, middle)
        yield from self.changes(middle, high)

    def _at(self, place: Fraction) -> Hashable:
        place = min(max(place, Fraction(0)), _LAST)
        if place not in self._seen:
            if len(self._seen) >= _MOST_LOOKS:
                raise RecipeError(f"draws: expected: the step still differs after {_MOST_LOOKS} looks at its draws")
            at = Place(float(place))
            self._seen[place] = self._step_at(at)
            self._asked |= at.asked
            self._hints |= {_rounded(seen) for seen in at.compared}
        return self._seen[place]


def _rounded(seen: Fraction) -> Fraction:
    """The simple fraction that a number of a program stands for: 0.1 is a tenth, and no binary fraction."""
    near = seen.limit_denominator(_COARSE)
    return near if abs(near - seen) < _SAME else seen


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the smallest denominator between two, both included."""
    denominator = 1
    while math.ceil(low * denominator) > high * denominator:
        denominator += 1
    return Fraction(math.ceil(low * denominator), denominator)


def shared(times: Schedule, stretches: Sequence[tuple[Fraction, Fraction]]) -> list[Schedule]:
    """The steps of each stretch, whole numbers that add up to all of them.

    Raises:
        RecipeError: the recipe does not say how many there are.
    """
    if times.steps is None:
        raise RecipeError("draws: expected needs the training's length: give steps, or samples and epochs")
    full, last = _shares(times.steps, stretches), _shares(times.last_steps, stretches)
    return [
        replace(times, steps=steps, last_steps=rest, last_batch=times.last_batch if rest else None)
        for steps, rest in zip(full, last, strict=True)
    ]


def _shares(count: int, stretches: Sequence[tuple[Fraction, Fraction]]) -> list[int]:
    """Rounded where the stretches meet, so that no step is lost."""

    def until(place: Fraction) -> int:
        return math.floor(count * place + Fraction(1, 2))

    return [until(high) - until(low) for low, high in stretches]
