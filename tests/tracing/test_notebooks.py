"""A notebook is a subject as a script is; its cells have names, and one that fails loses nothing of the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import costmodel
from costmodel.errors import CostModelError

CELLS = (
    "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive/lab2\n!pip install torchsummary",
    "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom profiler import profile\n%pylab",
    "train_set = torchvision.datasets.CIFAR10('.', download=True)\nx, y = next(iter(train_set))",
    "WIDTH = 16\nclass Net(nn.Module):\n    def __init__(self, width=8):\n        super().__init__()\n"
    "        self.conv, self.head = nn.Conv2d(3, width, 3), nn.Linear(width, 10)\n"
    "    def forward(self, x):\n        return self.head(F.relu(self.conv(x)).mean((2, 3)))\n",
    "net = Net(WIDTH).cuda()\nprofile(net, (3, 32, 32))",
    "def train(net):\n    for epoch in range(10**9): net(x).sum().backward()\ntrain(net)",
    "for for",
)
PARAMETERS = 16 * 27 + 16 + 16 * 10 + 10


def _notebook(path: Path, *cells: str) -> Path:
    content = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": content}))
    return path


@pytest.mark.parametrize("name", ["", ":net"])
def test_the_network_that_a_lab_notebook_trains(tmp_path: Path, name: str) -> None:
    analysis = costmodel.analyze(f"{_notebook(tmp_path / 'lab.ipynb', *CELLS)}{name}", input="3x32x32")
    judged = analysis.subject.judged
    assert judged is not None
    assert (analysis.totals.parameters, judged.name, judged.file, judged.line) == (
        PARAMETERS,
        "Net",
        "lab.ipynb cell 4",
        2,
    )
    left_out = {a.where: a.what for a in analysis.assumptions if "left out" in a.what}
    assert set(left_out) == {"lab.ipynb cell 1, line 1", "lab.ipynb cell 2, line 4", "lab.ipynb cell 7"}
    assert "'google'" in left_out["lab.ipynb cell 1, line 1"]


def test_a_class_of_a_notebook_by_its_name(tmp_path: Path) -> None:
    file = _notebook(tmp_path / "lab.ipynb", *CELLS)
    assert costmodel.analyze(f"{file}:Net", input="3x32x32").totals.parameters == 8 * 27 + 8 + 8 * 10 + 10


def test_a_folder_with_a_notebook_and_the_courses_profiler(tmp_path: Path) -> None:
    (tmp_path / "profiler.py").write_text(
        "import torch\ndef profile(net, size):\n    return net(torch.ones(1, *size))\n"
    )
    _notebook(tmp_path / "lab.ipynb", *CELLS)
    verdict = costmodel.check(tmp_path, "mit-lab2-2022", facts={"error_rate_percent": 20})
    assert verdict.judged is not None
    assert (verdict.judged.file, verdict.judged.parameters) == ("lab.ipynb cell 4", PARAMETERS)


def test_what_a_notebook_imports_is_a_part_of_it_and_another_script_is_not(tmp_path: Path) -> None:
    """Layers in a file of their own, or a profiler with a class: the notebook's network is meant."""
    layers = "import torch\nclass Meter(torch.nn.Linear):\n    def __init__(self):\n        super().__init__(32, 4)\n"
    (tmp_path / "profiler.py").write_text(layers + "def profile(net, size):\n    return net(torch.ones(1, *size))\n")
    _notebook(tmp_path / "lab.ipynb", *CELLS)
    assert costmodel.analyze(tmp_path, input="3x32x32").totals.parameters == PARAMETERS
    (tmp_path / "profiler.py").unlink()
    (tmp_path / "lab.py").write_text(layers + "net = Meter()\n")
    judged = costmodel.analyze(tmp_path, phase="inference").subject.judged
    assert judged is not None
    assert judged.file == "lab.py"


def test_a_cell_that_is_no_python_is_named_where_there_is_no_model_without_it(tmp_path: Path) -> None:
    file = _notebook(tmp_path / "lab.ipynb", "import torch", "x = 1\nclass Net(torch.nn.Module)\n    pass\n")
    with pytest.raises(CostModelError, match=r"no nn\.Module class in lab\.ipynb \(cell 2: line 2: expected ':'\)"):
        costmodel.analyze(str(file))


def test_an_error_names_cell_and_line(tmp_path: Path) -> None:
    cells = [*CELLS[:3], CELLS[3].replace("width, 10)", "width, gone)"), *CELLS[4:]]
    file = _notebook(tmp_path / "lab.ipynb", *cells)
    with pytest.raises(CostModelError, match=r"lab\.ipynb cell 4, line 5: NameError: name 'gone'"):
        costmodel.analyze(f"{file}:Net", input="3x32x32")
    with pytest.raises(
        CostModelError, match=r"lab\.ipynb cell 5, line 1: lab\.ipynb cell 4, line 5: NameError: name 'gone'"
    ):
        costmodel.analyze(str(file), input="3x32x32")


def test_an_error_in_forward_names_cell_and_line(tmp_path: Path) -> None:
    cells = [*CELLS[:3], CELLS[3].replace("F.relu(", "F.relu(x.sum().item() * "), *CELLS[4:]]
    with pytest.raises(CostModelError, match=r"lab\.ipynb cell 4, line 7: .*asks for a tensor's value"):
        costmodel.analyze(f"{_notebook(tmp_path / 'lab.ipynb', *cells)}:Net", input="3x32x32")


def test_a_notebook_cut_off_is_refused_in_words(tmp_path: Path) -> None:
    file = _notebook(tmp_path / "lab.ipynb", *CELLS)
    file.write_text(file.read_text()[:300])
    for reference in (file, f"{file}:Net"):
        with pytest.raises(CostModelError, match=r"lab\.ipynb: no readable notebook"):
            costmodel.analyze(str(reference), input="3x32x32")


@pytest.mark.parametrize(
    "made",
    [
        "import net\nmodel = net.Net(16)",
        "from torch import nn\nimport net as n, json\nnet = nn.DataParallel(n.Net(width=16))",
        "if not found:\n    !wget x \\\n      -O y\nfrom net import *\nnet = Net(16)",
    ],
)
def test_a_module_that_a_cell_writes_and_another_imports_as_a_whole(tmp_path: Path, made: str) -> None:
    head = "%%writefile net.py\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
    file = _notebook(tmp_path / "lab.ipynb", head + CELLS[3], "!ls", made, "net.parameters(")
    analysis = costmodel.analyze(str(file), input="3x32x32")
    judged = analysis.subject.judged
    assert judged is not None
    assert (analysis.totals.parameters, judged.file, judged.line) == (PARAMETERS, "lab.ipynb cell 1", 6)


def test_a_module_that_a_cell_writes_is_there_for_later_cells(tmp_path: Path) -> None:
    """What ``%%writefile`` writes is a part of the notebook, also under another name."""
    block = (
        "%%writefile blocks.py\nfrom torch import nn\nclass Block(nn.Module):\n    def __init__(self, width):\n"
        "        super().__init__()\n        self.conv = nn.Conv2d(3, width, 3)\n"
        "    def forward(self, x):\n        return self.conv(x).mean((2, 3))\n"
    )
    net = (
        "import torch.nn as nn\nfrom blocks import (\n    Block as B,\n)\nclass Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.body, self.head = B(8), nn.Linear(8, 10)\n"
        "    def forward(self, x):\n        return self.head(self.body(x))\n"
    )
    file = _notebook(tmp_path / "lab.ipynb", block, net, "%%writefile notes.txt\nnot Python\n", "model = Net()")
    analysis = costmodel.analyze(str(file), input="3x8x8")
    assert analysis.totals.parameters == 8 * 27 + 8 + 8 * 10 + 10
    judged = analysis.subject.judged
    assert judged is not None
    assert (judged.name, judged.file, judged.line) == ("Net", "lab.ipynb cell 2", 5)
    layer = next(row for row in analysis.layers if row.layer == "body.conv")
    assert layer.macs.forward == 8 * 27 * 36
