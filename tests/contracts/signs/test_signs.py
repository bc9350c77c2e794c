from __future__ import annotations

import json

import pytest

from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check


def rule(kind: str) -> dict[str, object]:
    return {"forbidden": [{"rule": kind, "kind": kind, "source": "the text"}]}


PRETRAINED = [
    "import torchvision\nm = torchvision.models.resnet18(pretrained=True)",
    "import torchvision.models as m\nf = m.resnet18\nf(pretrained=True)",
    "from torchvision import models as mm\nmm.resnet18(weights='DEFAULT')",
    "from torchvision.models import resnet18 as r\nr(True)",
    "from torchvision.models import resnet18, ResNet18_Weights as W\nresnet18(weights=W.IMAGENET1K_V1)",
    "import torch\nhub = torch.hub\nhub.load('a', 'b')",
    "from torch import hub as h\nload = h.load_state_dict_from_url\nload('x')",
    "import torch.utils.model_zoo as z\nz.load_url('u')",
    "from torch.utils.model_zoo import load_url as lu\nlu('u')",
    "import timm\ntimm.create_model('a', pretrained=True)",
    "import timm\ntimm.create_model('a', pretrained=flag)",
    "import timm\ntimm.create_model('a', checkpoint_path='w.pth')",
    "from functools import partial\nfrom timm import create_model as c\npartial(c, pretrained=True)()",
    "from transformers import AutoModel\nAutoModel.from_pretrained('a')",
    "model = build()\nmodel.from_pretrained('a')",
    "import torch\ngetattr(torch, 'hub').load('a', 'b')",
    "import importlib\nimportlib.import_module('torch.hub').load('a')",
    "kw = {'pretrained': True}\nbuild(**kw)",
    "from tensorflow.keras.applications import ResNet50\nResNet50()",
    "import huggingface_hub as hh\nhh.hf_hub_download('a')",
]


@pytest.mark.parametrize("code", PRETRAINED)
def test_pretrained_weights_are_a_flag_with_a_place(check: Check, code: str) -> None:
    finding = check({"net.py": f"{code}\n"}, **rule("pretrained"))
    assert finding.outcome is Outcome.UNDECIDED
    assert "net.py:" in finding.because
    assert finding.measured


NOT_PRETRAINED = [
    "import torchvision.models as m\nm.resnet18(pretrained=False)\nm.resnet18(weights=None)\nm.resnet18(False)",
    "import timm\ntimm.create_model('a', pretrained=False, checkpoint_path='')",
    "import random\nrandom.choices(a, weights=[1, 2])",
    "import torch\ntorch.utils.data.WeightedRandomSampler(weights=w, num_samples=3)",
    "# pretrained=True\n'''pretrained=True'''\nx = 'from_pretrained'",
    "loss = make_loss(weights=class_weights)",
    "model.eval()\ntorch.compile(model)",
    "from tensorflow.keras.applications import ResNet50\nResNet50(weights=None)",
]


@pytest.mark.parametrize("code", NOT_PRETRAINED)
def test_no_sign_of_pretrained_weights(check: Check, code: str) -> None:
    assert check({"net.py": f"import torch\n{code}\n"}, **rule("pretrained")).outcome is Outcome.PASS


HUB = "import torch\nm = torch.hub.load("


@pytest.mark.parametrize(
    ("code", "pretrained", "network"),
    [
        (f"{HUB}'pytorch/vision', 'resnet18', pretrained=False)", 0, 1),
        (f"{HUB}'pytorch/vision', 'resnet18', weights=None)", 0, 1),
        (f"{HUB}'pytorch/vision', 'resnet18', pretrained=True)", 1, 1),
        (f"{HUB}'pytorch/vision', 'resnet18', pretrained=given)", 1, 1),
        (f"{HUB}'pytorch/vision', 'resnet18')", 1, 1),
        (f"{HUB}'pytorch/vision', 'resnet18', pretrained=True).eval().to('cpu')", 1, 1),
        (f"{HUB}'folder', 'net', source='local')", 1, 0),
        ("from torch import hub\nhub.set_dir('d')", 0, 0),
        ("from torch.hub import load_state_dict_from_url as l\nl(address)", 1, 1),
        ("import torch.utils.model_zoo as z\nz.load_url('https://a/b.pth')", 1, 1),
    ],
)
def test_what_the_hub_gives_is_network_use_and_each_call_is_said_once(
    check: Check, code: str, pretrained: int, network: int
) -> None:
    found = [check({"net.py": f"{code}\n"}, **rule(kind)).measured for kind in ("pretrained", "network")]
    assert found == [pretrained, network]


def test_checkpoints_are_found_by_suffix_and_size(check: Check) -> None:
    finding = check({"a.py": "x = 1\n", "deep/w.PTH": b"1", "notes.txt": b"0" * 5_000_000}, **rule("pretrained"))
    assert finding.measured == 2
    assert "deep/w.PTH" in finding.because
    assert "notes.txt: has 5,000,000 bytes" in finding.because


NETWORK = [
    "import requests",
    "from urllib.request import urlopen as u",
    "import urllib.request as r",
    "from urllib import request",
    "import socket as s",
    "from huggingface_hub import snapshot_download",
    "import gdown",
    "__import__('requests').get('x')",
    "import importlib as i\ni.import_module('socket')",
    "import os\nos.system('wget http://a/b')",
    "import subprocess as sp\nsp.run(['curl', '-O', 'a'])",
    "from subprocess import check_call as c\nc('git clone a', shell=True)",
    "import subprocess\nsubprocess.run('pip install timm'.split())",
    "import os\nos.system(command)",
    "import pandas as pd\npd.read_csv('https://a/b.csv')",
    "from torchvision.datasets import CIFAR10\nCIFAR10('d', download=True)",
    "import torch\ntorch.hub.download_url_to_file(u, 'a')",
]


@pytest.mark.parametrize("code", NETWORK)
def test_network_use_is_a_flag_with_a_place(check: Check, code: str) -> None:
    finding = check({"net.py": f"{code}\n"}, **rule("network"))
    assert finding.outcome is Outcome.UNDECIDED
    assert "net.py:" in finding.because
    assert finding.measured


@pytest.mark.parametrize(
    "code",
    [
        "'''See https://example.org for wget'''\nimport urllib.parse\n",
        "from torchvision.datasets import CIFAR10\nCIFAR10('d', download=False)\n",
        "import subprocess\nsubprocess.run(['nvidia-smi', '-L'])\n",
        "import subprocess\nsubprocess.Popen(['nvidia-smi', '-L']).wait()\n",
        "from .requests import thing\n",
    ],
)
def test_no_sign_of_network_use(check: Check, code: str) -> None:
    assert check({"net.py": code}, **rule("network")).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "code",
    [
        "import pandas as pd\npd.read_csv('data/Solution.csv')",
        "open('y_test.npy')",
        "PATH = 'cifar/test_batch'",
        "import torchvision\nd = torchvision.datasets.CIFAR10('d', train=False)",
        "from torchvision.datasets import CIFAR10 as C\nC('d', False)",
        "from tensorflow.keras.datasets import cifar10\ncifar10.load_data()",
    ],
)
def test_test_labels_are_a_flag_with_a_place(check: Check, code: str) -> None:
    finding = check({"net.py": f"{code}\n"}, **rule("test_labels"))
    assert finding.outcome is Outcome.UNDECIDED
    assert "net.py:" in finding.because


def test_no_sign_of_test_labels(check: Check) -> None:
    code = "'''Never reads solution.csv'''\nfrom torchvision.datasets import CIFAR10\nCIFAR10('d', train=True)\n"
    assert check({"net.py": code}, **rule("test_labels")).outcome is Outcome.PASS


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells]})


def test_notebooks_are_read_cell_by_cell(check: Check) -> None:
    text = notebook("%matplotlib inline\nimport torch", "x = 1\n!wget http://a/b\n", "torch.hub.load('a')")
    finding = check({"n.ipynb": text}, **rule("network"))
    assert "n.ipynb cell 2, line 2: the shell runs '!wget http://a/b'" in finding.because
    bash = check({"n.ipynb": notebook("%%bash\ncurl -O a")}, **rule("network"))
    assert "n.ipynb cell 1, line 2" in bash.because


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.py", "def f(:\n", "a.py:1 is not valid Python"),
        ("a.py", "x = '\x00'\n", "a.py:1"),
        ("a.py", "-" * 100_000 + "1", "a.py:1"),
        ("a.py", "x = " + "(" * 5_000, "a.py:1"),
        ("a.py", b"\xff\xfe\xff", "a.py is too long, or not text"),
        ("a.ipynb", "{", "a.ipynb is not a notebook"),
        ("a.ipynb", '{"cells": [3]}', "a.ipynb is not a notebook"),
        ("a.ipynb", "[" * 100_000, "a.ipynb is not a notebook"),
        ("a.so", b"\x7fELF", "a.so is compiled"),
        ("a.py", "exec(code)\n", "a.py:1: exec() runs a text"),
        ("a.py", "import importlib\nimportlib.import_module(name)\n", "a.py:2"),
        ("a.py", "e = eval\ne('1')\n", "a.py:2: eval() runs a text"),
        ("readme.txt", "hello", "no Python program"),
    ],
)
def test_what_cannot_be_read_leaves_it_open(check: Check, name: str, content: str | bytes, said: str) -> None:
    finding = check({name: content}, **rule("network"))
    assert finding.outcome is Outcome.UNDECIDED
    assert said in finding.because
