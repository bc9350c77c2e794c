"""1,000 LeNet-sized networks with official energy and cycles, on two cores and with an empty cache: wall seconds."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

POINTS, BAR = 1000, 180.0

NET = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self, a=6, b=16, f=120):
        super().__init__(
            nn.Conv2d(3, a, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(a, b, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(b * 25, f), nn.ReLU(), nn.Linear(f, 10),
        )
"""


def main() -> bool:
    """Print the seconds beside their bar."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "net.py").write_text(NET, encoding="utf-8")
        words = ("explore", "net.py:Net", "--vary", "a=4:13", "--vary", "b=8:26:2", "--vary", "f=60:150:10")
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "costmodel", *words, "--rules", "mit-lab2-2022", "--jobs", "2", "-f", "csv"],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "COSTMODEL_CACHE": f"{folder}/cache", "PYTHONPATH": str(Path(__file__).parents[1])},
        )
        taken = time.perf_counter() - start
    print(tabulate([(f"explore {POINTS} points", f"{taken:.0f}", BAR)], ("work", "wall seconds", "bar")))
    return taken <= BAR
