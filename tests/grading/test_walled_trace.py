"""Tracing behind a wall: the model that is meant, and that nobody hears his neighbour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from costmodel.errors import UnknownNameError
from costmodel.grading.notice import NoticeKind
from costmodel.grading.walled_trace import trace_behind_wall
from costmodel.ir.codec import dumps
from costmodel.sandbox.resource_limits import Limits
from tests.grading.conftest import HOSTILE

SETTINGS = {"input": "3x32x32", "batch": 2}
NET = """
import torch
from torch import nn
class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3072, 10)
    def forward(self, x):
        return self.layer(x.flatten(1))
"""


def test_an_unknown_wall() -> None:
    with pytest.raises(UnknownNameError, match="bubblewrap"):
        trace_behind_wall(Path("x.py"), wall="maginot")


def folder(place: Path, **files: str) -> Path:
    place.mkdir()
    for name, text in files.items():
        (place / f"{name}.py").write_text(text, encoding="utf-8")
    return place


def test_which_model_is_meant(tmp_path: Path) -> None:
    block = NET.format(name="Block").replace("x.flatten(1)", "x.flatten(1)[:, :3072]")
    whole = "from torch import nn\nfrom block import Block\nclass Whole(nn.Module):\n"
    whole += "    def __init__(self):\n        super().__init__()\n        self.block = Block()\n"
    whole += "    def forward(self, x):\n        return self.block(x)\n"
    factory = NET.format(name="_Hidden") + "def build_model():\n    return _Hidden()\n"
    made = NET.format(name="_Hidden") + "net = _Hidden()\n"
    cases = {
        "parts": (folder(tmp_path / "a", block=block, model=whole), None, "model.py:Whole"),
        "factory": (folder(tmp_path / "b", model=factory), None, "model.py:build_model"),
        "instance": (folder(tmp_path / "c", model=made), None, "model.py:net"),
        "named": (folder(tmp_path / "d", a=NET.format(name="A"), b=NET.format(name="B")), ":B", "b.py:B"),
        "file": (folder(tmp_path / "e", a=NET.format(name="A"), b=NET.format(name="B")), "a.py", "a.py:A"),
    }
    for what, (place, reference, name) in cases.items():
        result = trace_behind_wall(place, reference, SETTINGS)
        assert result.notice is None, (what, result.notice)
        assert result.subject is not None
        assert result.subject.name == name


def test_what_the_contract_names_must_be_there(tmp_path: Path) -> None:
    place = folder(tmp_path / "a", model=NET.format(name="Net"))
    for reference in ("net.py", ":Other"):
        result = trace_behind_wall(place, reference, SETTINGS)
        assert result.notice is not None
        assert result.notice.kind is NoticeKind.NO_MODEL
    result = trace_behind_wall(place, "model.py:Other", SETTINGS)
    assert result.notice is not None
    assert "its models: Net" in result.notice.message


def test_a_bomb_beside_does_not_change_anything(tmp_path: Path) -> None:
    honest = folder(tmp_path / "honest", model=NET.format(name="Net"))
    bombs = [folder(tmp_path / h.name, model=h.text) for h in HOSTILE if h.name in ("fork_bomb", "kill_everybody")]
    alone = trace_behind_wall(honest, None, SETTINGS)
    with ThreadPoolExecutor(2) as pool:
        limits = Limits(wall_seconds=60)
        others = [pool.submit(trace_behind_wall, bomb, None, SETTINGS, limits=limits) for bomb in bombs]
        beside = trace_behind_wall(honest, None, SETTINGS)
        assert all(other.result().training is not None for other in others)  # what they define, not what they do
    assert alone.notice is beside.notice is None
    assert alone.training is not None
    assert beside.training is not None
    assert dumps(alone.training) == dumps(beside.training)
