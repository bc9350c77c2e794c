"""What of a file is run for its models, where importing the whole is not the way: as notebooks of a course have it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from costmodel.tracing.reading.classes import Classes
from costmodel.tracing.reading.needed import needed_statements
from costmodel.tracing.reading.presented import Reader
from costmodel.tracing.reading.source import Project

NET = "from torch import nn\nnet = nn.Linear(width, 4)\n"
TRAINS = "for i, (x, y) in enumerate(loader):\n    loss = f(net(x), y)\n    loss.backward()\n"
CASES = {
    "a loop that binds the name of a comprehension's variable": (
        "width = 3\n" + NET + TRAINS + "kinds = ['conv', 'fc']\nplaces = [i for i, kind in enumerate(kinds)]\n",
        "width = 3\nnet = nn.Linear(width, 4)",
    ),
    "a name that a later cell binds again": (
        "size = 3\nwidth = size\n" + NET + "size = profile(net)\nfor width in size:\n    print(width)\n",
        "size = 3\nwidth = size\nnet = nn.Linear(width, 4)",
    ),
    "a loop over the network that stores beside it": (
        "width = 3\n" + NET + "weights = {}\nfor name, w in net.named_parameters():\n    v = w.detach()\n"
        "    weights[name] = v.numpy()\n",
        "width = 3\nnet = nn.Linear(width, 4)",
    ),
    "a loop over the network that freezes it": (
        "width = 3\n" + NET + "for w in net.parameters():\n    v = w\n    v.requires_grad = False\n",
        "width = 3\nnet = nn.Linear(width, 4)\nfor w in net.parameters():\n    v = w\n    v.requires_grad = False",
    ),
    "what a function reads when it is called, assigned below it": (
        "def build():\n    return nn.Linear(width, 4)\nwidth = 3\nfrom torch import nn\nnet = build()\nwidth = width\n",
        "width = 3\nnet = build()\nwidth = width",
    ),
    "what a lambda reads when it is called": (
        "from torch import nn\nmake = lambda: nn.Linear(width, 4)\nwidth = 3\nnet = nn.Sequential(make())\n",
        "make = lambda: nn.Linear(width, 4)\nwidth = 3\nnet = nn.Sequential(make())",
    ),
    "what comes after the network and changes it": (
        "width = 3\n" + NET + "classes = 10\nnet.bias = nn.Parameter(z(classes))\nclasses = 5\n",
        "width = 3\nnet = nn.Linear(width, 4)\nclasses = 10\nnet.bias = nn.Parameter(z(classes))",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_run(tmp_path: Path, case: str) -> None:
    text, kept = CASES[case]
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    project = Project(tmp_path, [tmp_path / "net.py"])
    statements = needed_statements(Reader(Classes(project)), project.sources[0])
    shown = [ast.unparse(s) for s in statements if not isinstance(s, (ast.ImportFrom, ast.FunctionDef))]
    assert "\n".join(shown) == kept
