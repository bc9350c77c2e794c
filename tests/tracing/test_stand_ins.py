"""Repositories in the shape of public training scripts, in small: each is reached as it is, with figures by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import costmodel
from benchmarks.coverage.zoos import of_stand_ins
from costmodel.errors import CostModelError


@pytest.mark.parametrize("name", of_stand_ins.names())
def test_a_repository_as_people_have_it(tmp_path: Path, name: str) -> None:
    known = of_stand_ins.read(name)
    subject = known.write(tmp_path)
    if known.outcome == "refused":
        with pytest.raises(CostModelError) as caught:
            costmodel.analyze(subject, cache=False, **known.settings)
        assert "\n" not in str(caught.value)
        return
    totals = costmodel.analyze(subject, cache=False, **known.settings).totals
    figures = (totals.parameters + totals.frozen_parameters, totals.macs.step, totals.complete)
    assert figures == (known.parameters, known.macs, True)


NET = "import torch, torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, width=4):\n"
NET += "        super().__init__()\n"
NET += "        self.fc = nn.Linear(8, width)\n    def forward(self, x):\n        return self.fc(x)\n"


def test_a_rank_is_no_size(tmp_path: Path) -> None:
    """What only says a device is any; what says a size too is not known."""
    run = "def run(rank, world):\n    net = Net({}).to(rank)\n    opt = torch.optim.SGD(net.parameters(), lr=.1)\n"
    spawn = "if __name__ == '__main__':\n    torch.multiprocessing.spawn(run, args=(2,), nprocs=2)\n"
    (tmp_path / "device.py").write_text(NET + run.format("16") + spawn)
    analysis = costmodel.analyze(tmp_path / "device.py", input="8")
    assert analysis.totals.parameters == 16 * 8 + 16
    assert any(a.what == "rank is taken as 0: it only says a device" for a in analysis.assumptions)
    (tmp_path / "size.py").write_text(NET + run.format("rank + 1") + spawn)
    with pytest.raises(CostModelError, match="'rank' is not known"):
        costmodel.analyze(tmp_path / "size.py", input="8")


def test_a_class_of_constants_loses_only_what_fails(tmp_path: Path) -> None:
    text = "import pandas_of_nobody as pd\nclass CFG:\n    width = 16\n    classes = len(pd.read_csv('x'))\n"
    (tmp_path / "wide.py").write_text(text + NET + "net = Net(CFG.width)\n")
    assert costmodel.analyze(tmp_path / "wide.py", input="8").totals.parameters == 16 * 8 + 16
    (tmp_path / "classes.py").write_text(text + NET + "net = Net(CFG.classes)\n")
    with pytest.raises(CostModelError, match=r"classes is not there: classes.py:4: .*pandas_of_nobody"):
        costmodel.analyze(tmp_path / "classes.py", input="8")


@pytest.mark.parametrize("more", ["", "import pandas_of_nobody\n"])
def test_what_a_script_asks_of_its_command_line_is_said(tmp_path: Path, more: str) -> None:
    """A model that needs the option is refused; one that does not is the model with what the others are by default."""
    text = more + "import argparse\np = argparse.ArgumentParser()\np.add_argument('--width', '-w', required=True)\n"
    text += "p.add_argument('data')\np.add_argument('--size', type=int, default=16)\nargs = p.parse_args()\n" + NET
    at = 6 + more.count("\n")
    (tmp_path / "main.py").write_text(text + "net = Net(args.width)\n")
    with pytest.raises(CostModelError, match=rf"--width/-w is not there: main\.py:{at}: its command line asks for it"):
        costmodel.analyze(tmp_path / "main.py", input="8")
    uses = (
        "8 if args.width == 'wide' else 4",
        "8 if args.width in ('wide', 'w') else 4",
        "{'wide': 8}.get(args.width, 4)",
        "len(str(args.width))",
        "args.__dict__['width'].__dict__.get('wide', 4)",
    )
    for use in uses:  # it is not even unequal to something
        (tmp_path / "main.py").write_text(text + f"net = Net({use})\n")
        with pytest.raises(CostModelError, match=r"--width/-w is not there"):
            costmodel.analyze(tmp_path / "main.py", input="8")
    (tmp_path / "other.py").write_text(text + "net = Net(args.size)\nfor line in open(args.data): print(line)\n")
    analysis = costmodel.analyze(tmp_path / "other.py", input="8")
    assert analysis.totals.parameters == 16 * 8 + 16
    said = {a.what for a in analysis.assumptions if a.where == f"other.py:{at}"}
    assert said == {f"its command line asks for {name}, which is not given" for name in ("--width/-w", "data")}


def test_a_group_of_processes_is_one(tmp_path: Path) -> None:
    text = "import torch.distributed as dist\n" + NET + "def build():\n    dist.init_process_group('nccl')\n"
    text += "    net = Net(8 * dist.get_world_size()).to(dist.get_rank())\n    assert dist.is_initialized()\n"
    text += "    dist.barrier()\n    return nn.parallel.DistributedDataParallel(net, device_ids=[dist.get_rank()])\n"
    (tmp_path / "main.py").write_text(text)
    analysis = costmodel.analyze(f"{tmp_path / 'main.py'}:build", input="8")
    assert analysis.totals.parameters == 8 * 8 + 8
    said = "torch.distributed is taken to be a group of one process, with rank 0"
    assert any((a.what, a.where) == (said, "main.py:10") for a in analysis.assumptions)


@pytest.mark.parametrize(
    "wraps",
    [
        "ddp = DDP(net, device_ids=[0])\n", "model = DDP(net).cuda()\n", "net = DDP(net)\n",
        "ddp = DDP(net)\nopt = torch.optim.SGD(ddp.parameters(), lr=0.1)\n",
        "model = nn.Sequential(DDP(net), nn.ReLU())\n",
    ],
)  # fmt: skip
def test_an_instance_that_a_file_wraps_is_the_module_inside(tmp_path: Path, wraps: str) -> None:
    text = "import torch\nfrom torch.nn.parallel import DistributedDataParallel as DDP\n" + NET + "net = Net(16)\n"
    (tmp_path / "main.py").write_text(text + wraps)
    for subject in ("main.py", f"main.py:{wraps.partition(' ')[0]}"):
        analysis = costmodel.analyze(f"{tmp_path}/{subject}", input="8")
        judged = analysis.subject.judged
        assert analysis.totals.parameters == 16 * 8 + 16
        assert judged is not None
        if "Sequential" not in wraps and not subject.endswith(":ddp"):
            assert (judged.name, judged.arguments) == ("Net", "width=16")


def test_a_process_that_torchrun_starts_is_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_RANK", "RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    text = "import os\n" + NET + "def build():\n    rank = int(os.environ['LOCAL_RANK'])\n"
    text += "    assert 'RANK' not in os.environ and os.environ.get('WORLD_SIZE', 7) == 7\n"
    text += "    return Net(8 + rank).to(f'cuda:{rank}')\n"
    (tmp_path / "main.py").write_text(text)
    analysis = costmodel.analyze(f"{tmp_path / 'main.py'}:build", input="8")
    assert analysis.totals.parameters == 8 * 8 + 8
    said = "LOCAL_RANK is taken to be 0, as torchrun says to a process that is alone"
    assert said in {a.what for a in analysis.assumptions}
    assert "LOCAL_RANK" not in os.environ
    monkeypatch.setenv("LOCAL_RANK", "2")
    assert costmodel.analyze(f"{tmp_path / 'main.py'}:build", input="8").totals.parameters == 10 * 8 + 10
    (tmp_path / "main.py").write_text(text.replace("LOCAL_RANK", "NOWHERE"))
    with pytest.raises(CostModelError, match="KeyError: 'NOWHERE'"):
        costmodel.analyze(f"{tmp_path / 'main.py'}:build", input="8")


GUARDED = """
class Scaled(Net):
    def __init__(self):
        super().__init__(args.width)
if __name__ == '__main__':
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument('--width', type=int, default=16)
    args = parser.parse_args()
    net = Scaled()
"""
WORKERS = """
import argparse
import torch.multiprocessing as mp
parser = argparse.ArgumentParser()
parser.add_argument('--width', type=int, default=16)
def worker(gpu, args):
    args.gpu = gpu
    net = Net(args.width)
    opt = torch.optim.SGD(net.parameters(), lr=.1)
def main():
    args = parser.parse_args()
    if args.width > 100:
        mp.spawn(worker, nprocs=2, args=(args,))
    else:
        worker(0, args)
if __name__ == '__main__':
    main()
raise RuntimeError("no data")
"""


@pytest.mark.parametrize("text", [GUARDED, WORKERS], ids=["the class reads it", "the worker is handed it"])
def test_options_that_reach_the_model_through_other_functions(tmp_path: Path, text: str) -> None:
    (tmp_path / "main.py").write_text(NET + text)
    assert costmodel.analyze(tmp_path / "main.py", input="8").totals.parameters == 16 * 8 + 16


def test_a_model_that_returns_its_loss_beside_other_things(tmp_path: Path) -> None:
    """nanoGPT gives (logits, loss)."""
    text = NET.replace("return self.fc(x)", "y = self.fc(x)\n        return y, y.mean(), None")
    (tmp_path / "net.py").write_text(text)
    analysis = costmodel.analyze(f"{tmp_path}/net.py:Net", input="8", loss="output")
    assert (analysis.totals.macs.step, analysis.totals.parameters) == (2 * 32, 36)
    assert any(a.what == "the loss is '1' of the output, the one number in it" for a in analysis.assumptions)


def test_a_model_that_computes_its_loss_where_it_gets_labels(tmp_path: Path) -> None:
    """nanoGPT: without targets its head works on the last position alone, and that is said."""
    text = NET.replace("def forward(self, x):", "def forward(self, x, targets=None):").replace(
        "return self.fc(x)",
        "if targets is None:\n            return self.fc(x[:, -1:]), None\n        y = self.fc(x)\n"
        "        return y, (y.sum(-1) - targets).square().mean()",
    )
    (tmp_path / "net.py").write_text(text)
    without = costmodel.analyze(f"{tmp_path}/net.py:Net", input="5x8", loss="mse_loss")
    assert without.totals.macs.forward == 4 * 8
    said = "forward's 'targets' is not given: what it does with labels is left out (--input targets=SHAPE)"
    assert said in [a.what for a in without.assumptions]
    both = costmodel.analyze(f"{tmp_path}/net.py:Net", input="5x8,5", loss="mse_loss")
    assert both.totals.macs.forward == 5 * 4 * 8
    named = costmodel.analyze(f"{tmp_path}/net.py:Net", input={"x": "5x8", "targets": "5"}, loss="output")
    assert both.totals == named.totals  # the loss that it returns, and none beside it
    assert not any("targets" in a.what for a in both.assumptions)


def test_a_folder_and_a_name(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "parts.py").write_text("import torch.nn as nn\nclass Part(nn.Linear): pass\n")
    other = NET.replace("Net", "Other").replace("width=4", "width=3")
    text = NET.replace("nn.Linear(8, width)", "Part(8, width)") + other
    (tmp_path / "models" / "net.py").write_text("from .parts import Part\n" + text)
    for name, parameters in {"Net": 36, "Other": 27}.items():
        assert costmodel.analyze(f"{tmp_path}/models:{name}", input="8").totals.parameters == parameters
