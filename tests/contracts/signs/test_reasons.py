"""Each sign with its place and its reason written out, and what looks like one and is none."""

from __future__ import annotations

import pytest

from costmodel.ir.verdict import Outcome
from tests.contracts.conftest import Check


def reasons(check: Check, kind: str, code: str, **more: object) -> list[str]:
    """Of one program, without the sentence around them."""
    finding = check({"a.py": f"{code}\n"}, forbidden=[{"rule": "r", "kind": kind, "source": "x", **more}])
    if finding.outcome is Outcome.PASS:
        return []
    return finding.because.removeprefix("a person has to look at ").split("; ")


LONG = "n" * 70

PRETRAINED = [
    ("import torch\ntorch.hub.load('a', 'b')", "a.py:2: torch.hub.load() loads weights"),
    ("import torch\ntorch.hub.load('a', 'b', pretrained=False, weights=None)", None),
    ("import torch\ntorch.hub.load('a', 'b', pretrained=False, weights='x')", "a.py:2: torch.hub.load() loads weights"),
    ("import torch\ntorch.hub.list('a')\ntorch.hub.help('a')\ntorch.hub.get_dir()", None),
    ("import huggingface_hub as h\nh.list()", None),
    ("import huggingface_hub as h\nh.snapshot_download('a')", "a.py:2: huggingface_hub.snapshot_download() loads weights"),  # noqa: E501
    ("net.load_from_hub('a')", "a.py:1: net.load_from_hub() loads weights"),
    ("build().from_pretrained('a')", "a.py:1: from_pretrained() loads weights"),
    ("build(pretrained=True)", "a.py:1: pretrained=True"),
    ("build(pretrained_backbone=flag)", "a.py:1: pretrained_backbone=flag"),
    ("build(use_pretrained=1)", "a.py:1: use_pretrained=1"),
    ("build(pretrained=0)\nbuild(pretrained=None)\nbuild(pretrained='')\nbuild(other=True)", None),
    (f"build(pretrained={LONG})", f"a.py:1: pretrained={LONG[:60]}"),
    ("build(checkpoint_path='a.pt')", "a.py:1: checkpoint_path='a.pt'"),
    ("build(checkpoint_path='')", None),
    ("import timm\ntimm.create_model('a', weights=given)", "a.py:2: weights=given"),
    ("from torchvision import models\nmodels.a(weights_backbone='b')", "a.py:2: weights_backbone='b'"),
    ("from keras.applications import VGG16\nVGG16(weights='imagenet')", "a.py:2: weights='imagenet'"),
    ("build(weights=W.IMAGENET1K_V1)", "a.py:1: weights=W.IMAGENET1K_V1"),
    ("build(weights=A_Weights.X)", "a.py:1: weights=A_Weights.X"),
    ("build(weights=W.COCO_V1)\nbuild(weights=w)", "a.py:1: weights=W.COCO_V1"),
    ("build(weights=W.KINETICS400)", "a.py:1: weights=W.KINETICS400"),
    ("import torch\ntorch.mean(weights=DEFAULT)", None),
    ("import torchvision\ntorchvision.models.a(x, y)", "a.py:2: torchvision.models.a(x): the first argument was pretrained"),  # noqa: E501
    (f"import torchvision\ntorchvision.models.a({LONG})",
     f"a.py:2: torchvision.models.a({LONG[:40]}): the first argument was pretrained"),
    ("import torchvision\ntorchvision.models.a(True, None)",
     "a.py:2: torchvision.models.a(True): the first argument was pretrained"),
    ("import torchvision\ntorchvision.models.a(None, True)", None),
    ("import torchvision\ntorchvision.models.a()\ntorchvision.models.a(False)\ntorchvision.ops.a(x)", None),
    ("from keras.applications import VGG16\nVGG16()",
     "a.py:2: keras.applications.VGG16() has weights='imagenet' where nothing is said"),
    ("from keras.applications import vgg16\nvgg16()\nfrom keras.layers import Dense\nDense()", None),
    ("x = {'pretrained': True}", "a.py:1: 'pretrained': True"),
    (f"x = {{'a': 1, 'pretrained': {LONG}}}", f"a.py:1: 'pretrained': {LONG[:60]}"),
    ("x = {'pretrained': False, 'a': True, **more}", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "reason"), PRETRAINED)
def test_pretrained_weights(check: Check, code: str, reason: str | None) -> None:
    assert reasons(check, "pretrained", code) == ([] if reason is None else [reason])


def test_files_that_may_hold_weights(check: Check) -> None:
    rule = {"forbidden": [{"rule": "r", "kind": "pretrained", "source": "x", "checkpoint_bytes": 2000}]}
    finding = check(
        {"a.py": "", "big.txt": "x" * 2000, "small.txt": "x" * 1999, "w.PT": "x" * 1200, "z.zip": ""}, **rule
    )
    assert finding.because == (
        "a person has to look at big.txt: has 2,000 bytes, enough for weights; w.PT: may hold weights (1,200 bytes); "
        "z.zip: may hold weights (0 bytes)"
    )
    suffixes = (
        "pt", "pth", "ckpt", "bin", "safetensors", "h5", "hdf5", "keras", "onnx", "pkl", "pickle", "npz", "npy", "pb",
        "tflite", "msgpack", "joblib", "caffemodel", "gguf", "pt2", "zip", "tar", "gz", "tgz", "bz2", "xz", "7z", "rar",
        "zst",
    )  # fmt: skip
    every = check({"a.py": "", **{f"w.{suffix}": "" for suffix in suffixes}}, **rule)
    assert every.measured == 29 == len(suffixes)


NETWORK = [
    ("import requests.adapters", "a.py:1: imports requests.adapters"),
    ("import requests_mock, http, urllib.parse", None),
    ("import os, socket", "a.py:1: imports socket"),
    ("from urllib import parse, request", "a.py:1: imports urllib.request"),
    ("from .requests import a", None),
    ("__import__('ssl')", "a.py:1: imports ssl"),
    ("import importlib\nimportlib.import_module('os')", None),
    ("import os\nos.system('cd x && wget y')", "a.py:2: os.system() runs wget"),
    ("import os\nos.popen('git  clone a')", "a.py:2: os.popen() runs git  clone"),
    ("import os\nos.system('git status')", None),
    ("import subprocess as s\ns.run(['pip', 'install', 'a'])", "a.py:2: subprocess.run() runs pip install"),
    ("import subprocess as s\ns.run(['python3', '-m', 'pip', 'install', 'a'])",
     "a.py:2: subprocess.run() runs python3 -m pip install"),
    ("import subprocess as s\ns.run([f'curl {a}'])", "a.py:2: subprocess.run() runs curl"),
    ("import subprocess as s\ns.run(command)", "a.py:2: subprocess.run() runs a command that is computed"),
    ("import subprocess as s\ns.run(['ls'])\ns.Popen(['ls']).wait()\ns.run('my-wget')", None),
    ("load(download=True)", "a.py:1: download=True"),
    ("load(download=given)", "a.py:1: download=given"),
    (f"load(download={LONG})", f"a.py:1: download={LONG[:40]}"),
    ("load(download=False)\nload(upload=True)", None),
    ("from torchvision.datasets.utils import download_url\ndownload_url(a, b)", "a.py:2: download_url() downloads"),
    ("x().load_dataset('a')", "a.py:1: load_dataset() downloads"),
    ("import torch\ntorch.hub.load('a', 'b')", "a.py:2: torch.hub.load() downloads"),
    ("import torch\ntorch.hub.load('a', 'b', source='local')\ntorch.hub.set_dir('a')\ntorch.hub.get_dir()", None),
    ("import torch\ntorch.hub.load('a', 'b', source='github')", "a.py:2: torch.hub.load() downloads"),
    ("import torch\nf = torch.hub.list\nf = torch.hub.help\nf('a')", "a.py:4: torch.hub.help() downloads"),
    ("read('s3://a/b')", "a.py:1: passes an address, 's3://a/b'"),
    (f"read('HTTP://{LONG}')", f"a.py:1: passes an address, 'HTTP://{LONG[:53]}'"),
    ("read(['x', 'hf://a'])", "a.py:1: passes an address, 'hf://a'"),
    ("read(lambda: 'http://a')\nx = 'http://a'\nread('xhttp://a')", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "reason"), NETWORK)
def test_network_use(check: Check, code: str, reason: str | None) -> None:
    assert reasons(check, "network", code) == ([] if reason is None else [reason])


LABELS = [
    ("open('data/Solution.CSV')", "a.py:1: names 'data/Solution.CSV'"),
    (r"open('data\\y_test.npy')", r"a.py:1: names 'data\\y_test.npy'"),
    (f"open('{LONG}/y_test')", f"a.py:1: names '{LONG[:60]}'"),
    ("open('y_test" + "x" * 293 + "')", "a.py:1: names 'y_test" + "x" * 54 + "'"),
    ("open('y_test" + "x" * 294 + "')", None),
    ("'''y_test.npy'''\ndef f():\n  '''solution.csv'''\nopen('train.csv')", None),
    ("from torchvision.datasets import MNIST\nMNIST('d', train=False)",
     "a.py:2: torchvision.datasets.MNIST(train=False) has the test labels"),
    ("from torchvision.datasets import SVHN\nSVHN('d', split='test')",
     "a.py:2: torchvision.datasets.SVHN(split='test') has the test labels"),
    ("from torchvision.datasets import A\nA('d', split='val_test')",
     "a.py:2: torchvision.datasets.A(split='val_test') has the test labels"),
    ("from torchvision.datasets import MNIST\nMNIST('d', False)",
     "a.py:2: torchvision.datasets.MNIST(…, False) has the test labels"),
    ("from torchvision.datasets import A\nA('d', True)\nA('d', split='train')\nA('d', train=0)\nA(False)\nA('d', 0)", None),  # noqa: E501
    ("MNIST('d', train=False)", None),
    ("from keras.datasets import mnist\nimport keras\nkeras.datasets.mnist.load_data()",
     "a.py:3: keras.datasets.mnist.load_data() gives the test labels too"),
    ("mine.load_data()", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "reason"), LABELS)
def test_labels_of_the_test_set(check: Check, code: str, reason: str | None) -> None:
    assert reasons(check, "test_labels", code) == ([] if reason is None else [reason])


def test_lines_for_the_shell(check: Check) -> None:
    cells = [f"!echo {LONG}; wget a\\n!ls\\n!pip install timm", f"x = 1\\n!cp {LONG} data/y_test.npy"]
    text = '{"cells": [' + ", ".join(f'{{"cell_type": "code", "source": "{cell}"}}' for cell in cells) + "]}"
    network = check({"n.ipynb": text}, forbidden=[{"rule": "r", "kind": "network", "source": "x"}])
    assert network.because == (
        f"a person has to look at n.ipynb cell 1, line 1: the shell runs '!echo {LONG[:54]}'; "
        "n.ipynb cell 1, line 3: the shell runs '!pip install timm'"
    )
    labels = check({"n.ipynb": text}, forbidden=[{"rule": "r", "kind": "test_labels", "source": "x"}])
    assert labels.because == f"a person has to look at n.ipynb cell 2, line 2: the shell names '!cp {LONG[:56]}'"
