"""What a terminal shows: a width that is kept, words that are meant, a format that the file's ending says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from costmodel.ops import formulas
from costmodel.ops.common_names import computed_with
from tests.cli.conftest import Run

LENET = "examples/zoo/lenet.py:LeNet5"


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_tables_and_sentences_fit_the_screen(run: Run, columns: str) -> None:
    for words in (("analyze", LENET, "--layers"), ("hardware", "show", "v100-sxm2-16gb"), ("rules", "list")):
        shown = run(*words, COLUMNS=columns).stdout
        tables = [line for line in shown.splitlines() if "http" not in line and not line.startswith("nvidia")]
        assert tables
        if words[0] != "hardware":
            assert max(map(len, tables)) <= int(columns), words


def test_numbers_are_exact_unless_asked_otherwise(run: Run) -> None:
    exact = run("analyze", LENET).stdout
    said = run("analyze", LENET, "--human").stdout
    assert "3,289,300" in exact
    assert "3.29 M" not in exact
    assert "3.29 M" in said
    assert "37.6 kB" in said
    assert "relu, lenet.py:20" in exact  # the layer of the peak, and its line


def test_the_ending_says_the_format_and_a_word_overrules_it(run: Run, tmp_path: Path) -> None:
    assert run("analyze", LENET, "--output", str(tmp_path / "a.json")).returncode == 0
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == "costmodel.analysis/1"
    run("analyze", LENET, "-o", str(tmp_path / "b.html"))
    assert "<table" in (tmp_path / "b.html").read_text()
    run("analyze", LENET, "-o", str(tmp_path / "c.html"), "-f", "csv")
    assert (tmp_path / "c.html").read_text().startswith("table,row,name,column,value,text\n")


def test_no_colour_where_nobody_sees_it(run: Run) -> None:
    assert "\x1b" not in run("check", LENET, "--rules", "haet-2021").stdout


def test_short_help_and_one_right_suggestion(run: Run) -> None:
    assert run("check", "-h").stdout == run("check", "--help").stdout
    wrong = run("analyze", LENET, "--optimizer", "adma")
    assert wrong.returncode == 3
    assert "did you mean 'adam'?" in wrong.stderr
    assert wrong.stderr.count("did you mean") == 1


def test_an_op_is_found_by_the_name_that_people_use(run: Run) -> None:
    assert run("ops", "conv2d").stdout.startswith(
        "conv2d: torch computes it with aten.convolution\n\naten.convolution,"
    )
    assert run("ops", "nn.ReLU").stdout.startswith("nn.ReLU: torch computes it with aten.relu\n")


class _Seen(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def test_common_names_are_computed_with_what_torch_runs() -> None:
    x, y = torch.randn(2, 4, 6, 6), torch.tensor([0, 1])
    images = torch.nn.Sequential(torch.nn.Conv2d(4, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.MaxPool2d(2))
    run = {
        "nn.Conv2d": lambda: images[0](x),
        "conv_transpose2d": lambda: F.conv_transpose2d(x, torch.randn(4, 3, 3, 3)),
        "BatchNorm2d": lambda: images[1](x),
        "instance_norm": lambda: F.instance_norm(x),
        "layer_norm": lambda: F.layer_norm(x, (6,)),
        "GroupNorm": lambda: F.group_norm(x, 2),
        "softmax": lambda: F.softmax(x, 1),
        "log_softmax": lambda: F.log_softmax(x, 1),
        "cross_entropy": lambda: F.cross_entropy(x[:, :, 0, 0], y),
        "max_pool2d": lambda: images[2](x),
        "adaptive_avg_pool2d": lambda: (F.adaptive_avg_pool2d(x, 1), F.adaptive_avg_pool2d(x, 3)),
        "pad": lambda: F.pad(x, (1, 1)),
        "nn.Linear": lambda: (torch.nn.Linear(6, 2)(x[0, 0]), torch.nn.Linear(6, 2, bias=False)(x[0, 0])),
        "einsum": lambda: torch.einsum("bchw,bdhw->bcd", x, x),
        "interpolate": lambda: (F.interpolate(x, 12), F.interpolate(x, 12, mode="bilinear")),
        "l1_loss": lambda: F.l1_loss(x, x + 1),
    }
    for name, call in run.items():
        seen = _Seen()
        with seen:
            call()  # type: ignore[no-untyped-call]
        assert computed_with(name), name
        assert set(computed_with(name)) <= seen.names, (name, seen.names)
        assert {f"aten.{op}" for op in computed_with(name)} <= {n for e in formulas().values() for n in e.names}, name


def test_a_file_to_start_from_is_valid_and_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    for word in ("hardware", "rules"):
        file = tmp_path / f"{word}.yaml"
        assert run(word, "init", str(file)).returncode == 0
        assert file.read_text(encoding="utf-8") == run(word, "init").stdout
        assert run(word, "validate", str(file)).returncode == 0
        assert run(word, "init", str(file)).returncode == 3
    machine = run("analyze", LENET, "--hardware", str(tmp_path / "hardware.yaml"), "-f", "json")
    assert json.loads(machine.stdout)["cost"]["complete"]
    judged = run("check", LENET, "--rules", str(tmp_path / "rules.yaml"), "--fact", "error_rate=15", "-f", "json")
    assert (judged.returncode, json.loads(judged.stdout)["points"]["total"]) == (0, 40)


def test_a_machines_own_file_is_shown(run: Run, in_root: Path) -> None:
    for name, file in (("eyeriss_like", "eyeriss_like.yaml"), ("a40", "gpu/a40.yaml")):
        text = (in_root / "hw_specs" / file).read_text(encoding="utf-8")
        assert run("hardware", "show", name, "--format", "yaml").stdout == text
