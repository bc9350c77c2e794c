"""``costmodel explore``: every point in the list, the front in the table."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from tests.cli.conftest import Run

NET = """
from torch import nn


def build(width=4, depth=1, kernel=3):
    layers = [nn.Conv2d(3, width, kernel, stride=4)]
    for _ in range(depth - 1):
        layers += [nn.ReLU(), nn.Conv2d(width, width, 1)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * 64, 10))
"""


def test_the_command_writes_every_point(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    words = ("explore", "net.py:build", "--vary", "width=4,8", "--vary", "depth=1:2", "--no-cache")
    done = run(*words, "-f", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["width"], row["depth"]) for row in rows] == [("4", "1"), ("4", "2"), ("8", "1"), ("8", "2")]
    assert [int(row["parameters"]) for row in rows] == [
        4 * 28 + 2570, 4 * 28 + 20 + 2570, 8 * 28 + 5130, 8 * 28 + 72 + 5130,
    ]  # fmt: skip
    shown = run(*words, cwd=tmp_path)
    assert "1 of 4 points that no other beats in parameters, operations, peak_activation_bytes" in shown.stdout
    (tmp_path / "runs.csv").write_text("width,depth,accuracy\n4,1,60%\n8,2,70%\n8,1,59%\n", encoding="utf-8")
    joined = run(*words, "--facts", "runs.csv", "-f", "csv", cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(joined.stdout)))
    assert [(row["accuracy_percent"], row["on_front"]) for row in rows] == [
        ("60.0", "yes"), ("", "no"), ("59.0", "no"), ("70.0", "yes"),
    ]  # fmt: skip
    wrong = run(*words, "--facts", "nothing.csv", cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout, "nothing.csv" in wrong.stderr) == (3, "", True)
    nothing = run("explore", "net.py:build", "--vary", "colour=1,2", "--no-cache", cwd=tmp_path)
    assert nothing.returncode == 2
    assert "colour" in nothing.stdout


def test_points_on_a_gpu_are_what_its_estimates_say(run: Run) -> None:
    words = ("examples/zoo/resnet.py:ResNet18", "--input", "3x32x32", "--hardware", "t4")
    done = run("explore", *words, "--vary", "batch=16,64", "--no-cache", "-f", "json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["front"] == ["parameters", "step_seconds", "card_bytes"]
    small, large = data["points"]
    assert large["figures"]["step_seconds"] > small["figures"]["step_seconds"]
    alone = json.loads(run("analyze", *words, "--batch", "64", "-f", "json").stdout)
    assert large["figures"]["step_seconds"] == alone["time"]["step_seconds"]["median"]
    assert large["figures"]["card_bytes"] == alone["memory"]["card_bytes"]["median"]
