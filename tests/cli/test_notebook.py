"""The magic of a notebook: it runs the cell, finds the network in it, and takes the options of check and analyze."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import costmodel
from costmodel import Analysis, Verdict
from costmodel.cli.notebook import load_ipython_extension

NET = """
import torch
from torch import nn
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
    def forward(self, x):
        return self.conv(x).relu()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block, self.fc = Block(), nn.Linear(4 * 26 * 26, 10)
    def forward(self, x):
        return self.fc(self.block(x).flatten(1))
class Settings:
    rate = 0.1
"""
PARAMETERS = 4 * 9 + 4 + 10 * 4 * 26 * 26 + 10

Magic = Callable[[str, str], Any]


@pytest.fixture
def magic() -> Magic:
    """The magic of a shell that only executes."""
    registered: dict[str, Magic] = {}
    namespace: dict[str, Any] = {"__name__": "__main__"}

    def run(cell: str) -> SimpleNamespace:
        try:
            exec(cell, namespace)
        except Exception:
            return SimpleNamespace(success=False)
        return SimpleNamespace(success=True)

    def register(function: Magic, kind: str, name: str) -> None:
        assert kind == "line_cell"
        registered[name] = function

    load_ipython_extension(SimpleNamespace(run_cell=run, user_ns=namespace, register_magic_function=register))
    return registered["costmodel"]


def test_the_last_network_of_the_cell_is_analyzed(magic: Magic, capsys: pytest.CaptureFixture[str]) -> None:
    found = magic("--input 1x28x28 --batch 8", NET)
    assert isinstance(found, Analysis)
    assert (found.totals.parameters, found.subject.batch) == (PARAMETERS, 8)
    assert capsys.readouterr() == ("", "")
    assert magic("Block --input 1x28x28 --phase inference", NET).totals.parameters == 40


def test_with_rules_it_is_checked(magic: Magic, capsys: pytest.CaptureFixture[str]) -> None:
    found = magic("--rules mit-lab2-2022 --input 1x28x28 --fact error_rate_percent=21.7", NET)
    assert isinstance(found, Verdict)
    finding = {f.rule: f for f in found.findings}["error rate"]
    assert finding.measured == 21.7
    assert capsys.readouterr() == ("", "")


def test_a_format_prints_and_returns_nothing(magic: Magic, capsys: pytest.CaptureFixture[str]) -> None:
    assert magic("--input 1x28x28 --format csv", NET) is None
    assert "forward,operations" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "cell", "said"),
    [
        ("", "x = 1", "defines no class of torch.nn.Module"),
        ("--rules nothing", NET, "unknown rulebook 'nothing'"),
        ("--rulse haet-2021", NET, "No such option"),
        ("--input 'a", NET, "No closing quotation"),
        ("--input 3x28x28", NET, "block.conv"),
    ],
)
def test_what_goes_wrong_is_one_line(
    magic: Magic, capsys: pytest.CaptureFixture[str], line: str, cell: str, said: str
) -> None:
    assert magic(line, cell) is None
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert magic(line, "raise RuntimeError") is None  # the notebook has shown that itself
    assert capsys.readouterr().err == ""


def test_the_package_is_an_extension_of_ipython() -> None:
    assert costmodel.load_ipython_extension is load_ipython_extension
    if importlib.util.find_spec("IPython") is None:
        pytest.skip("a real IPython: it is not installed")
    shell: Any = importlib.import_module("IPython.core.interactiveshell").InteractiveShell()
    shell.run_line_magic("load_ext", "costmodel")
    found = shell.run_cell_magic("costmodel", "--input 1x28x28", NET)
    assert found.totals.parameters == PARAMETERS
    assert found._repr_html_().count("<details") > 3
