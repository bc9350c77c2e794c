"""Classes of a submission by reading: which are networks, losses or abstract, and which are parts of which."""

from __future__ import annotations

import pytest
from torch import nn

from costmodel.tracing.reading.classes import Classes, holds_parameters, module_class
from costmodel.tracing.reading.source import Project, Symbol

FILES = {
    "layers.py": """
import torch
from torch import nn
from .config import Settings

WIDTH = 64
OTHER = WIDTH

class Helper:
    pass

class Block(nn.Module):
    def __init__(self):
        self.conv = nn.Conv2d(WIDTH, OTHER, 3)
    def forward(self, x):
        return self.conv(x)

class Tree(nn.Module):
    def __init__(self, depth):
        self.below = Tree(depth - 1) if depth else Block()
        self.help = Helper()
        self.settings = Settings
    def forward(self, x):
        return x

def make_block():
    return Block()

class Quiet(nn.Module):
    def forward(self, x):
        return torch.relu(x) * len(x)

class Calm(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))
    def forward(self, x):
        return self.act(x)

class Scale(nn.Module):
    def __init__(self):
        self.w = nn.Parameter(torch.ones(1))
    def forward(self, x):
        return x * self.w
""",
    "config.py": """
class Settings:
    width = 3
""",
    "net.py": """
import torchvision
import timm
from abc import ABC
from enum import Enum
from torch import nn, autograd
from torch.utils.data import Dataset
from unknown import Base
from lightning import LightningModule
from layers import Block, Tree, make_block

class Root(nn.Module):
    def shared(self):
        return 1

class Net(Root):
    def __init__(self, block=Block):
        self.tree = Tree(3)
    def forward(self, x):
        return self.tree(x)

class Handed(nn.Module):
    def __init__(self, make):
        self.part = make()
    def forward(self, x):
        return x

class Ping(nn.Module):
    def forward(self, x):
        return Pong

class Pong(nn.Module):
    def forward(self, x):
        return Ping

class Kind(Enum):
    def forward(self): pass

class Rows(Dataset):
    def forward(self, x): pass

class Mystery(Base):
    def forward(self, x): return x

class Silent(Base):
    def other(self): pass

class Resnet(torchvision.models.ResNet): pass
class Lit(timm.models.Thing): pass
class Trained(LightningModule): pass
class Plain(ABC): pass
class Typed(nn.Module[int]): pass

class DiceLoss(nn.Module):
    def forward(self, output, target, weight=None): pass
class SmoothCriterion(nn.Module):
    def forward(self, output, target=None): pass
class Compares(nn.Module):
    def forward(self, output, target): pass
class EmptyLoss(nn.Module): pass

def build():
    return Handed(make_block)

model = Handed(Net)
""",
}


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Classes:
    folder = tmp_path_factory.mktemp("submission")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Classes(Project(folder, [folder / name for name in ("layers.py", "config.py", "net.py")]))


def symbol(classes: Classes, name: str) -> Symbol:
    return next(
        Symbol(source, name, source.definitions[name])
        for source in classes.project.sources
        if name in source.definitions
    )


def test_which_classes_are_networks(classes: Classes) -> None:
    assert [one.name for one in classes.models] == [
        "Block", "Tree", "Quiet", "Calm", "Scale",
        "Root", "Net", "Handed", "Ping", "Pong", "Mystery", "Resnet", "Lit", "Trained", "Typed",
        "DiceLoss", "SmoothCriterion", "Compares", "EmptyLoss",
    ]  # fmt: skip
    assert not classes.is_model(symbol(classes, "make_block"))
    assert symbol(classes, "Net").where == "net.py:16"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Block", ""), ("Tree", "Block"),  # neither itself, nor what is no network
        ("Net", "Block Tree"),  # a default, and what the tree is made of
        ("Handed", "Net Tree Block"),  # handed by calls, also by way of functions
        ("Ping", "Pong"), ("Pong", "Ping"), ("Root", ""),
    ],
)  # fmt: skip
def test_the_parts_of_a_network(classes: Classes, name: str, parts: str) -> None:
    found = classes.parts(symbol(classes, name))
    assert sorted(one.name for one in found) == sorted(parts.split())


def test_wholes_and_parts(classes: Classes) -> None:
    assert {one.name for one in classes.models if classes.is_part(one)} == {"Block", "Tree", "Net"}
    assert [one.name for one in classes.wholes(symbol(classes, "Block"))] == ["Tree", "Net", "Handed"]
    assert classes.wholes(symbol(classes, "Ping")) == []  # each contains the other
    mentioned = classes.mentions(symbol(classes, "Tree"))
    assert sorted(one.name for one in mentioned) == ["Block", "Helper", "Settings", "Tree"]
    assert [one.name for one in classes.mentions(symbol(classes, "Block"))] == ["WIDTH"]  # the other is an alias


def test_methods_losses_and_what_is_abstract(classes: Classes) -> None:
    shared = classes.method(symbol(classes, "Net"), "shared")
    assert shared is not None
    assert shared.name == "shared"
    assert classes.method(symbol(classes, "Root"), "forward") is None
    assert [one.name for one in classes.ancestors(symbol(classes, "Net"))] == ["Net", "Root"]
    assert [one.name for one in classes.models if classes.is_loss(one)] == ["DiceLoss"]
    assert [one.name for one in classes.models if classes.is_abstract(one)] == ["Root"]


def test_networks_without_parameters(classes: Classes) -> None:
    held = {name: classes.may_hold_parameters(symbol(classes, name)) for name in ("Quiet", "Calm", "Scale", "Block")}
    assert held == {"Quiet": False, "Calm": True, "Scale": True, "Block": True}
    assert classes.may_hold_parameters(symbol(classes, "Mystery"))
    assert module_class("torch.nn.Conv2d") is nn.Conv2d
    assert [module_class(name) for name in ("torch.nn.functional.relu", "torch.nn.Parameter", "nn.Conv2d")] == [
        None
    ] * 3
    assert [holds_parameters(f"torch.nn.{name}") for name in ("Linear", "ReLU", "MSELoss", "MaxPool2d", "Nothing")] == [
        True, False, False, False, False,
    ]  # fmt: skip
