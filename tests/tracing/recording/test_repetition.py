"""A step that is not the same each time it runs is not counted from one run."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import costmodel
from costmodel.errors import RecipeError
from costmodel.ir.trace import Trace
from costmodel.ir.verdict import Outcome
from costmodel.tracing.recording.state import changed, state_of
from tests.tracing.networks import Small

ONE, TWO, STEPS = 12 * 4, 2 * 12 * 4, 10
"""Multiply-accumulates of one sample's forward pass, once and twice."""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(12, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)  # type: ignore[no-any-return]


class Counting(Net):
    """A model that counts its own calls, and every third time calls its layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls % 3 == 0:
            x = x + self.layer(x).mean()
        return super().forward(x)


def loss_of(model: nn.Module, batch: Any) -> torch.Tensor:
    loss: torch.Tensor = F.cross_entropy(model(batch[0]), torch.zeros(len(batch[0]), dtype=torch.int64))
    return loss


def step_of(more: Callable[[nn.Module, Any, torch.Tensor], torch.Tensor]) -> Callable[..., None]:
    """A whole step whose loss ``more`` may add to."""

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        optimizer.zero_grad()
        more(model, batch, loss_of(model, batch)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def twice(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
    return loss + model(batch[0]).square().mean()  # type: ignore[no-any-return]


def line_of(function: Any, offset: int) -> str:
    return f"test_repetition.py:{function.__code__.co_firstlineno + offset}"


def traced(step: Callable[..., None], model: Any = Net, **settings: Any) -> Trace:
    return costmodel.trace(model, input="12", step=step, **settings).phases[0].trace


def analysed(step: Callable[..., None], model: Any = Net, **settings: Any) -> costmodel.Analysis:
    return costmodel.analyze(model, input="12", step=step, **settings)


def test_a_counter_is_seen_with_its_line_whatever_its_first_branch() -> None:
    for first in range(5):
        numbers = itertools.count(first)

        def more(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
            if next(numbers) % 5 == 0:  # noqa: B023
                loss = twice(model, batch, loss)
            return loss

        analysis = analysed(step_of(more), steps=STEPS)
        assert not analysis.totals.complete
        assert [item.where for item in analysis.varies] == [line_of(more, 2)]
        assert analysis.totals.macs.forward == ONE, "the least of the steps"


def counters() -> Iterator[Any]:
    """A step that does more every fifth time, by counters of several kinds."""
    numbers, turns, state = itertools.count(), itertools.cycle([True, False, False, False, False]), {"n": 0}

    def of_iterator(_: Any) -> bool:
        return next(numbers) % 5 == 0

    def of_cycle(_: Any) -> bool:
        return next(turns)

    def of_dictionary(_: Any) -> bool:
        state["n"] += 1
        return state["n"] % 5 == 0

    def generator() -> Iterator[bool]:
        for number in range(1000):
            yield number % 5 == 0

    running = generator()

    def of_generator(_: Any) -> bool:
        return next(running)

    def of_attribute(model: Any) -> bool:
        model.turn = getattr(model, "turn", 0) + 1
        return bool(model.turn % 5 == 0)

    def of_function(_: Any) -> bool:
        of_function.turn = getattr(of_function, "turn", 0) + 1  # type: ignore[attr-defined]
        return of_function.turn % 5 == 0  # type: ignore[attr-defined, no-any-return]

    def of_default(_: Any, seen: list[int] = []) -> bool:  # noqa: B006
        seen.append(1)
        return len(seen) % 5 == 0

    yield from (of_iterator, of_cycle, of_dictionary, of_generator, of_attribute, of_function, of_default)


@pytest.mark.parametrize("turn", list(counters()), ids=lambda turn: turn.__name__)
def test_counters_of_every_kind(turn: Callable[[Any], bool]) -> None:
    step = step_of(lambda model, batch, loss: twice(model, batch, loss) if turn(model) else loss)
    assert traced(step).varies


def test_a_counter_in_the_model_is_seen_in_training_and_on_a_machine() -> None:
    analysis = costmodel.analyze(Counting, input="12")
    assert [item.where for item in analysis.varies] == [line_of(Counting.forward, 3)]
    report = costmodel.estimate(Counting, "simple_weight_stationary", input="12")
    assert not report.complete
    assert report.varies
    assert "AT LEAST: test_repetition.py:" in costmodel.render(report, "text")


def test_a_cycle_is_counted_exactly() -> None:
    """One of five steps does twice the work: 23 steps are four cycles and three steps, the first of them heavy."""
    numbers = itertools.count()

    def more(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        return twice(model, batch, loss) if next(numbers) % 5 == 0 else loss

    analysis = analysed(step_of(more), steps=23, cycle=5)
    assert analysis.totals.complete
    assert analysis.varies == ()
    assert analysis.totals.macs.forward == 4 * ONE + TWO
    plain, heavy = (analysed(step_of(which), steps=1).totals for which in (lambda *a: a[-1], twice))
    step, more_of_it = plain.operations.step, heavy.operations.step - plain.operations.step
    assert analysis.totals.operations.step == 5 * step + more_of_it
    assert analysis.totals.operations.training == 23 * step + 5 * more_of_it
    assert analysis.phases[0].cycle == 5
    assert "one training cycle of 5 steps" in costmodel.render(analysis, "text")


def test_a_cycle_that_is_none_is_said() -> None:
    numbers = itertools.count()

    def more(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        return twice(model, batch, loss) if next(numbers) % 5 == 0 else loss

    (said,) = analysed(step_of(more), steps=23, cycle=4).varies
    assert said.what.startswith("the cycle of 4 steps does not repeat itself")


def test_a_cycle_needs_batches_of_one_size() -> None:
    with pytest.raises(RecipeError, match="cycle each time; set drop_last"):
        costmodel.trace(Net, input="12", samples=10, batch=4, cycle=2)
    costmodel.trace(Net, input="12", samples=10, batch=4, cycle=2, drop_last=True)


def every_fourth() -> Callable[..., None]:
    numbers = itertools.count()

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        loss_of(model, batch).backward()  # type: ignore[no-untyped-call]
        if next(numbers) % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()

    return step


def test_every_fourth_step_updates() -> None:
    """Gradients that add up over four batches: one update in a cycle, whose first one makes the state."""
    momentum = {"optimizer": "sgd", "optimizer_options": {"momentum": 0.9}}
    assert traced(every_fourth(), **momentum).varies
    cycle = analysed(every_fourth(), cycle=4, steps=8, **momentum).totals
    assert cycle.complete
    parameters = 12 * 4 + 4
    assert cycle.operations.optimizer == 4 * parameters
    assert cycle.macs.forward == 4 * ONE
    assert cycle.operations.training == 2 * cycle.operations.step - 2 * parameters, "momentum begins as a copy"


def value_steps() -> dict[str, Callable[[nn.Module, Any, torch.Tensor], torch.Tensor]]:
    def until_small(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        while loss.item() > 1e-3:
            loss = twice(model, batch, loss)
        return loss

    def until_good(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        while loss.item() < 0.9:
            loss = twice(model, batch, loss)
        return loss

    def where_true(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        return twice(model, batch, loss) if loss > 2 else loss

    def where_negative(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        return twice(model, batch, loss) if float(loss) < -1 else loss

    def as_often(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        for _ in range(int(loss.round())):
            loss = twice(model, batch, loss)
        return loss

    return {f.__name__: f for f in (until_small, until_good, where_true, where_negative, as_often)}


@pytest.mark.parametrize("name", value_steps())
def test_a_value_that_decides_is_seen_with_its_line(name: str) -> None:
    more = value_steps()[name]
    (said,) = traced(step_of(more)).varies
    assert "hangs on a tensor's value" in said.what
    assert said.where == line_of(more, 1)


def test_a_value_that_is_only_written_down_decides_nothing() -> None:
    losses: list[float] = []

    def more(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        losses.append(loss.item())
        if not math.isfinite(losses[-1]) or losses[-1] > 1e6:
            raise ValueError("the training diverges")
        if len(losses) % 100 == 0:
            print(sum(losses) / len(losses))  # noqa: T201
        return loss

    analysis = analysed(step_of(more))
    assert analysis.totals.complete
    assert analysis.assumptions, "0 is assumed, and said"


def test_lbfgs_is_not_two_closures() -> None:
    def step(model: nn.Module, optimizer: Any, batch: Any) -> None:
        def closure() -> torch.Tensor:
            optimizer.zero_grad()
            loss = loss_of(model, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        optimizer.step(closure)

    assert traced(step, optimizer=lambda model: torch.optim.LBFGS(model.parameters())).varies


def rare(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
    return twice(model, batch, loss) if random.random() < 1e-4 else loss


def usual(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
    return loss if np.random.rand() < 1e-4 else twice(model, batch, loss)


def one_of_three(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
    for _ in range(random.choice((0, 1, 2))):
        loss = twice(model, batch, loss)
    return loss


@pytest.mark.parametrize("more", [rare, usual, one_of_three])
def test_chance_is_seen(more: Any) -> None:
    state = random.getstate()
    first, second = (traced(step_of(more)) for _ in range(2))
    (said,) = first.varies
    assert "random numbers" in said.what
    assert first == second, "the same bytes twice"
    assert random.getstate() == state


def test_chance_that_costs_nothing_decides_nothing() -> None:
    def step(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Any) -> None:
        x = batch[0].flip(1) if random.random() < 0.5 else batch[0]
        shift = random.randint(0, 3)
        optimizer.zero_grad()
        loss_of(model, (torch.cat((x[:, shift:], x[:, :shift]), 1),)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    assert traced(step).varies, "the calls differ"
    analysis = analysed(step, steps=STEPS)
    assert analysis.varies == (), "and their work does not"
    assert analysis.totals.complete


def test_what_happens_once_is_counted_once() -> None:
    made: dict[str, torch.Tensor] = {}

    def more(model: nn.Module, batch: Any, loss: torch.Tensor) -> torch.Tensor:
        if "mixing" not in made:
            made["mixing"] = torch.ones(7, 12) @ torch.ones(12, 5)
        return loss

    analysis = analysed(step_of(more), steps=STEPS)
    assert analysis.totals.complete
    assert analysis.totals.macs.step == analysed(step_of(lambda *a: a[-1])).totals.macs.step
    assert analysis.totals.macs.training == STEPS * analysis.totals.macs.step + 7 * 12 * 5


def test_a_condition_that_the_runs_do_not_reach_is_said() -> None:
    state = {"steps": 0}

    class Warm(Net):
        steps = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            Warm.steps += 1
            if Warm.steps > 1000:
                x = x + self.layer(x).mean()
            return super().forward(x)

    (said,) = costmodel.trace(Warm, input="12").phases[0].trace.varies
    assert said.where == line_of(Warm.forward, 2)
    assert "steps" in said.what
    assert state


def test_radam_counts_its_first_steps_as_they_are() -> None:
    """Five updates without rectification, then with it: 7 and 13 calls for each tensor."""
    trace = costmodel.trace(Net, input="12", optimizer="radam").phases[0].trace
    assert len(trace.first_starts) == 5
    few, many = (
        costmodel.analyze(Net, input="12", optimizer="radam", steps=steps).totals.operations for steps in (5, 6)
    )
    assert few.training is not None
    assert many.training is not None
    assert many.training - few.training == few.step, "the sixth is the first steady one"
    assert few.training < 5 * few.step
    two = costmodel.analyze(Net, input="12", optimizer="radam", steps=2).totals.operations
    assert two.training is not None
    assert two.training < few.training


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_an_ordinary_step_runs_as_little_as_ever(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    forward = Net.forward

    def counted(self: Net, x: torch.Tensor) -> torch.Tensor:
        runs.append(1)
        return forward(self, x)

    monkeypatch.setattr(Net, "forward", counted)
    trace = costmodel.trace(Net, input="12", optimizer=optimizer).phases[0].trace
    assert runs == [1]
    assert not trace.varies


def test_a_verdict_that_hangs_on_it_is_undecided(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "import itertools\nimport torch\nfrom torch import nn\n\nturns = itertools.count()\n\n\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.layer = nn.Linear(3 * 32 * 32, 4)\n\n"
        "    def forward(self, x):\n        return self.layer(x.flatten(1))\n\n\n"
        "def training_step(model, batch):\n"
        "    loss = model(batch[0]).square().mean()\n"
        "    if next(turns) % 5 == 0:\n        loss = loss + model(batch[0]).abs().mean()\n    return loss\n",
        encoding="utf-8",
    )
    haet = costmodel.check(f"{file}:Net", "haet-2021", facts={"accuracy": "95%"}, steps=10)
    (complexity,) = [f for f in haet.findings if f.rule == "complexity"]
    assert complexity.outcome is haet.outcome is Outcome.UNDECIDED
    assert "net.py:20" in complexity.because
    assert haet.metric is not None
    assert haet.metric.value is None
    lab = costmodel.check(f"{file}:Net", "mit-lab2-2022", facts={"error_rate": "19%"})
    assert lab.outcome is Outcome.UNDECIDED
    given = costmodel.check(f"{file}:Net", "haet-2021", facts={"accuracy": "95%"}, steps=10, cycle=5)
    assert given.outcome is Outcome.PASS


def test_a_period_that_no_constant_names_is_said() -> None:
    period, turns = 9, itertools.cycle([False] * 8 + [True])
    seen: list[int] = []

    def due() -> bool:
        seen.append(0)
        return len(seen) % period == 0

    counted = traced(step_of(lambda model, batch, loss: twice(model, batch, loss) if due() else loss))
    assert [item.where for item in counted.varies] == [line_of(due, 2)]
    assert traced(step_of(lambda model, batch, loss: twice(model, batch, loss) if next(turns) else loss)).varies


def test_a_place_in_a_ring_decides_nothing() -> None:
    ring = {"place": 0}

    def more(_: nn.Module, __: Any, loss: torch.Tensor) -> torch.Tensor:
        ring["place"] = (ring["place"] + 1) % 16
        return loss

    assert traced(step_of(more)).varies == ()


@pytest.mark.parametrize(("file", "seen"), [(torch.__file__, False), (__file__, True)])
def test_what_torch_notes_on_its_own_functions_is_not_the_steps(file: str, seen: bool) -> None:
    """torch.utils.checkpoint gets attributes when it is first called: the first trace of a process is as the second."""
    space: dict[str, Any] = {}
    exec(compile("def helper(): pass", file, "exec"), space)
    names = {"__file__": __file__, "__name__": "mine", "helper": space["helper"]}
    before = state_of(Small(), [names])
    space["helper"].called = 1
    assert bool(changed(before, state_of(Small(), [names]))) is seen
