"""An error names the user's line, and the line of an installed package that his line has called."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import costmodel
from costmodel.errors import CostModelError
from costmodel.tracing import blame
from tests.tracing.networks import Small

LIBRARY = """
from torch import nn

class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x):
        y = self.layer(x)
        if y.sum() > 0:
            y = y * 2
        return self.end(y)

    def end(self, y):
        raise KeyError("lost")
"""
USER = """
from torch import nn
from headlib.head import Head

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = Head()

    def forward(self, x):
        return self.head(x)
"""


@pytest.mark.parametrize(
    ("library", "said"),
    [
        (LIBRARY, r"net\.py:11 \(in headlib's head\.py:11\): the forward pass asks for a tensor's value"),
        (LIBRARY.replace("y.sum() > 0", "y.dim() > 9"), r"net\.py:11 \(in headlib's head\.py:16\).*lost"),
        (LIBRARY.replace("nn.Linear(4, 3)", "nn.Linear(4)"), r"net\.py:8 \(in headlib's head\.py:7\).*out_features"),
    ],
)
def test_a_library_is_named_beside_the_users_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, said: str
) -> None:
    site = tmp_path / "site"
    (site / "headlib").mkdir(parents=True)
    (site / "headlib" / "head.py").write_text(library, encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(blame, "_PACKAGES", (str(site),))
    monkeypatch.setattr(blame, "_OTHERS", (*blame._OTHERS, str(site)))
    blame._owner.cache_clear()
    (tmp_path / "net.py").write_text(USER, encoding="utf-8")
    try:
        with pytest.raises(CostModelError, match=said):
            costmodel.analyze(f"{tmp_path / 'net.py'}:Net", input="4")
    finally:
        blame._owner.cache_clear()
        for name in [n for n in sys.modules if n.split(".")[0] == "headlib"]:
            del sys.modules[name]


def test_who_asks_for_a_trace_is_no_part_of_it() -> None:
    """A gradient scaler's question has no line of the user's: not that of this test, nor one of the command line."""
    analysis = costmodel.analyze(Small, input="3x8x8", batch=2, autocast="float16")
    (asked,) = [a for a in analysis.assumptions if "tensor's value" in a.what]
    assert asked.where == "torch"
