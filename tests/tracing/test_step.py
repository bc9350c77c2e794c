"""The step of a file in Lightning's form, of a recipe, of names; and what each of them does wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import costmodel
from costmodel.errors import CostModelError, RecipeError, TraceError, UnknownNameError
from costmodel.ir.trace import Phase, Trace
from tests.tracing.networks import Small, packets, small, steady

HEAD = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layer = nn.Linear(width, 3)
    def forward(self, x):
        return self.layer(x)
"""

STEP = """
def training_step(model, batch):
    x, y = batch
    return F.cross_entropy(model(x), y, label_smoothing=0.1)

def configure_optimizers(model):
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

def example_batch():
    return torch.randn(6, 4), torch.zeros(6, dtype=torch.int64)

def preprocess(batch):
    x, y = batch
    return (x - 0.5) / 2, y
"""

Run = Callable[..., Trace]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(text: str, name: str = ":Net", **settings: Any) -> Trace:
        path = tmp_path / "mine.py"
        path.write_text(HEAD + text, encoding="utf-8")
        return costmodel.trace(f"{path}{name}", **settings).phases[0].trace

    return run


def line_of(text: str, part: str) -> int:
    return (HEAD + text).splitlines().index(next(row for row in (HEAD + text).splitlines() if part in row)) + 1


def test_a_file_brings_its_own_step(run: Run) -> None:
    trace = run(STEP)
    assert packets(trace, Phase.PREPROCESS) == ["sub", "div"]
    assert "mul" in packets(trace, Phase.LOSS)  # label smoothing
    assert packets(trace, Phase.OPTIMIZER) == ["mul_", "add_", "add_"] * 2
    assert [trace.tensors[i].shape for i in trace.inputs] == [(6, 4), (6,)]
    assert trace.assumptions == ()


def test_an_example_batch_may_take_the_batch_size(run: Run) -> None:
    text = STEP.replace("example_batch():", "example_batch(n):").replace("(6,", "(n,")
    trace = run(text, batch=9)
    assert [trace.tensors[i].shape for i in trace.inputs] == [(9, 4), (9,)]


@pytest.mark.parametrize(
    "result",
    ["[o], [s]", "{'optimizer': o, 'lr_scheduler': s}", "[o]", "o"],
)
def test_lightnings_forms_of_configure_optimizers(run: Run, result: str) -> None:
    text = f"""
def configure_optimizers(model):
    o = torch.optim.Adam(model.parameters())
    s = torch.optim.lr_scheduler.StepLR(o, 3)
    return {result}
"""
    assert "addcdiv_" in packets(run(text, input="4"), Phase.OPTIMIZER)


def test_a_training_step_may_return_a_mapping(run: Run) -> None:
    text = STEP.replace("return F.cross", "return {'loss': F.cross").replace(
        "0.1)\n\ndef conf", "0.1), 'seen': 6}\n\ndef conf"
    )
    assert packets(run(text), Phase.LOSS) == packets(run(STEP), Phase.LOSS)


def test_an_item_in_a_training_step_is_an_assumption_with_its_line(run: Run) -> None:
    text = STEP.replace(
        "    return F.cross_entropy",
        "    loss = model(x).sum()\n    print_me = loss.item()\n    return F.cross_entropy",
    )
    (assumption,) = run(text).assumptions
    assert assumption.where == f"mine.py:{line_of(text, 'loss.item()')}"


def test_a_recipe_may_run_the_step_itself(run: Run) -> None:
    text = """
def step(model, optimizer, batch):
    for micro in batch[0].chunk(2):
        (model(micro).square().mean() / 2).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()

def recipe():
    return dict(model=Net, input="4", batch=8, optimizer="adamw", step=step)
"""
    trace = run(text, name="")
    assert packets(trace, Phase.FORWARD).count("addmm") == 2
    assert "linalg_vector_norm" in packets(trace, Phase.OPTIMIZER)


def test_an_optimizer_with_a_closure_in_a_recipes_step(run: Run) -> None:
    text = """
def step(model, optimizer, batch):
    def closure():
        optimizer.zero_grad()
        loss = model(batch[0]).square().mean()
        loss.backward()
        return loss
    optimizer.step(closure)

def recipe():
    return dict(model=Net, input="4", optimizer="lbfgs", optimizer_options={"max_iter": 1}, step=step)
"""
    assert packets(run(text, name=""), Phase.BACKWARD)


@pytest.mark.parametrize(
    ("loss", "op"),
    [
        ("cross_entropy", "_log_softmax"),
        ("mse", "mse_loss"),
        ("mse_loss", "mse_loss"),
        ("smooth_l1", "smooth_l1_loss"),
        ("bce_with_logits", "binary_cross_entropy_with_logits"),
        ("nll", "nll_loss_forward"),
    ],
)
def test_losses_by_name(loss: str, op: str) -> None:
    assert op in packets(small(loss=loss), Phase.LOSS)


def test_a_loss_that_the_model_returns() -> None:
    class Returns(Small):
        def forward(self, x: Any) -> Any:
            return super().forward(x).square().mean()

    assert packets(steady(Returns, loss="output"), Phase.LOSS) == ["ones_like"]


def test_a_language_models_loss_is_read_over_positions_and_said(in_root: object) -> None:
    options = {"vocabulary": 50, "context": 16, "width": 16, "depth": 1, "heads": 2}
    trace = steady("examples/zoo/transformer.py:GPT2", input="8:int64", model_options=options)
    (assumption,) = trace.assumptions
    assert (assumption.where, "last axis" in assumption.what) == ("the recipe", True)


def test_no_optimizer() -> None:
    assert packets(small(optimizer="none"), Phase.OPTIMIZER) == []


def test_frozen_patterns() -> None:
    phases = [{"name": "a", "freeze": ["first.*", "norm.*"]}]
    assert [p.name for p in small(phases=phases).parameters if p.trainable] == [
        "second.weight", "second.bias", "head.weight", "head.bias",
    ]  # fmt: skip


ERRORS: list[tuple[dict[str, Any], type[CostModelError], str]] = [
    ({"loss": "crossentropy"}, UnknownNameError, "did you mean 'cross_entropy'"),
    ({"optimizer": "sdg"}, UnknownNameError, "did you mean 'sgd'"),
    ({"optimizer_options": {"momentun": 0.9}}, RecipeError, "momentun.*its options: .*momentum"),
    ({"optimizer_options": {"lr": -1}}, RecipeError, "Invalid learning rate"),
    ({"optimizer": "lbfgs"}, RecipeError, r"LBFGS.*optimizer\.step\(closure\)"),
    ({"input": "3x8x8:flaot32"}, RecipeError, "no element type 'flaot32'"),
    (
        {"phases": [{"name": "a", "freeze": ["third.*"]}]},
        RecipeError,
        r"no parameter matches 'third\.\*'.*first\.weight",
    ),
    ({"loss": "output"}, RecipeError, r"the loss must be one number, got \(2, 5\)"),
    ({"input": "4x8x8"}, TraceError, r"networks\.py:\d+ .*--input"),
]


@pytest.mark.parametrize(("settings", "kind", "message"), ERRORS)
def test_errors_of_a_recipe(settings: dict[str, Any], kind: type[CostModelError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        small(**settings)
    assert "\n" not in str(caught.value)


FILE_ERRORS = [
    (
        "def configure_optimizers(model):\n    return torch.optim.SGD(model.parameters(), lr=undefined)\n",
        "undefined",
        RecipeError,
    ),
    ("def example_batch():\n    return torch.randn(missing)\n", "missing", RecipeError),
    ("def preprocess(batch):\n    return batch['image']\n", "batch['image']", TraceError),
    ("def training_step(model, batch):\n    return model(batch[0]).wrong()\n", "wrong", TraceError),
    ("def recipe():\n    return {}['model']\n", "{}['model']", RecipeError),
]


@pytest.mark.parametrize(("text", "part", "kind"), FILE_ERRORS)
def test_errors_of_a_files_own_functions_name_the_line(
    run: Run, text: str, part: str, kind: type[CostModelError]
) -> None:
    with pytest.raises(kind) as caught:
        run(text, name="" if "recipe()" in text else ":Net", input="4")
    wanted = part if part not in HEAD + text else f"mine.py:{line_of(text, part)}"
    assert wanted in str(caught.value)
    assert "\n" not in str(caught.value)
