"""A network that another run, or another machine, would not build is not judged; one that is the same there is."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from costmodel.errors import CostModelError

NET = """\
import datetime, os, random, time
import numpy as np
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4, pretrained=False):
        super().__init__()
        self.layer = nn.Linear(12, width)
    def forward(self, x):
        return self.layer(x)

class Other(Net):
    pass

"""
TRAINED = "\noptimizer = torch.optim.SGD(net.parameters(), 0.1)\n"
CHANCE, CLOCK = "chance decides it, and nothing seeds it", "a clock decides it"
MACHINE, PACKAGE = "by what the machine has", "by whether a package is installed"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("net = random.choice([Net, Other])()", CHANCE),
        ("width = np.random.randint(4, 64)\nmore = width * 2\nnet = Net(more)", CHANCE),
        ("net = (Net if time.time() % 2 < 1 else Other)()", CLOCK),
        ("net = Net(datetime.datetime.now().day)", CLOCK),
        (
            "if torch.cuda.device_count() > 3:\n    net = Net(8)\nelse:\n    net = Net(4)",
            rf"net\.py:17, net\.py:19 build .*{MACHINE}",
        ),
        ("many = os.cpu_count() > 3\nif many:\n    net = Net(8)\nelse:\n    net = Net(4)", MACHINE),
        ("net = Net(8) if torch.cuda.is_available() else Net(4)", f"the line builds one or another, {MACHINE}"),
        ("try:\n    import apex_\n    net = Net(8)\nexcept Exception:\n    net = Net(4)", PACKAGE),
        ("try:\n    net = apex_.Net(8)\nexcept ImportError:\n    net = Net(4)", PACKAGE),
    ],
)
def test_what_another_run_would_not_build_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(f"{NET}{text}{TRAINED}", encoding="utf-8")
    with pytest.raises(CostModelError, match=f"which model\\? .*{said}|which model\\? {said}"):
        costmodel.trace(tmp_path, input="12")


@pytest.mark.parametrize(
    "text",
    [
        "random.seed(0)\nnet = Net(random.choice([8, 8]))",
        "name = time.strftime('%Y')\nbegin = time.time()\nnet = Net(8)",
        "if torch.cuda.is_available():\n    net = Net(8).cuda()\nelse:\n    net = Net(8)",
        "if torch.cuda.device_count() > 1:\n    net = nn.DataParallel(Net(8))\nelse:\n    net = Net(8)",
        "try:\n    net = Net(8, pretrained=True)\nexcept ImportError:\n    net = Net(8)",
        "small = False\nif small:\n    net = Net(4)\nelse:\n    net = Net(8)",
        "net = Net(8) if len('ab') == 2 else Net(4)",
    ],
)
def test_what_every_run_builds_is_judged(text: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(f"{NET}{text}{TRAINED}", encoding="utf-8")
    trace = costmodel.trace(tmp_path, input="12").phases[0].trace
    assert sum(trace.tensors[parameter.tensor].meta.numel for parameter in trace.parameters) == 12 * 8 + 8
