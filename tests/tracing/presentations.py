"""Submissions as people write them, each with the model that its own code presents: (class, parameters), or the error.

Parameters are worked out by hand: ``Net`` of width w on ten classes has 28w + 10w + 10 = 38w + 10.
"""

from __future__ import annotations

HEAD = """import torch
import torch.nn as nn
import torch.nn.functional as F
"""
STEM = """
class Stem(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 10, 3, stride=4)
    def forward(self, x):
        return self.c(x).mean((2, 3))
"""
NET = """
class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.c = nn.Conv2d(3, width, 3, padding=1)
        self.f = nn.Linear(width, 10)
    def forward(self, x):
        return self.f(torch.relu(self.c(x)).mean((2, 3)))
"""
NEEDS = NET.replace("width=4", "width")
BLOCK = "import torch, torch.nn as nn\nclass Block(nn.Module):\n    def __init__(self, w=6):\n"
BLOCK += "        super().__init__()\n        self.c = nn.Conv2d(3, w, 3)\n"
BLOCK += "    def forward(self, x):\n        return self.c(x)\n"
OF_BLOCK = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.c = Block()\n"
OF_BLOCK += (
    "        self.f = nn.Linear(6, 10)\n    def forward(self, x):\n        return self.f(self.c(x).mean((2, 3)))\n"
)

DEFAULT, WIDE = ("Net", 162), ("Net", 2442)
OF_BLOCKS = ("Net", 238)
"""6·28 of the block's convolution, 7·10 of the linear layer."""

GIVEN: dict[str, tuple[dict[str, str], tuple[str, int] | str]] = {
    "depends on data": (
        {
            "net.py": HEAD
            + STEM
            + NET.replace("Net", "Big").replace(
                "        return", "        if x.sum() > 0:\n            x = x * 2\n        return"
            )
        },
        r"net\.py:Big fails: net\.py:\d+: the forward pass asks for a tensor's value",
    ),
    "built with an argument": ({"net.py": HEAD + STEM + NEEDS + "model = Net(64)\n"}, WIDE),
    "a factory": ({"net.py": HEAD + STEM + NEEDS + "def get_net():\n    return Net(64)\n"}, WIDE),
    "a lazy layer": (
        {"net.py": HEAD + STEM + NET.replace("nn.Linear(width, 10)", "nn.LazyLinear(10)")},
        r"net\.py:Stem, net\.py:Net all take the input",
    ),
    "a helper in another file": (
        {
            "train.py": HEAD
            + "from util import Normalize\n"
            + NEEDS.replace("self.c(x)", "self.c(self.n(x))").replace("()\n", "()\n        self.n = Normalize()\n", 1)
            + 'if __name__ == "__main__":\n    net = Net(64)\n',
            "util.py": HEAD
            + "class Normalize(nn.Module):\n    def forward(self, x):\n        return (x - 0.5) / 0.25\n",
        },
        WIDE,
    ),
    "an instance beats the defaults": ({"net.py": HEAD + NET + "model = Net(width=64)\n"}, WIDE),
    "under main": (
        {"net.py": HEAD + NET + 'if __name__ == "__main__":\n    model = Net(width=64)\n    print(model)\n'},
        WIDE,
    ),
    "in a function that main calls": (
        {
            "net.py": HEAD + NET + "def main():\n    net = Net(64)\n    net(torch.randn(1, 3, 32, 32))\n"
            'if __name__ == "__main__":\n    main()\n'
        },
        WIDE,
    ),
    "models/net.py imports models.blocks": (
        {
            "main.py": 'from models.net import Net\nif __name__=="__main__":\n    print(Net())\n',
            "models/__init__.py": "",
            "models/net.py": "import torch, torch.nn as nn\nfrom models.blocks import Block\n" + OF_BLOCK,
            "models/blocks.py": BLOCK,
        },
        OF_BLOCKS,
    ),
    "models/net.py imports .blocks": (
        {
            "main.py": 'from models import Net\nif __name__=="__main__":\n    print(Net())\n',
            "models/__init__.py": "from .net import Net\n",
            "models/net.py": "import torch, torch.nn as nn\nfrom .blocks import Block\n" + OF_BLOCK,
            "models/blocks.py": BLOCK,
        },
        OF_BLOCKS,
    ),
    "net.py imports utils.blocks": (
        {
            "net.py": "import torch, torch.nn as nn\nfrom utils.blocks import Block\n" + OF_BLOCK,
            "utils/__init__.py": "",
            "utils/blocks.py": BLOCK,
        },
        OF_BLOCKS,
    ),
    "the submission is the package": (
        {
            "__init__.py": "",
            "net.py": "import torch, torch.nn as nn\nfrom .blocks import Block\n" + OF_BLOCK,
            "blocks.py": BLOCK,
        },
        OF_BLOCKS,
    ),
    "a namespace folder": (
        {
            "src/net.py": "import torch, torch.nn as nn\nfrom src.blocks import Block\n" + OF_BLOCK,
            "src/blocks.py": BLOCK,
        },
        OF_BLOCKS,
    ),
}
"""The kinds that issue 11 names."""

CONFIG = "from dataclasses import dataclass\n@dataclass\nclass Config:\n    width: int = 64\n    lr: float = 0.1\n"
ARGPARSE = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--width', type=int, default=64)\n"
TRAINS = "optimizer = torch.optim.SGD({}.parameters(), lr=0.1)\n"
BY_HAND = "def train(net, x):\n    net(x).sum().backward()\n    for p in net.parameters():\n        p.data -= p.grad\n"
MAIN = 'if __name__ == "__main__":\n'

NEIGHBOURS: dict[str, tuple[dict[str, str], tuple[str, int] | str]] = {
    "a factory with arguments that nobody gives": (
        {"net.py": HEAD + STEM + NEEDS + "def build_model(width):\n    return Net(width)\n"},
        r"built in build_model\(\), and its argument 'width' is not known",
    ),
    "a factory with arguments that main gives": (
        {"net.py": HEAD + NET + f"def build_model(width):\n    return Net(width)\n{MAIN}    net = build_model(64)\n"},
        WIDE,
    ),
    "a factory whose argument is the path of weights": (
        {
            "net.py": HEAD + NET + "def load_model(path):\n    model = Net(width=64)\n"
            "    model.load_state_dict(torch.load(path))\n    return model\n"
        },
        WIDE,
    ),
    "a loop builds several": (
        {"net.py": HEAD + NET + "for width in (8, 64):\n    model = Net(width)\n"},
        r"net\.py:\d+: which model\? .* loop",
    ),
    "a comprehension builds several": (
        {"net.py": HEAD + NET + "models = [Net(w) for w in (8, 64)]\n"},
        r"which model\? it is built in a loop",
    ),
    "one after the other in one variable": (
        {"net.py": HEAD + NET + f"{MAIN}    net = Net(8)\n    print(net)\n    net = Net(64)\n"},
        r"which model\? net\.py:\d+, net\.py:\d+ build it one after the other",
    ),
    "either or, as its options say": (
        {
            "net.py": HEAD + NET + ARGPARSE + f"{MAIN}    args = parser.parse_args()\n    if args.width > 32:\n"
            "        net = Net(args.width)\n    else:\n        net = Net(2)\n"
        },
        WIDE,
    ),
    "a class that wraps another by default": (
        {
            "net.py": HEAD + NET + "class Wrapper(nn.Module):\n    def __init__(self, net=None):\n"
            "        super().__init__()\n        self.net = net or Net(64)\n    def forward(self, x):\n"
            "        return self.net(x)\n"
        },
        ("Wrapper", 2442),
    ),
    "two files define the same class differently": (
        {"a.py": HEAD + NET, "b.py": HEAD + NET.replace("=4", "=8")},
        r"which is the model\? a\.py:Net, b\.py:Net",
    ),
    "a copy of a file": ({"net.py": HEAD + NET, "old/net.py": HEAD + NET}, DEFAULT),
    "two files define it, and a script says which": (
        {
            "a.py": HEAD + NET,
            "b.py": HEAD + NET.replace("=4", "=64"),
            "train.py": f"from b import Net\n{MAIN}    model = Net()\n",
        },
        WIDE,
    ),
    "a notebook as a script": (
        {
            "notebook.py": HEAD + "\n# In[1]:\nWIDTH = 64\n" + NEEDS + "\n# In[2]:\ncriterion = nn.CrossEntropyLoss()\n"
            "net = Net(WIDTH)\n" + TRAINS.format("net") + "out = net(torch.randn(4, 3, 32, 32))\n"
            "criterion(out, torch.zeros(4, dtype=torch.long)).backward()\noptimizer.step()\n"
        },
        WIDE,
    ),
    "a Sequential at module level": (
        {
            "net.py": HEAD
            + "model = nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),"
            " nn.Linear(64, 10))\nloss = nn.CrossEntropyLoss()\n"
        },
        ("Sequential", 2442),
    ),
    "a Sequential that main builds and trains": (
        {
            "net.py": HEAD
            + f"{MAIN}    layers = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))\n    "
            + TRAINS.format("layers")
        },
        ("Sequential", 30730),
    ),
    "a Lightning module that holds the backbone": (
        {
            "lightning_stub.py": "import torch.nn as nn\nclass LightningModule(nn.Module):\n    pass\n",
            "net.py": HEAD
            + "import lightning_stub as pl\n"
            + NET
            + "class Lit(pl.LightningModule):\n    def __init__(self):\n        super().__init__()\n"
            "        self.net = Net(64)\n    def forward(self, x):\n        return self.net(x)\n",
        },
        ("Lit", 2442),
    ),
    "a Lightning module without Lightning": (
        {
            "net.py": HEAD
            + "import pytorch_lightning_of_nobody as pl\n"
            + NET
            + "class Lit(pl.LightningModule):\n    def __init__(self):\n        super().__init__()\n"
            "        self.net = Net(64)\n    def forward(self, x):\n        return self.net(x)\n",
        },
        r"No module named 'pytorch_lightning_of_nobody'",
    ),
    "a base class of the files": (
        {
            "net.py": HEAD + "class Base(nn.Module):\n    def forward(self, x):\n"
            "        return self.f(torch.relu(self.c(x)).mean((2, 3)))\n"
            "class Net(Base):\n    def __init__(self):\n        super().__init__()\n"
            "        self.c = nn.Conv2d(3, 64, 3)\n        self.f = nn.Linear(64, 10)\n"
        },
        WIDE,
    ),
    "a base class of another file": (
        {
            "base.py": HEAD + "class Base(nn.Module):\n    def count(self):\n        return 1\n",
            "net.py": HEAD + "from base import Base\n" + NET.replace("nn.Module", "Base").replace("=4", "=64"),
        },
        WIDE,
    ),
    "a dataclass holds the width": (
        {"net.py": HEAD + CONFIG + NEEDS + f"{MAIN}    cfg = Config()\n    model = Net(cfg.width)\n"},
        WIDE,
    ),
    "a config that is changed before": (
        {
            "net.py": HEAD
            + CONFIG
            + NET
            + f"{MAIN}    cfg = Config(8)\n    cfg.width = 64\n    model = Net(cfg.width)\n"
        },
        WIDE,
    ),
    "argparse at the top": (
        {"net.py": HEAD + ARGPARSE + "args = parser.parse_args()\n" + NEEDS + "model = Net(args.width)\n"},
        WIDE,
    ),
    "argparse in main()": (
        {
            "net.py": HEAD
            + NEEDS
            + "def main():\n    "
            + ARGPARSE.replace("\n", "\n    ")
            + "args = parser.parse_args()\n    model = Net(args.width)\n    print(model)\n"
            + f"{MAIN}    main()\n"
        },
        WIDE,
    ),
    "options from one function to the next": (
        {
            "net.py": HEAD
            + NEEDS
            + "def options():\n    "
            + ARGPARSE.replace("\n", "\n    ")
            + "return parser.parse_args()\ndef train(args, epochs):\n    net = Net(args.width)\n    "
            + TRAINS.format("net")
            + f"    for epoch in range(epochs):\n        pass\n{MAIN}    train(options(), epochs=3)\n"
        },
        WIDE,
    ),
    "a required option": (
        {
            "net.py": HEAD + NEEDS + "import argparse\n" + f"{MAIN}    parser = argparse.ArgumentParser()\n"
            "    parser.add_argument('--width', type=int, required=True)\n    args = parser.parse_args()\n"
            "    model = Net(args.width)\n"
        },
        r"--width is not there: net\.py:\d+: its command line asks for it",
    ),
    "a dict of models": (
        {"net.py": HEAD + NET + "models = {'small': Net(8), 'large': Net(64)}\n"},
        r"which is the model\? net\.py:\d+, net\.py:\d+ all take the input",
    ),
    "a dict of classes, one of them chosen": (
        {
            "net.py": HEAD
            + NET.replace("Net", "Small")
            + NET.replace("=4", "=64")
            + f"MODELS = {{'small': Small, 'large': Net}}\n{MAIN}    model = MODELS['large']()\n"
        },
        WIDE,
    ),
    "weights that are not there": (
        {"net.py": HEAD + STEM + f"{MAIN}    model = torch.load('gone.pt')\n"},
        r"net\.py:\d+: gone\.pt is not there, and what it holds is not known",
    ),
    "weights that are not there, loaded into a network": (
        {
            "net.py": HEAD + NET + f"{MAIN}    model = Net(64)\n    model.load_state_dict(torch.load('gone.pt'))\n"
            "    model.eval()\n"
        },
        WIDE,
    ),
    "a registry decorator": (
        {
            "registry.py": "MODELS = {}\ndef register(name):\n    def add(kind):\n        assert name not in MODELS\n"
            "        MODELS[name] = kind\n        return kind\n    return add\n",
            "net.py": HEAD + "from registry import register\n@register('net')" + NET,
            "train.py": HEAD
            + f"import net\nfrom registry import MODELS\n{MAIN}    model = MODELS['net'](width=64)\n    "
            + TRAINS.format("model"),
        },
        WIDE,
    ),
    "a loss and a transform beside it": (
        {
            "net.py": HEAD
            + NET
            + "class Focal(nn.Module):\n    def __init__(self, gamma):\n        super().__init__()\n"
            "    def forward(self, output, target):\n        return F.cross_entropy(output, target)\n"
            "class Scale(nn.Module):\n    def __init__(self, by):\n        super().__init__()\n        self.by = by\n"
            "    def forward(self, x):\n        return x * self.by\n"
        },
        DEFAULT,
    ),
    "a parameterless activation beside what fails": (
        {
            "net.py": HEAD
            + "class Swish(nn.Module):\n    def forward(self, x):\n        return x * torch.sigmoid(x)\n"
            + NEEDS
        },
        r"net\.py:Net\(width\): missing a required argument: 'width'",
    ),
    "nothing but an activation": (
        {"net.py": HEAD + "class Swish(nn.Module):\n    def forward(self, x):\n        return x * torch.sigmoid(x)\n"},
        r"net\.py:Swish has no parameters",
    ),
    "a helper that is tried out": (
        {"net.py": HEAD + STEM + NEEDS + f"{MAIN}    print(Stem()(torch.randn(1, 3, 32, 32)).shape)\n"},
        r"which is the model\? net\.py:\d+ takes the input; net\.py:Net\(width\): .*'width'",
    ),
    "the trained one of two": (
        {
            "net.py": HEAD
            + STEM
            + NET
            + f"{MAIN}    teacher = Stem()\n    student = Net(64)\n    "
            + TRAINS.format("student")
        },
        WIDE,
    ),
    "generator and discriminator": (
        {
            "net.py": HEAD
            + STEM
            + NET
            + f"{MAIN}    g = Stem()\n    d = Net(64)\n    a = torch.optim.Adam(g.parameters())\n"
            "    b = torch.optim.Adam(d.parameters())\n"
        },
        r"which is the model\? net\.py:g, net\.py:d all take the input",
    ),
    "an average of it beside it": (
        {
            "net.py": HEAD + NET + "import copy\nclass EMA(nn.Module):\n    def __init__(self, model):\n"
            "        super().__init__()\n        self.module = copy.deepcopy(model)\n    def forward(self, x):\n"
            f"        return self.module(x)\n{MAIN}    model = Net(64)\n    ema = EMA(model)\n    "
            + TRAINS.format("model")
        },
        WIDE,
    ),
    "its head is replaced": (
        {
            "net.py": HEAD + NET + f"{MAIN}    model = Net(64)\n    model.f = nn.Linear(64, 100)\n"
            "    model = model.to('cpu')\n    model = nn.DataParallel(model)\n    " + TRAINS.format("model")
        },
        ("Net", 28 * 64 + 65 * 100),
    ),
    "built by what a block passes on": (
        {
            "net.py": HEAD + "class Block(nn.Module):\n    def __init__(self, w):\n        super().__init__()\n"
            "        self.c = nn.Conv2d(3, w, 3)\n    def forward(self, x):\n        return self.c(x)\n"
            "class ResNet(nn.Module):\n    def __init__(self, block, w):\n        super().__init__()\n"
            "        self.b = block(w)\n        self.f = nn.Linear(w, 10)\n    def forward(self, x):\n"
            "        return self.f(self.b(x).mean((2, 3)))\ndef ResNet64():\n    return ResNet(Block, 64)\n",
            "main.py": HEAD + "from net import *\nnet = ResNet64()\n" + TRAINS.format("net"),
        },
        ("ResNet", 2442),
    ),
    "a trainer class holds it": (
        {
            "net.py": HEAD + NET + "class Trainer:\n    def __init__(self, lr):\n        self.net = Net(64)\n"
            "        self.optimizer = torch.optim.SGD(self.net.parameters(), lr)\n"
            f"{MAIN}    Trainer(0.1)\n"
        },
        WIDE,
    ),
    "a trainer class is told its width": (
        {
            "net.py": HEAD
            + STEM
            + NEEDS
            + "class Trainer:\n    def __init__(self, width):\n        self.net = Net(width)\n"
            "        self.optimizer = torch.optim.SGD(self.net.parameters(), 0.1)\n"
        },
        r"built in Trainer\.__init__\(\), and its argument 'width' is not known",
    ),
    "options that main hands on": (
        {
            "net.py": HEAD + NET + "def train(lr, **options):\n    net = Net(**options)\n"
            "    optimizer = torch.optim.SGD(net.parameters(), lr)\n" + f"{MAIN}    train(0.1, width=64)\n"
        },
        WIDE,
    ),
    "options that nobody writes out": (
        {
            "net.py": HEAD + NET + "def train(**options):\n    net = Net(**options)\n"
            "    optimizer = torch.optim.SGD(net.parameters(), 0.1)\n" + f"{MAIN}    train(**dict(width=64))\n"
        },
        r"built in train\(\), and what \*\*options holds is not known",
    ),
    "a network in model/__init__.py": (
        {
            "model/__init__.py": HEAD + NEEDS,
            "train.py": HEAD + "from model import Net\n" + f"{MAIN}    net = Net(64)\n",
        },
        WIDE,
    ),
    "src on the path": (
        {
            "src/nets/__init__.py": "",
            "src/nets/net.py": HEAD + "from nets.blocks import Block\n" + OF_BLOCK,
            "src/nets/blocks.py": BLOCK,
            "train.py": f"from nets.net import Net\n{MAIN}    net = Net()\n",
        },
        OF_BLOCKS,
    ),
    "a file that cannot be read beside a helper": (
        {"helper.py": HEAD + STEM, "net.py": HEAD + "class Net(nn.Module:\n    pass\n"},
        r"net\.py:4: syntax error",
    ),
    "a file that cannot be imported beside a helper": (
        {
            "helper.py": HEAD + STEM,
            "net.py": HEAD + "import nothing_of_this_name as n\n" + NET.replace("nn.Conv", "n.Conv"),
        },
        r"helper\.py:Stem takes the input; net\.py:Net fails: .*nothing_of_this_name",
    ),
    "two recipes": (
        {
            "a.py": HEAD + NET + "def recipe():\n    return {'model': Net}\n",
            "b.py": HEAD + NET + "def recipe():\n    return {'model': Net}\n",
        },
        r"there is a recipe\(\) in each of a\.py, b\.py",
    ),
    "the same in each turn of a loop": (
        {
            "net.py": HEAD
            + NET
            + f"{MAIN}    for fold in range(5):\n        model = Net(64)\n        "
            + TRAINS.format("model")
            + "        for epoch in range(10):\n            pass\n"
        },
        WIDE,
    ),
    "wider in each turn of a loop": (
        {"net.py": HEAD + NET + f"{MAIN}    w = 8\n    for i in range(4):\n        w *= 2\n        model = Net(w)\n"},
        r"which model\? it is built in a loop, and not always in the same way",
    ),
    "a block tried out beside its definition": (
        {
            "blocks.py": BLOCK + f"{MAIN}    model = Block(3)\n    print(model)\n",
            "net.py": HEAD + "from blocks import Block\n" + OF_BLOCK,
        },
        OF_BLOCKS,
    ),
    "a block tried out beside a network that cannot be built": (
        {
            "blocks.py": BLOCK + f"{MAIN}    model = Block(3)\n    print(model)\n",
            "net.py": HEAD + "from blocks import Block\n" + OF_BLOCK.replace("(self)", "(self, depth)"),
        },
        r"net\.py:Net\(depth\): missing a required argument: 'depth'",
    ),
    "a network beside an ensemble of it that nothing builds": (
        {
            "net.py": HEAD + NET + "class Ensemble(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.nets = nn.ModuleList(Net() for _ in range(3))\n    def forward(self, x):\n"
            "        return sum(net(x) for net in self.nets)\nmodel = Net(64)\n"
        },
        r"which is the model\? net\.py:model, net\.py:Ensemble all take the input",
    ),
    "a network with another number of inputs beside a helper": (
        {"net.py": HEAD + STEM + NET.replace("(self, x)", "(self, x, lengths)")},
        r"net\.py:Stem takes the input; net\.py:Net fails: .*missing 1 required positional argument: 'lengths'",
    ),
    "the one function that makes it": (
        {"net.py": HEAD + NEEDS + "def wide():\n    return Net(64)\n"},
        WIDE,
    ),
    "two functions that make it": (
        {"net.py": HEAD + NEEDS + "def narrow():\n    return Net(8)\ndef wide():\n    return Net(64)\n"},
        r"which is the model\? net\.py:narrow, net\.py:wide all take the input",
    ),
    "twenty blocks that need arguments": (
        {"net.py": HEAD + "".join(NEEDS.replace("Net", f"Net{n}") for n in range(20))},
        r"^no model takes the input: 20 classes cannot be built or traced as they are "
        r"\(net\.py:Net0, net\.py:Net1, net\.py:Net2, …\); net\.py:Net0\(\w+\): missing a required argument: '\w+'$",
    ),
    "a frozen backbone": (
        {
            "net.py": HEAD
            + NET
            + f"{MAIN}    model = Net(64)\n    for p in model.c.parameters():\n        p.requires_grad = False\n    "
            + TRAINS.format("model.f")
            + TRAINS.format("model").replace("optimizer", "    other")
        },
        WIDE,
    ),
    "branches that build different classes": (
        {
            "net.py": HEAD + STEM + NET + f"{MAIN}    kind = 'net'\n    if kind == 'net':\n        model = Net(64)\n"
            "    else:\n        model = Stem()\n"
        },
        WIDE,
    ),
    "the same twice": (
        {"net.py": HEAD + NET + "w = 64\nmodel = Net(w)\nprint(model)\nmodel = Net(w).to('cpu')\n"},
        WIDE,
    ),
    "one is trained, and another one of the same variable only looked at": (
        {
            "net.py": HEAD
            + NET
            + "w = 64\nmodel = Net(w)\n"
            + TRAINS.format("model")
            + "w = 8\nmodel = Net(w)\nprint(model)\n"
        },
        WIDE,
    ),
    "the same text, of a class that reads a variable of the file": (
        {
            "net.py": HEAD
            + "w = 64\n"
            + NET.replace("width=4):", "width=None):\n        width = width or w")
            + "model = Net()\n"
            + TRAINS.format("model")
            + "w = 8\nmodel = Net()\nprint(model)\n"
        },
        WIDE,
    ),
    "one is trained by torch.optim, the other one by hand": (
        {
            "net.py": HEAD
            + NET
            + BY_HAND
            + f"{MAIN}    net = Net(8)\n    "
            + TRAINS.format("net")
            + "    net = Net(64)\n    train(net, x)\n"
        },
        r"which model\? net\.py:\d+, net\.py:\d+ build it one after the other",
    ),
    "the same text of another width": (
        {"net.py": HEAD + NET + "w = 64\nmodel = Net(w)\nw = 8\nmodel = Net(w)\n"},
        r"which model\? net\.py:\d+, net\.py:\d+ build it one after the other",
    ),
    "half of it frozen by a function": (
        {
            "net.py": HEAD
            + NET
            + "def freeze(m):\n    for p in m.c.parameters():\n        p.requires_grad = False\n"
            + f"{MAIN}    model = Net(64)\n    freeze(model)\n    model.half()\n"
        },
        WIDE,
    ),
    "names with a digit and a line": (
        {"part1/net.py": HEAD + NET, "part1/run 2.py": HEAD + f"from net import Net\n{MAIN}    model = Net(64)\n"},
        WIDE,
    ),
}
"""More of the same kinds, as people write them."""
