"""Stochastic depth with its expected value: layers that are skipped by chance, each with its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import costmodel
from costmodel.errors import CostModelError
from costmodel.ir.analysis import Analysis, Figures
from costmodel.tracing import phases
from costmodel.tracing.expected import even_stretches, shared, simplest
from costmodel.tracing.modes.draws import Place
from costmodel.tracing.recipe.schedule import Schedule
from costmodel.tracing.step.step import Step
from costmodel.tracing.tracer import look_at_step

SKIPPED = (0.1, 1 / 3, 0.5)
"""The chances of the layers to be skipped."""
PRODUCTS = 4 * 8 * 8
"""Of a batch of 4 by a layer 8 → 8."""
STEPS = 1200


class Net(nn.Module):
    def __init__(self, skips: Callable[[float], object]) -> None:
        super().__init__()
        self.skips = skips
        self.stem = nn.Linear(8, 8)
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in SKIPPED)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for layer, chance in zip(self.layers, SKIPPED, strict=True):
            if not self.skips(chance):
                x = x + layer(x)
        return x


def analysed(skips: Callable[[float], object], draws: str | None = "expected", **options: object) -> Analysis:
    return costmodel.analyze(lambda: Net(skips), input="8", batch=4, draws=draws, **options)  # type: ignore[arg-type]


WAYS: dict[str, Callable[[float], object]] = {
    "a tensor compared": lambda p: torch.rand(1) < p,
    "a value compared": lambda p: torch.rand([]).item() < p,
    "the other way round": lambda p: torch.empty(1).uniform_(0, 1) >= 1 - p,
    "bernoulli": lambda p: torch.bernoulli(torch.tensor(p)),
    "bernoulli in place": lambda p: torch.empty(1).bernoulli_(p),
    "Python": lambda p: random.random() < p,
    "Python between two": lambda p: random.uniform(0, 2) < 2 * p,
    "NumPy": lambda p: np.random.rand() < p,
    "NumPy between two": lambda p: np.random.uniform(0, 1) < p,
}


@pytest.mark.parametrize("skips", WAYS.values(), ids=WAYS)
def test_each_layer_counts_as_often_as_it_is_kept(skips: Callable[[float], object]) -> None:
    analysis = analysed(skips, steps=STEPS)
    # forward, the gradient of the weight, and that of the input, which the stem's is nobody's
    kept = sum(STEPS - round(STEPS * chance) for chance in SKIPPED)
    assert analysis.totals.macs.training == 2 * STEPS * PRODUCTS + 3 * kept * PRODUCTS
    assert analysis.totals.complete
    assert sum(phase.steps or 0 for phase in analysis.phases) == STEPS
    assert any(said.what.startswith("draws: expected") for said in analysis.assumptions)
    assert analysed(skips, draws=None, steps=STEPS).totals.complete is False


def test_one_way_of_three() -> None:
    class Ways(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for _ in range(int(torch.randint(1, 4, (1,)))):
                x = self.layer(x)
            return x

    analysis = costmodel.analyze(Ways, input="8", batch=4, draws="expected", steps=300)
    # one, two or three layers, each in a third of the steps; no gradient of the input
    assert analysis.totals.macs.training == 100 * PRODUCTS * ((1 + 2 + 3) * 2 + (0 + 1 + 2))


def test_partial_batches_share_the_same_way_and_the_length_is_needed() -> None:
    analysis = analysed(WAYS["Python"], samples=10, epochs=60)
    # 120 steps of 4 and 60 of 2, which make 600 samples
    kept = sum(600 - round(600 * chance) for chance in SKIPPED)
    assert analysis.totals.macs.training == 64 * (2 * 600 + 3 * kept)
    with pytest.raises(CostModelError, match="draws: expected needs the training's length"):
        analysed(WAYS["Python"])


def test_a_step_that_draws_nothing_is_the_plain_one() -> None:
    plain = analysed(lambda _: False, draws=None, steps=7)
    expected = analysed(lambda _: False, steps=7)
    assert expected.totals == plain.totals
    assert [phase.name for phase in expected.phases] == ["training"]


def test_changes_are_found_at_simple_fractions_and_between_them() -> None:
    def step_at(place: Place) -> Hashable:
        place.asked = True
        return sum(place >= change for change in (0.05, 0.0501, 1 / 7, 0.5, 0.70710678))

    ends = [high for _, high in even_stretches(step_at)]
    exact = [Fraction(1, 20), Fraction(501, 10_000), Fraction(1, 7), Fraction(1, 2)]
    assert ends[2:4] == exact[2:]
    assert ends[-1] == 1
    for found, due in zip(ends[:-1], (*map(float, exact), 0.70710678), strict=True):
        assert abs(found - due) < 2**-20


def test_no_step_is_lost_between_stretches() -> None:
    thirds = [(Fraction(i, 3), Fraction(i + 1, 3)) for i in range(3)]
    assert [part.steps for part in shared(Schedule(100), thirds)] == [33, 34, 33]
    assert [(p.steps, p.last_steps, p.last_batch) for p in shared(Schedule(3, 2, 1, 4), thirds)] == [
        (1, 0, None), (1, 1, 2), (1, 0, None),
    ]  # fmt: skip
    assert simplest(Fraction(32, 100), Fraction(34, 100)) == Fraction(1, 3)


class Images(nn.Module):
    """Two layers that are skipped by chance, or of which these are skipped."""

    def __init__(self, skipped: tuple[bool, bool] | None = None) -> None:
        super().__init__()
        self.skipped = skipped
        self.layers = nn.ModuleList(nn.Conv2d(3, 3, 3, padding=1) for _ in range(2))
        self.head = nn.Linear(3, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for number, (layer, chance) in enumerate(zip(self.layers, (0.25, 0.5), strict=True)):
            if not (random.random() < chance if self.skipped is None else self.skipped[number]):
                x = x + layer(x)
        return self.head(x.mean((2, 3)))  # type: ignore[no-any-return]


def test_every_technique_at_once_is_the_sum_of_the_single_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Step] = []

    def look(step: Step) -> Hashable:
        looks.append(step)
        return look_at_step(step)

    monkeypatch.setattr(phases, "look_at_step", look)
    always: Any = {"accumulate": 2, "mix": "cutmix", "clip": "norm", "autocast": "float16", "batch": 4}

    def of(skipped: tuple[bool, bool], size: int, kind: tuple[str, ...], steps: int = 1) -> Figures:
        timed: Any = dict.fromkeys(kind, 1)
        alone = costmodel.analyze(
            lambda: Images(skipped),
            input=f"3x{size}x{size}",
            steps=steps,
            **always,
            **timed,
        )
        return alone.totals.operations

    # every third step is sharpened, every second looked ahead, in a twelfth of them the draws come out below 1/4 …
    kinds = {(): 4, ("lookahead",): 4, ("sam",): 2, ("sam", "lookahead"): 2}
    drawn = {(True, True): 1, (False, True): 1, (False, False): 2}
    due = sum(
        5 * times * often * of(skipped, size, kind).step
        for size in (8, 12)
        for kind, times in kinds.items()
        for skipped, often in drawn.items()
    )
    first = of((False, False), 8, ())  # the first update of all makes its tensors
    assert of((False, False), 8, (), steps=2).training == (first.training or 0) + first.step
    due += (first.training or 0) - first.step
    assert not looks
    analysis = costmodel.analyze(
        Images, **always, sam=3, lookahead=2, draws="expected",
        phases=[{"name": "small", "input": "3x8x8", "steps": 240}, {"name": "large", "input": "3x12x12", "steps": 240}],
    )  # fmt: skip
    assert analysis.totals.operations.training == due
    assert analysis.totals.complete
    # beside a grid of 17 places: what draws are compared with is seen, and two looks at each are enough
    assert len(looks) == 2 * (17 + 2 * 2)
    plain = costmodel.analyze(lambda: Images((False, False)), **always, sam=3, lookahead=2, draws="expected", steps=12)
    assert len(looks) == 2 * (17 + 2 * 2) + 1
    assert len(plain.phases) == 4
