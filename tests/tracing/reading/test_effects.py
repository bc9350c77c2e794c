"""What is run of a script that trains builds the network that the whole would: each text is run both ways."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.needed import needed_statements
from costmodel.tracing.reading.presented import Reader
from costmodel.tracing.reading.source import Project

HEAD = """\
import functools
from contextlib import contextmanager
import torch
from torch import nn
class Net(nn.Module):
    width = 8
    def __init__(self, width=None):
        super().__init__()
        self.a = nn.Linear(8, width or self.width)
        self.fc = nn.Linear(8, 10)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(10, 10))])
    def forward(self, x):
        return self.fc(self.a(x))
class Options:
    width = 8
    def load(self):
        self.width = 64
        return self
def widen():
    W[0] = 64
def grow(m):
    if isinstance(m, Net):
        m.blocks.append(nn.Linear(10, 10))
def cut(m):
    m.fc = nn.Linear(8, 10, bias=False)
def prepare(m):
    cut(m)
@contextmanager
def wide():
    W[0] = 64
    yield
"""
TRAINING = """
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in loader_of_nobody():
    net(x).sum().backward()
    optimizer.step()
"""
BEFORE = r"""
W = [64, 8]; old = W.pop()
W = [8]; [W.append(w) for w in (16, 64)]
W = [8]; True and W.append(64)
W = [8]; list(map(W.append, [64]))
W = [64, 8]; W.sort()
W = [8]; assert W.append(64) is None
W = [16, 64, 8]\nwhile W.pop() != 64:\n    pass
W = [64, 8]\nif W.pop() == 8:\n    print('popped')
W = {-1: 8}; size = W.pop(-1); same = W.setdefault(-1, 64)
W = [8]; other = W; other.append(64)
W = [[8]]; W[-1:] = [[64]]\nfor w in W:\n    w[0] = 16\nW = W[-1]
W = [8]; widen()
W = [8]; done = widen()
W = [8]; functools.partial(widen)()
W = [8]\nwith wide():\n    pass
it = iter([8, 64]); first = next(it); W = [next(it)]
options = Options(); same = options.load(); W = [options.width]
options = Options(); o = options; o.width = 64; W = [options.width]
Net.width = 64; W = [None]
"""
AFTER = r"""
b = net.blocks; b.append(nn.Linear(10, 10))
b = net.blocks; b[0] = nn.Linear(10, 10, bias=False)
for blk in net.blocks:\n    blk.append(nn.Linear(10, 10))
for blk in net.blocks:\n    blk[0] = nn.Linear(10, 10, bias=False)
_ = net.blocks.pop(0)
prepare(net)
net.apply(grow)
net = net.apply(grow)
nn.utils.parametrizations.weight_norm(net.fc)
net._modules['fc'] = nn.Linear(8, 10, bias=False)
for p in net.fc.parameters():\n    p.requires_grad_(False)
"""


def _lines(text: str) -> list[str]:
    return [line.replace("\\n", "\n") for line in text.strip().splitlines()]


@pytest.mark.parametrize("where", [BEFORE, AFTER])
def test_what_is_run_builds_what_the_whole_builds(tmp_path: Path, where: str) -> None:
    wrong = []
    for line in _lines(where):
        text = f"{HEAD}{line}\nnet = Net(W[-1])\n" if where is BEFORE else f"{HEAD}net = Net(8)\n{line}\n"
        (tmp_path / "net.py").write_text(text + TRAINING)
        project = Project(tmp_path, [tmp_path / "net.py"])
        kept = ast.Module(needed_statements(Reader(Classes(project)), project.sources[0]), [])
        plain, built = _net_of(text), _net_of(ast.unparse(ast.fix_missing_locations(kept)))
        if plain == _net_of(f"{HEAD}net = Net(8)\n") or plain != built:
            wrong.append(line)
    assert not wrong


def test_a_training_is_not_run(tmp_path: Path) -> None:
    after = "losses = []\nnet.eval()\nlosses.append(net(torch.zeros(1, 8)).sum().float())\nout = net(x).float()\n"
    after += "for p in net.parameters():\n    print(p.shape)\n"
    (tmp_path / "net.py").write_text(f"{HEAD}net = Net(8)\n{TRAINING}{after}")
    project = Project(tmp_path, [tmp_path / "net.py"])
    kept = needed_statements(Reader(Classes(project)), project.sources[0])
    assert [ast.unparse(one) for one in kept][-1] == "net = Net(8)"


def _net_of(text: str) -> tuple[str, list[tuple[str, tuple[int, ...], bool]]]:
    space: dict[str, Any] = {"__name__": "net"}
    exec(compile(text, "net.py", "exec"), space)
    net: nn.Module = space["net"]
    return repr(net), [(n, tuple(p.shape), p.requires_grad) for n, p in net.named_parameters()]
