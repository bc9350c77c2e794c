"""A whole training: its phases, its last partial batches, each distinct step traced once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import costmodel
from costmodel.errors import RecipeError
from costmodel.ir.codec import dumps, loads
from costmodel.ir.trace import Phase
from costmodel.ir.training import SCHEMA, TracedPhase, Training
from costmodel.tracing import phases as module
from costmodel.tracing.tracer import trace_step
from tests.conftest import ROOT
from tests.tracing.networks import Small

PROGRESSIVE: dict[str, Any] = {
    "batch": 8,
    "samples": 20,
    "epochs": 4,
    "phases": [
        {"name": "small", "input": "3x8x8", "epochs": 1},
        {"name": "frozen", "input": "3x8x8", "freeze": ["first.*"]},
        {"name": "wide", "input": "3x8x8", "batch": 4},
        {"name": "again", "input": "3x8x8", "epochs": 2},
        {"name": "fine", "input": "3x8x8", "optimizer": "adamw", "steps": 3},
    ],
}


@pytest.fixture(scope="module")
def progressive() -> Training:
    return costmodel.trace(Small, **PROGRESSIVE)


def phase(training: Training, name: str) -> TracedPhase:
    return next(p for p in training.phases if p.name == name)


def test_steps_and_partial_batches(progressive: Training) -> None:
    found = [(p.name, p.batch, p.steps, p.last_batch, p.last_steps) for p in progressive.phases]
    assert found == [
        ("small", 8, 2, 4, 1),
        ("frozen", 8, 8, 4, 4),
        ("wide", 4, 20, None, 0),
        ("again", 8, 4, 4, 2),
        ("fine", 8, 3, None, 0),
    ]


def test_a_partial_batch_has_its_own_trace(progressive: Training) -> None:
    last = phase(progressive, "small").last_trace
    assert last is not None
    assert last.tensors[last.inputs[0]].shape == (4, 3, 8, 8)
    assert last is phase(progressive, "wide").trace


def test_equal_steps_are_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = []

    def counting(step: Any) -> Any:
        traced.append(step)
        return trace_step(step)

    monkeypatch.setattr(module, "trace_step", counting)
    costmodel.trace(Small, **PROGRESSIVE)
    assert len(traced) == 5  # small 8 and 4, frozen 8 and 4, fine 8


def test_the_state_is_made_once_for_each_optimizer(progressive: Training) -> None:
    assert [p.makes_state for p in progressive.phases] == [True, False, False, False, True]


def test_a_frozen_phase_has_fewer_updates(progressive: Training) -> None:
    def updates(name: str) -> int:
        return sum(1 for c in phase(progressive, name).trace.calls if c.phase is Phase.OPTIMIZER)

    assert updates("small") - updates("frozen") == 2  # weight and bias of the first layer
    assert updates("fine") > updates("small")


def test_json_round_trip(progressive: Training) -> None:
    text = dumps(progressive, SCHEMA)
    assert loads(Training, text, SCHEMA) == progressive


def test_drop_last() -> None:
    (only,) = costmodel.trace(Small, input="3x8x8", batch=8, samples=20, drop_last=True).phases
    assert (only.steps, only.last_trace) == (2, None)


def test_fewer_samples_than_a_batch() -> None:
    (only,) = costmodel.trace(Small, input="3x8x8", batch=8, samples=5).phases
    assert (only.steps, only.last_batch, only.last_steps) == (0, 5, 1)


def test_a_recipe_file(tmp_path: Path) -> None:
    lenet = ROOT / "examples/zoo/lenet.py"
    (tmp_path / "lenet.py").write_text(lenet.read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "model: lenet.py:LeNet5\ninput: 3x32x32\nbatch: 4\nsamples: 10\nloss: cross_entropy\n"
        "optimizer: sgd\noptimizer_options: {lr: 0.1, momentum: 0.9}\n"
        "phases:\n  - {name: short, epochs: 1}\n  - {name: long, epochs: 5, drop_last: true}\n"
    )
    short, long = costmodel.trace(str(path)).phases
    assert (short.steps, short.last_batch, long.steps, long.last_batch) == (2, 2, 10, None)
    assert short.trace is long.trace
    assert costmodel.trace(str(path), batch=5).phases[0].batch == 5  # the command line stands above the file


def test_a_recipe_file_without_a_model(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("batch: 4\n")
    with pytest.raises(RecipeError, match=r"recipe\.yaml:1: model: missing"):
        costmodel.trace(str(path))


def test_a_file_with_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from torch import nn\ndef make(): return nn.Linear(4, 3)\n"
        "def recipe(): return dict(model=make, input='4', batch=2, steps=7, optimizer='adam')\n"
    )
    (only,) = costmodel.trace(str(path)).phases
    assert (only.steps, only.batch) == (7, 2)


def test_a_bad_recipe_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def recipe(): return dict(modle=3)\n")
    with pytest.raises(RecipeError, match=r"recipe\(\): modle: unknown key; known: .*model"):
        costmodel.trace(str(path))


OWN_BATCH = """
import torch
from torch import nn
class Net(nn.Linear):
    def __init__(self): super().__init__(4, 3)
def training_step(model, batch): return model(batch["x"]).square().mean()
def example_batch(): return {"x": torch.randn(6, 4)}
"""


def test_a_files_own_batch_says_how_many_samples_a_step_has(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OWN_BATCH)
    (only,) = costmodel.trace(str(path), samples=60, epochs=2).phases
    assert (only.batch, only.steps, only.last_batch) == (6, 20, None)
    with pytest.raises(RecipeError, match=r"a batch of 2.*always has 6.*example_batch\(n\)"):
        costmodel.trace(str(path), samples=62)
    assert costmodel.trace(str(path), samples=62, drop_last=True).phases[0].steps == 10
