"""Files that cannot be imported as a whole, or would train: the model is reached, and what was left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest

import costmodel
from costmodel.errors import CostModelError
from costmodel.ir.analysis import Analysis

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
NET = """
class Net(nn.Module):
    def __init__(self, width=WIDTH):
        super().__init__()
        self.conv, self.head = nn.Conv2d(3, width, 3), nn.Linear(width, CLASSES)
    def forward(self, x):
        return self.head(F.relu(self.conv(x)).mean((2, 3)))
"""
SCRIPT = f"""from __future__ import annotations
import argparse
{HEAD}import matplotlib_of_nobody.pyplot as plt
from tensorboard_of_nobody import SummaryWriter, other
parser = argparse.ArgumentParser()
parser.add_argument("--width", type=int, default=24)
args = parser.parse_args()
writer = SummaryWriter()
data = torch.utils.data.DataLoader(Cifar("data", download=True), batch_size=4)
WIDTH, CLASSES = 8, 10
{NET}
net = Net(args.width).to(torch.device("cpu"))
net.load_state_dict(torch.load("weights.pt"))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(10**9):
    for x, y in data:
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
plt.plot([1, 2])
"""
PARAMETERS = {8: 8 * 27 + 8 + 8 * 10 + 10, 24: 24 * 27 + 24 + 24 * 10 + 10}


def _analysis(folder: Path, text: str, name: str = "", **files: str) -> Analysis:
    for file, content in files.items():
        (folder / f"{file}.py").write_text(content)
    (folder / "net.py").write_text(text)
    return costmodel.analyze(f"{folder / 'net.py'}{name}", input="3x8x8")


def test_a_training_script_gives_the_network_that_it_trains(tmp_path: Path) -> None:
    analysis = _analysis(tmp_path, SCRIPT)
    assert analysis.totals.parameters == PARAMETERS[24]
    said = [(a.where, a.what) for a in analysis.assumptions if a.where.startswith("net.py")]
    assert said == [
        ("net.py", "only what the models need of the file is run: line 12 downloads"),
        ("net.py:6", "left out: ModuleNotFoundError: No module named 'matplotlib_of_nobody'"),
        ("net.py:7", "left out: ModuleNotFoundError: No module named 'tensorboard_of_nobody'"),
    ]


TOP = HEAD + "WIDTH, CLASSES = 8, 10\n"
REACHED = {
    "an import before it": HEAD + "import nothing_of_this_name\nWIDTH, CLASSES = 8, 10\n" + NET,
    "a statement behind it": TOP + NET + "open('gone.csv')\n",
    "an exit": TOP + "import sys\nsys.exit(3)\n" + NET,
    "a syntax of the shell": TOP + "import os\nos.listdir('/gone')\n" + NET,
    "a loop that trains": TOP + NET + "net = Net()\nwhile True: net(torch.ones(1, 3, 8, 8)).sum().backward()\n",
    "a function that trains": TOP + NET + "def go(net):\n    while True: net(1).backward()\ngo(Net())\n",
    "a constant below": HEAD + NET.replace("width=WIDTH", "width=8") + "CLASSES = 10\nopen('gone')\n",
    "a constant that is computed": HEAD + "import math\nopen('gone')\nWIDTH = int(math.sqrt(64))\nCLASSES = 10\n" + NET,
    "a question": TOP + "name = input('who? ')\n" + NET,
    "alternatives": TOP + "open('gone')\ntry:\n    import nobody as L\nexcept ImportError:\n    L = nn\n"
    + NET.replace("nn.Conv2d", "L.Conv2d"),
    "a star": HEAD + "from sizes import *\nopen('gone')\n" + NET,
}  # fmt: skip


@pytest.mark.parametrize("case", REACHED)
def test_the_class_is_reached(tmp_path: Path, case: str) -> None:
    analysis = _analysis(tmp_path, REACHED[case], ":Net", sizes="WIDTH, CLASSES = 8, 10\n")
    assert analysis.totals.parameters == PARAMETERS[8]
    assert any(a.what.startswith("only what the models need of the file is run") for a in analysis.assumptions)


def test_a_neighbour_that_fails_is_reached_too(tmp_path: Path) -> None:
    sizes = "import nothing_of_this_name\nWIDTH, CLASSES = 8, 10\nraise RuntimeError('no data')\n"
    analysis = _analysis(tmp_path, HEAD + "from sizes import WIDTH, CLASSES\n" + NET, ":Net", sizes=sizes)
    assert analysis.totals.parameters == PARAMETERS[8]
    assert [a.where for a in analysis.assumptions if "left out" in a.what] == ["sizes.py:1"]


CHANGED = {
    # what a reader does not see through is run: the network has 24 channels in plain Python too
    "a text": "exec('WIDTH = 24')\n",
    "the names of the file": "globals()['WIDTH'] = 24\n",
    "a function with a global": "def widen():\n    global WIDTH\n    WIDTH = 24\nwiden()\n",
    "a function that runs a text": "def widen(): exec('WIDTH = 24', globals())\nwiden()\n",
    "a neighbour's object": "import sizes\nsizes.store.update(width=24)\nWIDTH = sizes.store['width']\n",
    "an imported object": "from sizes import store\nstore.update(width=24)\nWIDTH = store['width']\n",
    "a neighbour's variable": "import sizes\nsizes.width = 24\nWIDTH = sizes.width\n",
    "the environment": "import os\nos.environ['WIDTH_OF_A_TEST'] = '24'\nWIDTH = int(os.environ['WIDTH_OF_A_TEST'])\n",
    "an alternative": "if 1:\n    exec('WIDTH = 24')\n",
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_reading_does_not_see_through_is_run(tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that trains, never reached, must not let a smaller network be judged."""
    monkeypatch.delenv("WIDTH_OF_A_TEST", raising=False)
    text = TOP + "if 0: WIDTH.backward()\n" + CHANGED[case] + NET
    analysis = _analysis(tmp_path, text, ":Net", sizes="store, width = {'width': 8}, 8\n")
    assert analysis.totals.parameters == PARAMETERS[24]
    assert any(a.what.startswith("only what the models need of the file is run") for a in analysis.assumptions)


FAILS = {
    "a module that the model uses": (HEAD + "import nobody as nn\n" + NET, r"net\.py:4.*No module named 'nobody'"),
    "a layer of it": (TOP + "from nobody import Layer\n" + NET.replace("nn.Linear", "Layer"), r"net\.py:5.*'nobody'"),
    "a size from a file": (
        HEAD + "import json\nWIDTH = json.load(open('gone.json'))['width']\nCLASSES = 10\n" + NET,
        r"net\.py:5.*gone\.json",
    ),
    "a size that is set again": (TOP + "WIDTH = int(open('gone').read())\n" + NET, r"net\.py:5.*'gone'"),
    "a change of the model": (TOP + NET + "net = Net()\nnet.head = nn.Linear(8, len(open('gone').read()))\n", "gone"),
    "nothing to reach": ("import nobody\n", "No module named 'nobody'"),
}


@pytest.mark.parametrize("case", FAILS)
def test_what_the_model_needs_and_is_not_there_is_named(tmp_path: Path, case: str) -> None:
    """Never a model with another size or another layer in place of what failed."""
    text, words = FAILS[case]
    with pytest.raises(CostModelError, match=words):
        _analysis(tmp_path, text, ":net" if "net = " in text else ":Net")


def test_the_command_line_of_a_script_is_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["costmodel", "analyze", "--width", "99"])
    text = TOP + "import sys\nassert len(sys.argv) == 1 and sys.argv[0].endswith('net.py')\n" + NET
    analysis = _analysis(tmp_path, text, ":Net")
    assert not [a for a in analysis.assumptions if a.where.startswith("net.py")]


def test_what_hangs_on_the_installed_modules_is_not_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTMODEL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "net.py").write_text(REACHED["an import before it"])
    first = costmodel.analyze(f"{tmp_path / 'net.py'}:Net", input="3x8x8", cache=True)
    (tmp_path / "nothing_of_this_name.py").write_text("")
    second = costmodel.analyze(f"{tmp_path / 'net.py'}:Net", input="3x8x8", cache=True)
    assert (len(first.assumptions) > len(second.assumptions), first.totals) == (True, second.totals)


TRAINING = """
def train(model, optimizer, epochs=3):
    losses = []
    for _ in range(epochs):
        for x, y in loader_of_nobody:
            model.train()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return RETURNED
def built(width, epochs=3):
    model = Net(width).cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader_of_nobody:
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model
"""
TRAINED = {
    "net = train(net, optimizer, epochs=25)": "model",
    "net, losses = train(net, optimizer)": "model, losses",
    "losses, net = train(net, optimizer)": "losses, model",
    "net = train(optimizer=optimizer, model=net)": "model",
}


@pytest.mark.parametrize("call", TRAINED)
def test_a_function_that_trains_a_network_and_gives_it_back_is_not_run(tmp_path: Path, call: str) -> None:
    """As the tutorials have it: ``model_ft = train_model(model_ft, criterion, optimizer_ft, scheduler)``."""
    head = HEAD + "WIDTH, CLASSES = 8, 10\n" + NET + TRAINING.replace("RETURNED", TRAINED[call])
    made = "net = Net(24)\nnet.head = nn.Linear(24, 2)\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\n"
    assert _analysis(tmp_path, head + made + call).totals.parameters == 24 * 27 + 24 + 24 * 2 + 2


def test_a_function_that_builds_and_trains_a_network_only_builds_it(tmp_path: Path) -> None:
    text = HEAD + "WIDTH, CLASSES = 8, 10\n" + NET + TRAINING.replace("RETURNED", "model") + "best = built(24)\n"
    assert _analysis(tmp_path, text).totals.parameters == PARAMETERS[24]


def test_a_function_that_trains_another_network_than_it_gets_is_no_bystander(tmp_path: Path) -> None:
    text = HEAD + "WIDTH, CLASSES = 8, 10\n" + NET + TRAINING.replace("RETURNED", "model")
    text += "net = Net(8)\noptimizer = torch.optim.SGD(net.parameters(), lr=0.1)\nnet = train(net, optimizer)\n"
    more = text.replace("losses = []\n", "model = nn.Sequential(model, nn.Linear(10, 2))\n", 1)
    assert (
        _analysis(tmp_path, more.replace("losses.append(loss.item())", "pass")).totals.parameters == PARAMETERS[8] + 22
    )
    text = text.replace("losses = []\n", "losses = []; model.head = nn.Linear(8, 2)\n", 1)
    with pytest.raises(CostModelError, match=r"net is not there: .*loader_of_nobody"):
        _analysis(tmp_path, text)


def test_a_question_at_the_keyboard_is_an_error_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HEAD + "CLASSES = 10\nWIDTH = int(input('width? '))\n" + NET + "net = Net()\n"
    with pytest.raises(CostModelError, match=r"net\.py:5: EOFError: input\(\) asks at the keyboard"):
        _analysis(tmp_path, text)
    assert "width?" not in capsys.readouterr().out


def test_a_logger_that_is_not_there_has_changed_nothing_that_it_was_to_be_given(tmp_path: Path) -> None:
    text = (
        "import argparse\nimport logger_of_nobody\n" + HEAD + "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--width', type=int, default=24)\nargs = parser.parse_args()\n"
        "print(vars(args), locals())\nlogger_of_nobody.init(config=vars(args))\n"
        "logger_of_nobody.config.update(args)\nWIDTH, CLASSES = 8, 10\n"
    )
    text += NET + "net = Net(args.width)\nlogger_of_nobody.watch(net)\n"
    assert _analysis(tmp_path, text).totals.parameters == PARAMETERS[24]
    filled = text.replace("WIDTH, CLASSES = 8, 10\n", "WIDTH, CLASSES = 8, 10\nvars(args)['width'] = 8\n")
    assert _analysis(tmp_path, filled).totals.parameters == PARAMETERS[8]


def test_a_network_that_is_loaded_after_its_training_is_the_one_that_was_built(tmp_path: Path) -> None:
    text = SCRIPT + "with open('best.pt', 'rb') as file:\n    net = torch.load(file)\n    net.eval()\n"
    assert _analysis(tmp_path, text).totals.parameters == PARAMETERS[24]


def test_a_step_that_looks_at_its_variables_is_a_training_all_the_same(tmp_path: Path) -> None:
    """A function that hands ``locals()`` on changes nobody's variables."""
    text = (
        HEAD
        + "WIDTH, CLASSES = 8, 10\n"
        + NET
        + TRAINING.replace("RETURNED", "None").replace("losses = []", "print(locals())")
    )
    text += "if __name__ == '__main__':\n    net = Net(24)\n    train(net, None)\n"
    assert _analysis(tmp_path, text.replace("losses.append(loss.item())", "pass")).totals.parameters == PARAMETERS[24]


def test_a_network_whose_layers_are_all_those_of_other_files(tmp_path: Path) -> None:
    """A file is named, and builds a class of a package beside it that has no layer of torch's own."""
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "__init__.py").write_text("from .whole import Whole\n")
    (tmp_path / "unet" / "parts.py").write_text(HEAD + "WIDTH, CLASSES = 8, 10\n" + NET)
    (tmp_path / "unet" / "whole.py").write_text(
        "from .parts import *\nclass Whole(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.body = (Net(24))\n    def forward(self, x):\n        return self.body(x)\n"
    )
    text = HEAD + "import logger_of_nobody\nfrom unet import Whole\nif __name__ == '__main__':\n    model = Whole()\n"
    assert _analysis(tmp_path, text).totals.parameters == PARAMETERS[24]


REQUIRING = f"""import argparse
{HEAD}WIDTH, CLASSES = 8, 10
{NET}
parser = argparse.ArgumentParser()
parser.add_argument("-w", "--width", type=int, required=True)
parser.add_argument("--wide", action="store_true")
"""
ASKED = ("args = parser.parse_args()", "net = Net(2 * args.width if args.wide else args.width)")
ASKED_AT_THE_TOP = REQUIRING + "\n".join(ASKED)
ASKED_UNDER_MAIN = REQUIRING + "if __name__ == '__main__':\n    " + "\n    ".join(ASKED)


@pytest.mark.parametrize("text", [ASKED_AT_THE_TOP, ASKED_UNDER_MAIN], ids=["at the top level", "under main"])
def test_a_script_gets_the_command_line_that_is_given_for_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(text)
    for words, width in (("-w 24", 24), ("--width=4 --wide", 8), ("--wide --width '12'", 24)):
        analysis = costmodel.analyze(str(file), input="3x8x8", script_args=words)
        assert (analysis.totals.parameters, analysis.assumptions) == (PARAMETERS[width], ())
    (tmp_path / "recipe.yaml").write_text("model: net.py\ninput: 3x8x8\nscript_args: --width 24\n")
    for recipe in (tmp_path, tmp_path / "recipe.yaml"):  # which names the file, and no object in it
        assert costmodel.analyze(str(recipe)).totals.parameters == PARAMETERS[24]
    for words, why in (("--wide", "asks for it"), ("--width a", "invalid int value"), ("-w 8 --hide", "unrecognized")):
        with pytest.raises(CostModelError, match=why):
            costmodel.analyze(str(file), input="3x8x8", script_args=words)
    with pytest.raises(CostModelError, match=r"script_args: .*No closing quotation"):
        costmodel.analyze(str(file), input="3x8x8", script_args="--width '8")


LONG_RUN = """
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x, y in loader_of_nobody():
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
"""
STACK = "net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, 10))\n" + LONG_RUN
CONV = "layers.append(nn.Conv2d(c, w, 3))\n    c = w\n"
BUILT = {
    "a turn that is left out": (
        f"layers, c = [], 3\nfor i, w in enumerate((8, 16, 32)):\n    if i == 1:\n        continue\n    {CONV}{STACK}",
        3 * 8 * 9 + 8 + 8 * 32 * 9 + 32 + 330,
    ),
    "a loop that a break ends": (
        f"layers, c, w = [], 3, 8\nwhile True:\n    {CONV}    if len(layers) == 2:\n        break\n{STACK}",
        3 * 8 * 9 + 8 + 8 * 8 * 9 + 8 + 90,
    ),
    "options that the loader of the data sets": (
        "class O:\n    w = 8\ndef load(o):\n    o.w = 16\n    return torch.utils.data.DataLoader([1])\n"
        f"layers, o = [], O()\ndata = load(o)\nlayers.append(nn.Conv2d(3, o.w, 3))\nc = o.w\n{STACK}",
        3 * 16 * 9 + 16 + 170,
    ),
    "a training without an end that stores into the network": (
        "net = nn.Linear(3, 10)\nwhile True:\n    net.sync = True\n"
        "    F.cross_entropy(net(load_of_nobody()), y).backward()\n"
        "    if step > 10:\n        break\n",
        40,
    ),
    "a constant as a parameter of another type, and one that a graph holds": (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.scale = nn.Parameter(torch.tensor(0.1))\n        self.w = nn.Parameter(torch.ones(3, 4))\n"
        "        self.twice = self.w * 2\n    def forward(self, x):\n        return (x @ self.w) * self.scale\n"
        f"net = Net().double().to('cuda').float()\n{LONG_RUN}",
        13,
    ),
}


@pytest.mark.parametrize("case", BUILT)
def test_the_network_is_the_one_that_the_script_would_build(tmp_path: Path, case: str) -> None:
    text, parameters = BUILT[case]
    (tmp_path / "net.py").write_text(HEAD + text)
    wanted = "3x8x8" if "Conv2d" in text else "3"
    assert costmodel.analyze(tmp_path / "net.py", input=wanted).totals.parameters == parameters


def test_what_a_star_brings_is_there(tmp_path: Path) -> None:
    constants = (
        f"import os\nfrom writer_of_nobody import Writer\nwriter = Writer()\nHERE = os.path.join('a', 'b')\n{HEAD}"
    )
    constants += "device = torch.device('cuda')\nWIDTH = 24\nCLASSES = 10\n"
    text = f"{HEAD}from constants import *{NET}net = Net().to(device)\nprint(HERE)\n{LONG_RUN}"
    assert _analysis(tmp_path, text, constants=constants).totals.parameters == PARAMETERS[24]


def test_a_chain_of_what_is_missing_ends_with_the_first(tmp_path: Path) -> None:
    text = f"{HEAD}import lost_of_nobody as lost\na = lost.a\nb = a + 1\nc = b + 1\nnet = nn.Linear(8, c)\n"
    (tmp_path / "net.py").write_text(text + LONG_RUN)
    with pytest.raises(
        CostModelError, match=r"^net is not there: net\.py:8: lost is not there: net\.py:4: [^:]*: [^:]*$"
    ):
        costmodel.analyze(tmp_path / "net.py", input="8")
