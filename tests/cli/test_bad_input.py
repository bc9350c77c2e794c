"""Every kind of bad input: one line that says what, where and what to do; the documented exit code; no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

LENET = "examples/zoo/lenet.py:LeNet5"

FILES = {
    "broken.py": "from torch import nn\nclass Net(nn.Module)\n    pass\n",
    "raises.py": "import torch\nraise RuntimeError('no data here')\n",
    "exits.py": "import sys\nsys.exit(4)\n",
    "two.py": "from torch import nn\nclass A(nn.Linear): ...\nclass B(nn.Linear): ...\n",
    "needs.py": "from torch import nn\nclass Net(nn.Module):\n    def __init__(self, width):\n        super().__init__()\n",
    "number.py": "Net = 5\n",
    "branch.py": (
        "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
        "    def forward(self, x):\n        if x.sum() > 0:\n            x = x * 2\n        return super().forward(x)\n"
    ),
    "mask.py": (
        "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
        "    def forward(self, x):\n        y = x[x > 0]\n        return super().forward(x) + y.sum()\n"
    ),
    "numpy_inside.py": (
        "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
        "    def forward(self, x):\n        return super().forward(x) * x.detach().numpy().sum()\n"
    ),
    "leaves.py": (
        "import sys\nfrom torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
        "    def forward(self, x):\n        sys.exit(0)\n"
    ),
    "unknown_key.yaml": "model: net.py:Net\nbatch: 4\noptimiser: sgd\n",
    "phases.yaml": "model: net.py:Net\nphases:\n  - name: a\n    epoch: 3\n",
    "not.yaml": "model: [\n",
    "net.py": "from torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n",
    "own_step.py": (
        "import torch\nfrom torch import nn\nclass Net(nn.Linear):\n    def __init__(self): super().__init__(4, 2)\n"
        "def example_batch(n): return torch.randn(n, 4), torch.zeros(n, dtype=torch.long)\n"
        "def training_step(model, batch): return nn.functional.cross_entropy(model(batch[0]), batch[1])\n"
    ),
    "facts.csv": "name,accuracy\nana,91\n",
    "book.yaml": "name: mine\nedition: '1'\ntitel: x\n",
}

CASES = [
    # words, exit code, what the line must say
    (("analyze", "gone.py:Net"), 2, ["gone.py", "no such file"]),
    (("analyze", "broken.py:Net"), 2, ["broken.py:2", "syntax error"]),
    (("analyze", "raises.py:Net"), 2, ["raises.py:2", "no data here"]),
    (("analyze", "exits.py:Net"), 2, ["exits.py:2", "SystemExit"]),
    (("analyze", "net.py:Nett"), 2, ["net.py", "'Nett'", "Net"]),
    (("analyze", "two.py"), 2, ["two.py:A(", "two.py:B("]),
    (("analyze", "needs.py:Net"), 2, ["width", "--model-option"]),
    (("analyze", "number.py:Net"), 2, ["int", "nn.Module"]),
    (("analyze", "nowhere.module:Net"), 2, ["nowhere"]),
    (("analyze", "net.py:Net", "--input", "4", "--hardware", "v100"), 3,
     ["did you mean 'v100-pcie-16gb' or 'v100-sxm2-16gb' or 'v100-sxm2-32gb'? known: "]),
    (("check", "net.py:Net"), 3, ["Missing option '--rules'", "(costmodel rules lists the rulebooks)"]),
    (("analyze", "net.py:Net", "--input", "4", "--phase", "trainin"), 3, ["unknown phase 'trainin'", "did you mean"]),
    (("analyze", "net.py:Net", "--input", "4", "-j", "2"), 3, ["--jobs is about a machine"]),
    (("analyze", "net.py:Net", "--hardware", "eyeriss_like", "--docker", "x"), 3, ["--docker is the timeloop backend's"]),
    (("analyze", "net.py:Net", "--hardware", "eyeriss_like", "--backend", "timeloop", "--effort", "fast"), 3, ["--effort has no effect: the timeloop backend searches"]),
    (("analyze", "own_step.py:Net", "--input", "5"), 3, ["--input has no effect: the file brings its own batch"]),
    (("analyze", "own_step.py:Net", "--loss", "mse_loss"), 3, ["--loss has no effect: the file brings its own training_step"]),
    (("facts", "read", "facts.csv", "--score", "accuracy-percent"), 3, ["--score is for a leaderboard"]),
    (("rank", "facts.csv", "--rules", "haet-2021", "--score", "accuracy-percent"), 3, ["--score is for a leaderboard"]),
    (("analyze", "net.py:Net", "--input", "3x5"), 2, ["aten.addmm", "--input"]),
    (("analyze", "net.py:Net", "--input", "3xfive"), 3, ["3xfive", "3x32x32"]),
    (("analyze", "branch.py:Net", "--input", "4"), 2, ["branch.py:5", "torch.where"]),
    (("analyze", "mask.py:Net", "--input", "4"), 2, ["mask.py:5", "depends on the data"]),
    (("check", "leaves.py:Net", "--input", "4", "--rules", "haet-2021"), 2, ["leaves.py:6", "SystemExit"]),
    (("check", "net.py:Net", "--input", "4", "--rules", "haet-2021", "--samples", "3", "--batch", "4", "--drop-last"), 2, ["no step"]),
    (("analyze", "net.py:Net", "--input", "4", "--epochs", "3"), 3, ["epochs need samples"]),
    (("analyze", "net.py:Net", "--input", "4,4"), 2, ["positional", "--input"]),
    (("check", "net.py:Net", "--input", "4", "--rules", "haet-2021", "--fact", "accuracy=94", "--fact", "error_rate=50"), 3, ["contradict"]),
    (("check", "net.py:Net", "--input", "4", "--rules", "haet-2021", "--fact", "accuracy=94", "--fact", "accuracy=50"), 3, ["twice"]),
    (("analyze", "numpy_inside.py:Net", "--input", "4"), 2, ["numpy_inside.py:5"]),
    (("analyze", "net.py:Net", "--input", "4", "--optimizer", "sdg"), 3, ["'sdg'", "sgd"]),
    (("analyze", "net.py:Net", "--input", "4", "--optimizer-option", "momentun=0.9"), 3, ["momentun", "momentum"]),
    (("analyze", "net.py:Net", "--input", "4", "--optimizer-option", "lr"), 3, ["NAME=VALUE"]),
    (("analyze", "net.py:Net", "--input", "4", "--loss", "crossentropy"), 3, ["crossentropy", "cross_entropy"]),
    (("analyze", "net.py:Net", "--format", "pdf"), 3, ["pdf", "json"]),
    (("analyze", "net.py:Net", "--by", "colour"), 3, ["colour", "layer"]),
    (("analyze", "net.py:Net", "--batch", "0"), 3, ["--batch"]),
    (("analyze", "net.py:Net", "--bath", "2"), 3, ["--bath"]),
    (("analyze",), 3, ["SUBJECT"]),
    (("analyse", "net.py:Net"), 3, ["analyse"]),
    (("analyze", "unknown_key.yaml"), 3, ["unknown_key.yaml:3", "optimiser", "optimizer"]),
    (("analyze", "phases.yaml"), 3, ["phases.yaml:4", "phases.0.epoch", "epochs"]),
    (("analyze", "not.yaml"), 3, ["not.yaml:2", "YAML"]),
    (("analyze", "gone.yaml"), 3, ["gone.yaml"]),
    (("check", "net.py:Net", "--rules", "mit-lab2-2002", "--input", "4"), 3, ["mit-lab2-2002", "mit-lab2-2022"]),
    (("check", "net.py:Net", "--rules", "book.yaml", "--input", "4"), 3, ["book.yaml:3", "titel", "title"]),
    (("check", "net.py:Net", "--rules", "mit-lab2-2022", "--input", "4", "--fact", "eror_rate=3"), 3, ["eror_rate", "error_rate"]),
    (("check", "net.py:Net", "--rules", "mit-lab2-2022", "--input", "4", "--fact", "error_rate=low"), 3, ["low", "%"]),
    (("check", "net.py:Net", "--rules", "mit-lab2-2022", "--input", "4", "--fact", "error_rate=120"), 3, ["more than 100 %"]),
    (("check", "net.py:Net", "--rules", "haet-2021", "--input", "4", "--track", "svhn"), 3, ["svhn", "cifar10"]),
    (("ops", "convolutoin"), 3, ["convolutoin"]),
    (("rules", "haet"), 3, ["haet-2021"]),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("words", "code", "said"), CASES, ids=lambda v: " ".join(v) if isinstance(v, tuple) else None)
def test_one_line_and_the_exit_code(run: Run, folder: Path, words: tuple[str, ...], code: int, said: list[str]) -> None:
    before = sorted(folder.iterdir())
    result = run(*words, cwd=folder)
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("costmodel: ")]
    assert len(lines) == 1, result.stderr
    for word in said:
        assert word in lines[0]
    assert [f for f in sorted(folder.iterdir()) if f.name != "__pycache__"] == before


def test_an_op_without_formula_is_listed_and_undecided(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "decomposed.py"
    model.write_text(
        "import torch\nfrom torch import nn\n\nclass Net(nn.Linear):\n"
        "    def __init__(self): super().__init__(4, 2)\n"
        "    def forward(self, x): return super().forward(x * torch.linalg.svdvals(x).sum())\n",
        encoding="utf-8",
    )
    words = (f"{model}:Net", "--input", "4")
    result = run("analyze", *words)
    assert result.returncode == 0
    assert "AT LEAST" in result.stdout
    assert "_linalg_svd" in result.stdout
    verdict = run("check", *words, "--rules", "haet-2021", "--fact", "accuracy=95", "--samples", "10")
    assert verdict.returncode == 2
    assert "UNDECIDED" in verdict.stdout
    assert "no formula" in verdict.stdout
