"""Changes of a training keep their promise: the recipe written by hand has the complexity that the tip says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import costmodel
from costmodel.ir.tips import Tip, Tips

NET = """
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(3, 6, 3, padding=1)
        self.two = nn.Conv2d(6, 8, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        return self.head(self.norm(self.two(self.one(x).relu())).relu().mean((2, 3)))
"""

PLAIN = {
    "model": "net.py:Net", "input": "3x16x16", "batch": 10, "samples": 95, "epochs": 5, "optimizer": "adam",
    "optimizer_options": {"lr": 0.01, "weight_decay": 0.1},
}  # fmt: skip
PHASES = {
    **{name: value for name, value in PLAIN.items() if name != "epochs"},
    "phases": [
        {"name": "main", "epochs": 4},
        {"name": "look", "step": "evaluate", "every": 3, "batch": 25},
        {"name": "last", "step": "evaluate", "samples": 50, "epochs": 2},
    ],
}


def phases(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = PHASES["phases"]  # type: ignore[assignment]
    return [{**phase, **changed.get(str(phase["name"]), {})} for phase in found]


OF_PLAIN: dict[tuple[str, str], dict[str, Any]] = {
    ("batch", "10 → 20 samples"): {"batch": 20},
    ("batch", "10 → 40 samples"): {"batch": 40},
    ("length", "5 → 4 epochs"): {"epochs": 4},
    ("length", "5 → 2 epochs"): {"epochs": 2},
    ("optimizer", "adam with weight_decay 0.1 → adam"): {"optimizer_options": {"lr": 0.01}},
    ("optimizer", "adam with weight_decay 0.1 → sgd with momentum 0.9"): {
        "optimizer": "sgd", "optimizer_options": {"lr": 0.01, "momentum": 0.9},
    },
    ("optimizer", "adam with weight_decay 0.1 → sgd"): {"optimizer": "sgd", "optimizer_options": {"lr": 0.01}},
    ("frozen", "one to two frozen in the last 2 of 5 epochs"): {
        "epochs": None,
        "phases": [{"name": "a", "epochs": 3}, {"name": "b", "epochs": 2, "freeze": ["one.*", "two.*"]}],
    },
    ("progressive resizing", "images of 8×8 in the first 2 of 5 epochs"): {
        "epochs": None, "phases": [{"name": "a", "epochs": 2, "input": "3x8x8"}, {"name": "b", "epochs": 3}],
    },
}  # fmt: skip
OF_PHASES: dict[tuple[str, str], dict[str, Any]] = {
    ("length", "4 → 3 epochs of phase main"): {"phases": phases(main={"epochs": 3})},
    ("evaluation", "every 3 → 6 steps"): {"phases": phases(look={"every": 6})},
    ("evaluation", "2 → 1 passes"): {"phases": phases(last={"epochs": 1})},
}


def written(folder: Path, recipe: dict[str, Any], name: str) -> str:
    import yaml

    (folder / "net.py").write_text(NET, encoding="utf-8")
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump({k: v for k, v in recipe.items() if v is not None}), encoding="utf-8")
    return str(file)


def only_a_few_steps(what: str, done: int, total: int) -> None:  # Ctrl-C: the sequence is not the subject
    if done == total - 90:
        raise KeyboardInterrupt


@pytest.mark.parametrize(("recipe", "twins"), [(PLAIN, OF_PLAIN), (PHASES, OF_PHASES)], ids=["plain", "phases"])
def test_what_is_promised_is_what_comes_out(
    tmp_path: Path, recipe: dict[str, Any], twins: dict[tuple[str, str], dict[str, Any]]
) -> None:
    found: Tips = costmodel.advise(written(tmp_path, recipe, "now"), rules="haet-2021", progress=only_a_few_steps)
    known: dict[tuple[str, str], Tip] = {(tip.kind, tip.what): tip for tip in found.single if tip.retrains}
    assert found.now.metric is not None
    for number, (change, words) in enumerate(twins.items()):
        assert change in known, (change, list(known))
        tip = known[change]
        verdict = costmodel.check(written(tmp_path, {**recipe, **words}, f"twin{number}"), "haet-2021")
        complexity = next(claim.used for claim in verdict.claims if claim.metric == "complexity")
        assert tip.after.metric == complexity
        assert tip.after.metric is not None
        assert tip.after.metric < found.now.metric
        assert (tip.keeps, tip.layers) == (True, ())
        assert tip.edit
    # a smaller batch needs more updates, and an evaluation that is not in the recipe costs nothing
    assert not any(what.startswith("10 → 5 samples") for _, what in known)
    assert ("evaluation" in {kind for kind, _ in known}) is (recipe is PHASES)


def test_where_the_file_does_it_itself_nothing_is_said(tmp_path: Path) -> None:
    own = NET + (
        "\n\nimport torch\n\n\ndef example_batch():\n    return torch.zeros(5, 3, 16, 16)\n\n\n"
        "def configure_optimizers(model):\n    return torch.optim.Adam(model.parameters())\n"
    )
    (tmp_path / "net.py").write_text(own, encoding="utf-8")
    found = costmodel.advise(
        f"{tmp_path}/net.py:Net", rules="haet-2021", samples=95, epochs=4, progress=only_a_few_steps
    )
    kinds = {tip.kind for tip in found.single}
    assert kinds & {"batch", "optimizer", "progressive resizing", "evaluation"} == set()
    assert {"length", "frozen"} <= kinds


def test_a_rulebook_that_counts_no_training_asks_for_no_change_of_it(tmp_path: Path) -> None:
    found = costmodel.advise(written(tmp_path, PLAIN, "now"), rules="micronet-2019", progress=only_a_few_steps)
    assert found.single
    assert not any(tip.retrains for tip in (*found.single, *found.sequence))
