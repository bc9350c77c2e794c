"""A class of the files that is no network and builds one: ``Trainer(config)``, where the program makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import CostModelError
from costmodel.tracing.finding.choice import Choice, Known, choose

HEAD = """import json
from dataclasses import dataclass
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.body, self.head = nn.Linear(12, width), nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.body(x.flatten(1)).relu())


@dataclass
class Config:
    width: int = 8
    rate: float = 0.1


"""
TRAINER = """class Trainer:
    def __init__(self, config, *, scale=1):
        self.config = config
        self.model = Net(scale * self.config.width)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=self.config.rate)

    def run(self):
        raise RuntimeError("this would train")


"""


def chosen(folder: Path, text: str) -> Choice:
    (folder / "main.py").write_text(HEAD + text, encoding="utf-8")
    return choose(folder, Known(settings={}, defaults={"input": "3x2x2"}))


def arguments(folder: Path, text: str) -> str:
    return chosen(folder, text).plan.subject.arguments


@pytest.mark.parametrize("guard", ["if __name__ == '__main__':\n    ", "def main():\n    ", ""])
def test_its_network_has_the_size_that_the_program_gives_it(tmp_path: Path, guard: str) -> None:
    (tmp_path / "config.json").write_text('{"width": 24}')
    read = "config = Config()\nwith open(__file__[:-7] + 'config.json') as file:\n    given = json.load(file)\n"
    read += "for key, value in given.items():\n"
    read += "    setattr(config, key, value)\n"
    start = guard + "Trainer(config, scale=2).run()\n" + ("main()\n" if "def" in guard else "")
    assert arguments(tmp_path, read + TRAINER + start) == "width=48"


def test_a_trainer_that_gets_the_network(tmp_path: Path) -> None:
    given = TRAINER.replace("config, *, scale=1", "model, config").replace("Net(scale * self.config.width)", "model")
    start = "if __name__ == '__main__':\n    Trainer(Net(16), Config()).run()\n"
    assert arguments(tmp_path, given + start) == "width=16"


def test_two_trainers_build_two_networks(tmp_path: Path) -> None:
    start = "for_small = Trainer(Config(4))\nfor_large = Trainer(Config(64))\n"
    with pytest.raises(CostModelError, match=r"^which is the model\? "):
        chosen(tmp_path, TRAINER + start)
    assert arguments(tmp_path, TRAINER + "first = Trainer(Config(64))\nsecond = Trainer(Config(64))\n") == "width=64"


def test_what_nobody_makes_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(CostModelError, match=r"built in Trainer\.__init__\(\), and its argument 'config' is not known"):
        chosen(tmp_path, TRAINER)
