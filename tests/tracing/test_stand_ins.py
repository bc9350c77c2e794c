"""Repositories in the shape of public training scripts, in small: each is reached as it is, with figures by hand."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

import costmodel
from benchmarks.coverage.zoos import of_stand_ins
from costmodel.errors import CostModelError


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
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
    gc.collect()  # what such scripts leave open is closed here
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
