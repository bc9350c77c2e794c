"""Models that ask for pretrained weights are built without them, and nothing is fetched from the network."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils import model_zoo

import costmodel
from costmodel.errors import CostModelError
from costmodel.ir.analysis import Analysis
from costmodel.tracing.modes.weights import NOT_READ, without_weights

HEAD = """import torch
from torch import nn
from torch.hub import load_state_dict_from_url
import torch.utils.model_zoo as model_zoo
class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8, classes)
    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))
def net(pretrained=True, classes=10):
    model = Net(classes)
    if pretrained:
        LOADING
    return model
"""
PARAMETERS = 8 * 27 + 8 + 8 * 10 + 10
LOADINGS = (
    "model.load_state_dict(load_state_dict_from_url('https://a.b/net.pth', progress=True))",
    "model.load_state_dict(model_zoo.load_url('https://a.b/net.pth'))",
    "model.load_state_dict(torch.hub.load_state_dict_from_url('https://a.b/n.pth'), strict=False)",
    "state = torch.load('best.pth')['model']; del state['fc.bias']; model.load_state_dict(state)",
    "state = torch.load('best.pth').get('model', {}); state['a'] = state.pop('b'); model.load_state_dict(state)",
    "state = {k.replace('module.', ''): v for k, v in torch.load('a/best.pt').items()}; model.load_state_dict(state)",
)


def _analysis(folder: Path, text: str) -> Analysis:
    (folder / "net.py").write_text(text)
    return costmodel.analyze(str(folder / "net.py"), input="3x8x8")


@pytest.mark.parametrize("loading", LOADINGS)
def test_a_network_is_built_without_the_weights_that_it_asks_for(tmp_path: Path, loading: str) -> None:
    analysis = _analysis(tmp_path, HEAD.replace("LOADING", loading) + "model = net()\n")
    assert analysis.totals.parameters == PARAMETERS
    assert [(a.where, a.what) for a in analysis.assumptions] == [("net.py:14", NOT_READ)]
    assert torch.hub.load_state_dict_from_url is vars(model_zoo)["load_url"]


def test_another_head_than_the_weights_have_is_that_of_the_network(tmp_path: Path) -> None:
    """As the tutorial has it; the layer that is put in is no network of its own."""
    text = (
        HEAD.replace("LOADING", LOADINGS[0]) + "model_ft = net()\nmodel_ft.fc = nn.Linear(model_ft.fc.in_features, 2)\n"
    )
    assert _analysis(tmp_path, text).totals.parameters == PARAMETERS - 90 + 18


def test_weights_that_are_there_are_read_as_ever(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "linear.pt")
    read = f"model.load_state_dict(torch.load({str(tmp_path / 'linear.pt')!r}))"
    with pytest.raises(CostModelError, match=r"net\.py:14: RuntimeError: .*loading state_dict"):
        _analysis(tmp_path, HEAD.replace("LOADING", read) + "model = net()\n")
    layer = read.replace("model.", "layer = nn.Linear(2, 2); layer.")
    assert not _analysis(tmp_path, HEAD.replace("LOADING", layer) + "model = net()\n").assumptions


def test_a_whole_model_in_a_file_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(CostModelError, match=r"whole\.pt is not there, and what it holds is not known"):
        _analysis(tmp_path, "import torch\nmodel = torch.load('whole.pt').eval()\n")


ZOOS = {
    "timm/__init__.py": "from timm.models._builder import create_model\n",
    "timm/models/__init__.py": "",
    "timm/models/_builder.py": (
        "from torch import nn\ndef load_pretrained(model, **_): raise OSError('asked')\n"
        "def create_model(name, pretrained=False):\n    model = nn.Sequential(nn.Flatten(), nn.Linear(192, 10))\n"
        "    if pretrained: load_pretrained(model)\n    return model\n"
    ),
    "transformers/__init__.py": (
        "from transformers.modeling_utils import PreTrainedModel\n"
        "class AutoConfig:\n    width, dtype = 8, None\n"
        "    @classmethod\n    def from_pretrained(cls, name, local_files_only=False):\n"
        "        if not local_files_only or name != 'here': raise OSError('asked')\n        return cls()\n"
        "    def update(self, options): vars(self).update(options)\n"
        "class Model(PreTrainedModel):\n    config_class = AutoConfig\n    def __init__(self, config):\n"
        "        super().__init__()\n        self.fc = nn.Linear(192, config.width)\n"
        "    def forward(self, x): return self.fc(x.flatten(1).to(self.fc.weight.dtype))\n"
        "from torch import nn\n"
    ),
    "transformers/modeling_utils.py": (
        "from torch import nn\nclass PreTrainedModel(nn.Module):\n    @classmethod\n"
        "    def from_pretrained(cls, name, **options): raise OSError('asked')\n"
        "    @classmethod\n    def _from_config(cls, config, dtype=None): return cls(config).to(dtype)\n"
    ),
}


def _zoos(folder: Path) -> None:
    for name, text in ZOOS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_zoos_build_from_what_describes_the_network(tmp_path: Path) -> None:
    """Small stand-ins for both packages; their own functions would ask the network."""
    _zoos(tmp_path)
    timm = _analysis(tmp_path, "import timm\nmodel = timm.create_model('a', pretrained=True)\n")
    assert (timm.totals.parameters, [a.what for a in timm.assumptions]) == (1930, [NOT_READ])
    head = "import torch\nfrom transformers import Model\n"
    theirs = _analysis(tmp_path, head + "model = Model.from_pretrained('here', width=4, dtype=torch.float64)\n")
    assert (theirs.totals.parameters, theirs.totals.parameter_bytes) == (4 * 193, 8 * 4 * 193)
    with pytest.raises(CostModelError, match=r"net\.py:3: OSError: the configuration of 'far' is not on this machine"):
        _analysis(tmp_path, head + "model = Model.from_pretrained('far')\n")


def test_what_is_no_weights_is_not_fetched_either(tmp_path: Path) -> None:
    text = "from urllib.request import urlopen\nfrom torch import nn\nLINES = urlopen('http://a.b/c').read()\n"
    with pytest.raises(CostModelError, match=r"net\.py:3: .*nothing is fetched from the network while a model is"):
        _analysis(tmp_path, text + "model = nn.Linear(len(LINES), 2)\n")


def test_another_thread_goes_on_with_the_network() -> None:
    found: list[object] = []
    with without_weights(lambda *_: None):
        with pytest.raises(OSError, match="nothing is fetched"):
            socket.getaddrinfo("127.0.0.1", 80)
        thread = threading.Thread(target=lambda: found.append(socket.getaddrinfo("127.0.0.1", 80)))
        thread.start()
        thread.join()
    assert found
    assert socket.getaddrinfo("127.0.0.1", 80)
