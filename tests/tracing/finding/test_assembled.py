"""A function that puts the network together of a file's classes: it is the model, and none of its layers is."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import CostModelError
from costmodel.tracing.finding.choice import Known, choose
from costmodel.tracing.finding.plan import built

BLOCK = """import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, c=3, d=4):
        super().__init__()
        self.conv = nn.Conv2d(c, d, 3, padding=1)

    def forward(self, x):
        return self.conv(x).relu()


def head(width):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


"""
AS_PEOPLE_WRITE_IT = {
    "in one expression": "def resnet9():\n    return nn.Sequential(Block(3, 4), Block(4, 8), head(8))\n",
    "of a list": (
        "def tiny(width=8):\n    layers = [Block(3, 4)]\n    layers.append(Block(4, width))\n"
        "    return nn.Sequential(*layers, head(width))\n"
    ),
    "module by module": (
        "def make_net96():\n    net = nn.Sequential()\n    net.append(Block(3, 4))\n    net.append(Block(4, 8))\n"
        "    net.append(head(8))\n    return net\n"
    ),
    "moved and cast afterwards": (
        "def make_net96():\n    net = nn.Sequential(Block(3, 4), Block(4, 8), head(8))\n    net = net.half().cuda()\n"
        "    net = net.to(memory_format=torch.channels_last)\n    return net\n"
    ),
    "by way of another function": (
        "def stem():\n    return nn.Sequential(Block(3, 4), Block(4, 8))\n"
        "def cifar():\n    return nn.Sequential(stem(), head(8))\n"
    ),
}
PARAMETERS = (27 * 4 + 4) + (36 * 8 + 8) + (8 * 10 + 10)


@pytest.mark.parametrize("way", AS_PEOPLE_WRITE_IT)
def test_the_function_is_the_model(tmp_path: Path, way: str) -> None:
    (tmp_path / "net.py").write_text(BLOCK + AS_PEOPLE_WRITE_IT[way], encoding="utf-8")
    choice = choose(tmp_path, Known(settings={}, defaults={"input": "3x8x8"}))
    assert sum(p.numel() for p in built(choice.plan).parameters()) == PARAMETERS


def test_a_function_that_a_class_uses_makes_a_part(tmp_path: Path) -> None:
    net = (
        "def stem():\n    return nn.Sequential(Block(3, 4))\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.stem, self.head = stem(), head(4)\n"
        "    def forward(self, x):\n        return self.head(self.stem(x))\n"
    )
    (tmp_path / "net.py").write_text(BLOCK + net, encoding="utf-8")
    choice = choose(tmp_path, Known(settings={}, defaults={"input": "3x8x8"}))
    assert choice.reference.endswith("net.py:Net")


def test_a_function_that_needs_more_is_named_and_its_layers_are_not_judged(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        BLOCK + "def vgg(width):\n    return nn.Sequential(Block(3, width), head(width))\n"
    )
    with pytest.raises(CostModelError, match=r"built in vgg\(\), and its argument 'width' is not known"):
        choose(tmp_path, Known(settings={}, defaults={"input": "3x8x8"}))
