from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Run

LENET = "examples/zoo/lenet.py:LeNet5"


def test_json_is_the_stable_schema(run: Run, golden: Callable[[str, str], None]) -> None:
    result = run("analyze", LENET, "--samples", "50000", "--epochs", "2", "--batch", "128", "--format", "json")
    assert result.returncode == 0, result.stderr
    data = json.loads(result.stdout)
    assert data["schema"] == "costmodel.analysis/1"
    assert {"subject", "totals", "layers", "uncounted", "assumptions"} <= set(data)
    totals = data["totals"]
    parts = {"forward", "loss", "backward", "optimizer", "step", "training"}
    for figures in ("operations", "macs", "flops"):
        assert parts <= set(totals[figures])
    assert "loss_backward" in totals["operations"]
    assert set(totals["peak_activation_bytes"]) >= {"layer_io", "lab_profiler"}
    assert set(totals["peak_memory_bytes"]) == {"total", "by_role", "over_step"}
    assert totals["complete"] is True
    assert {"layer", "type", "parameters", "operations", "macs", "input_bytes", "output_bytes"} <= set(
        data["layers"][0]
    )
    golden("lenet.analysis.json", result.stdout)


def test_rows_add_up_to_the_totals(run: Run) -> None:
    data = json.loads(run("analyze", LENET, "--format", "json", "--optimizer", "adamw").stdout)
    for figures in ("operations", "macs"):
        for part in ("forward", "loss", "backward", "loss_backward", "optimizer", "step"):
            assert sum(row[figures][part] for row in data["layers"]) == data["totals"][figures][part]
    assert sum(row["operations"] for row in data["ops"]) == data["totals"]["operations"]["step"]
    assert sum(row["parameters"] for row in data["layers"]) == data["totals"]["parameters"]
    by_role = data["totals"]["peak_memory_bytes"]["by_role"]
    assert sum(by_role.values()) == data["totals"]["peak_memory_bytes"]["total"]


def test_text_formats(run: Run, golden: Callable[[str, str], None]) -> None:
    for format in ("text", "md", "csv", "html"):
        result = run("analyze", LENET, "--layers", "--by", "op", "--top", "5", "--format", format)
        assert result.returncode == 0, result.stderr
        golden(f"lenet.analysis.{format}", structure(result.stdout) if format == "html" else result.stdout)


def test_columns_are_chosen_by_name_where_there_are_columns(run: Run) -> None:
    rows = run("analyze", LENET, "--layers", "-f", "csv", "--columns", "layer,parameters").stdout.splitlines()
    assert rows[0] == "layer,parameters"
    assert "conv1,456" in rows  # 6 × (3 × 5 × 5 + 1)
    refused = run("analyze", LENET, "--format", "html", "--columns", "layer")
    assert (refused.returncode, refused.stderr) == (
        3, "costmodel: --columns is about text, md, csv; html shows everything\n",
    )  # fmt: skip


def structure(page: str) -> str:
    """A page's elements, without its style, its scripts, and the graph's drawing, which has tests of its own."""
    bare = re.sub(r"(<(style|script)>).*?(?=</\2>)", r"\1", page, flags=re.DOTALL)
    bare, drawings = re.subn(r'(<svg[^>]*class="graph">).*?(?=</svg>)', r"\1", bare, flags=re.DOTALL)
    assert drawings == 1
    return bare


def test_a_page_has_the_step_and_on_a_gpu_its_time(run: Run) -> None:
    shown = run("analyze", LENET, "--hardware", "v100-sxm2-16gb", "--precision", "amp", "--format", "html").stdout
    assert "The step on its time: one step on v100-sxm2-16gb, estimated" in shown
    assert "float16" in shown.partition("<details")[2].partition("</details>")[0]  # the step that was estimated
    compiled = run("analyze", LENET, "--hardware", "v100-sxm2-16gb", "--compile", "--format", "html").stdout
    assert "<summary>One training step" in compiled
    assert "The step on its time" not in compiled  # its kernels are others
    inference = run("analyze", LENET, "--phase", "inference", "--format", "html").stdout
    assert "backward" not in inference.partition("<details")[2].partition("</details>")[0]


def test_csv_parses_and_has_plain_numbers(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("analyze", LENET, "--layers", "-f", "csv").stdout)))
    assert [row["forward_operations"] for row in rows if row["layer"] == "conv1"] == ["705600"]


def test_by_phase_and_layer_and_top(run: Run) -> None:
    assert "By phase" in run("analyze", LENET, "--by", "phase").stdout
    text = run("analyze", LENET, "--by", "layer", "--top", "2").stdout
    assert "the 2 largest" in text
    assert "conv1" in text
    assert "fc3" not in text


def test_output_file_is_written_whole(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    result = run("analyze", LENET, "-f", "json", "--output", str(target))
    assert (result.returncode, result.stdout) == (0, "")
    assert json.loads(target.read_text(encoding="utf-8"))["schema"] == "costmodel.analysis/1"
    assert [f.name for f in tmp_path.iterdir()] == ["out.json"]


def test_output_into_a_missing_folder_says_so_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    result = run("analyze", LENET, "--output", str(tmp_path / "no" / "out.txt"))
    assert result.returncode == 3
    assert "--output" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_repeated_analysis_comes_from_the_cache_before_torch_is_imported(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "net.py"
    model.write_text((Path("examples/zoo/lenet.py")).read_text(encoding="utf-8"), encoding="utf-8")
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "torch.py").write_text("raise ImportError('torch was imported')\n", encoding="utf-8")
    words = ("analyze", f"{model}:LeNet5")
    first = run(*words)
    assert first.returncode == 0, first.stderr
    again = run(*words, PYTHONPATH=f"{blocked}:{Path.cwd()}")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert run(*words, "--no-cache", PYTHONPATH=f"{blocked}:{Path.cwd()}").returncode != 0
    model.write_text(model.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert run(*words, PYTHONPATH=f"{blocked}:{Path.cwd()}").returncode != 0


def test_a_damaged_cache_entry_is_made_again(run: Run, shared_cache: Path) -> None:
    first = run("analyze", LENET)
    for entry in shared_cache.rglob("*.json"):
        entry.write_text('{"schema": "costmodel.analysis/1", "subject": 7}', encoding="utf-8")
    assert run("analyze", LENET).stdout == first.stdout


def test_cache_clear_and_where(run: Run, shared_cache: Path) -> None:
    run("analyze", LENET)
    assert run("cache", "where").stdout.strip() == str(shared_cache)
    assert "deleted" in run("cache", "clear").stdout
    assert not list(shared_cache.rglob("*.json"))


def test_help_is_quick_and_without_torch(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('torch was imported')\n", encoding="utf-8")
    start = time.perf_counter()
    result = run("--help", PYTHONPATH=f"{tmp_path}:{Path.cwd()}")
    assert result.returncode == 0
    assert "analyze" in result.stdout
    # the bar (0.3 s) is measured in benchmarks/; here only that it does not import torch, which takes seconds
    assert time.perf_counter() - start < 5


def test_prints_of_a_subject_do_not_mix_into_json(run: Run, tmp_path: Path) -> None:
    model = tmp_path / "loud.py"
    model.write_text(
        "import os, sys\nfrom torch import nn\nprint('at import')\n"
        "class Net(nn.Linear):\n"
        "    def __init__(self): super().__init__(4, 2)\n"
        "    def forward(self, x):\n"
        "        print('in forward'); os.system('echo from a child'); sys.stdout.flush()\n"
        "        return super().forward(x)\n",
        encoding="utf-8",
    )
    result = run("analyze", f"{model}:Net", "--input", "4", "-f", "json")
    assert json.loads(result.stdout)["totals"]["parameters"] == 10
    for words in ("at import", "in forward", "from a child"):
        assert words in result.stderr


def test_recipe_yaml_with_phases(run: Run, golden: Callable[[str, str], None]) -> None:
    result = run("analyze", "examples/02_organizer_recipe.yaml")
    assert result.returncode == 0, result.stderr
    golden("recipe.analysis.text", result.stdout)


def test_own_training_step(run: Run) -> None:
    result = run("analyze", "examples/03_own_step.py:Net", "--batch", "8", "-f", "json")
    totals = json.loads(result.stdout)["totals"]["operations"]
    # preprocess: subtract and divide each of the 8 · 3 · 32 · 32 values
    assert totals["preprocess"] == 2 * 8 * 3 * 32 * 32


def test_what_reads_other_files_is_not_cached(run: Run, tmp_path: Path) -> None:
    (tmp_path / "width.txt").write_text("3", encoding="utf-8")
    (tmp_path / "net.py").write_text(
        "from pathlib import Path\nfrom torch import nn\nN = int((Path(__file__).parent / 'width.txt').read_text())\n"
        "def Net(): return nn.Linear(4, N)\n",
        encoding="utf-8",
    )
    words = ("analyze", "net.py:Net", "--input", "4", "-f", "json")
    assert json.loads(run(*words, cwd=tmp_path).stdout)["totals"]["parameters"] == 15
    (tmp_path / "width.txt").write_text("5", encoding="utf-8")
    assert json.loads(run(*words, cwd=tmp_path).stdout)["totals"]["parameters"] == 25


def test_output_follows_links_and_keeps_permissions(run: Run, tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    assert run("analyze", LENET, "--output", str(link)).returncode == 0
    assert link.is_symlink()
    assert "LeNet5" in target.read_text(encoding="utf-8")
    assert target.stat().st_mode & 0o777 == 0o600
    assert run("analyze", LENET, "--output", "-").stdout == target.read_text(encoding="utf-8")


def test_a_reader_that_leaves_early_changes_no_exit_code(in_root: Path) -> None:
    import subprocess
    import sys

    words = f"{sys.executable} -m costmodel check {LENET} --rules mit-lab2-2022 --fact error_rate=20"
    shell = f"{words} | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", shell], cwd=in_root, capture_output=True, check=False).returncode == 0


def test_the_largest_activation_of_any_phase_counts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def Net():\n"
        "    return nn.Sequential(nn.Conv2d(3, 64, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 2))\n",
        encoding="utf-8",
    )
    (tmp_path / "r.yaml").write_text(
        "model: net.py:Net\nphases:\n  - {name: small, input: 3x8x8}\n  - {name: large, input: 3x34x34}\n",
        encoding="utf-8",
    )
    peak = json.loads(run("analyze", "r.yaml", "-f", "json", cwd=tmp_path).stdout)["totals"]["peak_activation_bytes"]
    assert peak["layer_io"] == 4 * (3 * 34 * 34 + 64 * 32 * 32)


def test_lightning_methods_of_the_class_are_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lit.py").write_text(
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
        "class Lit(nn.Linear):\n"
        "    def __init__(self): super().__init__(4, 2)\n"
        "    def training_step(self, batch, batch_idx):\n"
        "        x, y = batch\n"
        "        return F.cross_entropy(self(x), y)\n"
        "    def configure_optimizers(self): return torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)\n"
        "def example_batch(n): return torch.rand(n, 4), torch.zeros(n, dtype=torch.int64)\n",
        encoding="utf-8",
    )
    data = json.loads(run("analyze", "lit.py:Lit", "-f", "json", cwd=tmp_path).stdout)
    assert data["totals"]["operations"]["optimizer"] == 4 * 10


def test_an_answer_from_the_cache_is_the_same_text(run: Run, tmp_path: Path) -> None:
    words = ("analyze", "examples/zoo/lenet.py:LeNet5", "--hardware", "simple_weight_stationary", "--layers")
    fresh, cached = (run(*words, COSTMODEL_CACHE=str(tmp_path)) for _ in range(2))
    assert fresh.stdout == cached.stdout
    assert (tmp_path / "layers").is_dir()


def test_the_words_of_a_recipe_are_options(run: Run, tmp_path: Path) -> None:
    """LeNet-5 takes 651,720 multiply-accumulates forward and 950,640 backward."""
    step, forward = 651_720 + 950_640, 651_720
    for options, macs, said in (
        ("--autocast bfloat16", step, ("autocast bfloat16",)),
        ("--batch 4 --accumulate 2 --clip norm --loss-option label_smoothing=0.1", 4 * step,
         ("accumulate 2", "clip norm")),
        ("--sam 1 --lookahead 1", 2 * step, ("sam 1", "lookahead 1")),
        (f"--teacher {LENET}", step + forward, ("teacher lenet.py:LeNet5",)),
        ("--mix mixup --average 1 --batch 2", 2 * step, ("mix mixup", "average 1")),
    ):  # fmt: skip
        result = run("analyze", LENET, "--format", "json", *options.split())
        assert result.returncode == 0, result.stderr
        data = json.loads(result.stdout)
        assert data["totals"]["macs"]["step"] == macs, options
        assert set(data["subject"]["techniques"]) == set(said), options
    (tmp_path / "steps.py").write_text(
        "def look(model, optimizer, batch):\n    model(batch[0])\ndef other(args): pass\n", encoding="utf-8"
    )
    look = run("analyze", LENET, "--step", f"{tmp_path}/steps.py:look", "--format", "json")
    assert json.loads(look.stdout)["totals"]["macs"]["step"] == forward
    other = run("analyze", LENET, "--step", f"{tmp_path}/steps.py:other")
    assert other.returncode == 2
    assert "step(model, optimizer, batch)" in other.stderr
    steps = run("analyze", LENET, "--steps", "10", "--sam", "5", "--format", "json")
    assert json.loads(steps.stdout)["totals"]["macs"]["training"] == (10 + 2) * step
    assert "cross_entropy, sgd, clip value (haet)" in run("analyze", LENET, "--clip", "value").stdout
    wrong = run("analyze", LENET, "--autocast", "fp16")
    assert wrong.returncode == 3
    assert "autocast" in wrong.stderr
