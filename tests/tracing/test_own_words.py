"""A function of the file is part of the step only if it can be called as ours is; the rest is left aside, and said."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from costmodel.errors import CostModelError

NET = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)
    def forward(self, x):
        return self.layer(x)
"""

ASIDE = [
    ("def preprocess(image, size): return image\n", "preprocess(image, size)"),
    ("def configure_optimizers(args, model): return None\n", "configure_optimizers(args, model)"),
    ("def training_step(model, data, optimizer): pass\n", "training_step(model, data, optimizer)"),
    ("def example_batch(path, size): pass\n", "example_batch(path, size)"),
    ("preprocess = [1, 2]\n", "preprocess"),
    ("class preprocess: pass\n", "preprocess()"),
]


@pytest.mark.parametrize(("text", "shown"), ASIDE)
def test_a_name_with_another_signature_is_not_ours(tmp_path: Path, text: str, shown: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(NET + text, encoding="utf-8")
    analysis = costmodel.analyze(f"{file}:Net", input="4")
    (said,) = [a.what for a in analysis.assumptions if "is left aside" in a.what]
    assert said.startswith(f"{shown} of the file is left aside: the step knows ")
    file.write_text(NET, encoding="utf-8")
    assert analysis.totals == costmodel.analyze(f"{file}:Net", input="4").totals
    assert analysis.subject.optimizer == "sgd"
    assert analysis.subject.loss == "cross_entropy"


def test_what_is_done_to_images_before_there_is_a_batch_is_not_missed(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from nowhere import transforms\npreprocess = transforms.Compose([])\n" + NET)
    analysis = costmodel.analyze(f"{tmp_path}/net.py:Net", input="4")
    (said,) = [a.what for a in analysis.assumptions if a.what.startswith("preprocess of the file is left aside")]
    assert said.endswith("No module named 'nowhere'")
    (tmp_path / "net.py").write_text("from nowhere import preprocess\n" + NET)  # a function: it may compute
    with pytest.raises(CostModelError, match=r"^preprocess is not there"):
        costmodel.analyze(f"{tmp_path}/net.py:Net", input="4")


def test_a_function_that_makes_no_optimizer_is_no_optimizer(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(NET + "def configure_optimizers(options): return None\n", encoding="utf-8")
    analysis = costmodel.analyze(f"{file}:Net", input="4")
    assert any("what it returns is not an optimizer" in a.what for a in analysis.assumptions)
    assert analysis.totals.operations.optimizer == 2 * 15


def test_a_recipes_own_optimizer_comes_before_a_function_of_that_name(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    own = "def configure_optimizers(model): return torch.optim.SGD(model.parameters(), lr=1.0)\n"
    file.write_text(NET + own, encoding="utf-8")
    assert costmodel.analyze(f"{file}:Net", input="4").phases[0].optimizer == "SGD"
    recipe = 'def recipe(): return {"model": Net, "input": "4", "optimizer": "adamw"}\n'
    file.write_text(NET + own + recipe, encoding="utf-8")
    analysis = costmodel.analyze(str(file))
    assert (analysis.phases[0].optimizer, analysis.subject.optimizer) == ("AdamW", "adamw")


def test_the_default_batch_is_one_that_batch_norm_trains_with(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    norm = NET.replace("self.layer(x)", "self.norm(self.layer(x))").replace(
        "        self.layer =", "        self.norm = nn.BatchNorm1d(3)\n        self.layer ="
    )
    file.write_text(norm, encoding="utf-8")
    analysis = costmodel.analyze(f"{file}:Net", input="4")
    assert analysis.subject.batch == analysis.phases[0].batch == 2
    assert any("a batch of 2 is taken" in a.what for a in analysis.assumptions)
    assert (
        analysis.totals.operations.step == costmodel.analyze(f"{file}:Net", input="4", batch=2).totals.operations.step
    )
    with pytest.raises(CostModelError, match="more than 1 value per channel"):
        costmodel.analyze(f"{file}:Net", input="4", batch=1)
    inference = costmodel.analyze(f"{file}:Net", input="4", phase="inference")
    assert (inference.subject.batch, inference.subject.phase) == (1, "inference")
    assert inference.totals.macs.step == 12
    assert inference.totals.operations.step == inference.totals.operations.forward
    with pytest.raises(CostModelError, match="of one inference"):
        costmodel.judge(inference, "haet-2021")


def test_check_shows_every_assumption(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(NET + ASIDE[0][0], encoding="utf-8")
    analysis = costmodel.analyze(f"{file}:Net", input="4")
    verdict = costmodel.check(f"{file}:Net", "haet-2021", input="4")
    assert verdict.assumptions == analysis.assumptions
    assert analysis.assumptions[0].what in " ".join(costmodel.render(verdict, "csv").split())
    assert "preprocess(image, size) of the file" in costmodel.render(verdict, "text")
