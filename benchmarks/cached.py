"""A repeated ``analyze`` of an unchanged subject, and ``--help``: wall seconds of whole processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

from tabulate import tabulate

RUNS = 5
CACHED, HELP = 0.5, 0.3


def wall(*words: str, cache: str) -> float:
    """Wall seconds of one process."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "costmodel", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "COSTMODEL_CACHE": cache},
    )
    return time.perf_counter() - start


def main() -> bool:
    """Print the medians beside their bars."""
    words = ("analyze", "examples/zoo/resnet.py:ResNet18", "--batch", "128")
    with tempfile.TemporaryDirectory() as cache:
        first = wall(*words, cache=cache)
        again = statistics.median(wall(*words, cache=cache) for _ in range(RUNS))
        help_ = statistics.median(wall("--help", cache=cache) for _ in range(RUNS))
    rows = [
        ("analyze ResNet-18, first time", f"{first:.2f}", ""),
        ("analyze ResNet-18, repeated", f"{again:.2f}", CACHED),
        ("--help", f"{help_:.2f}", HELP),
    ]
    print(tabulate(rows, ("whole process", "wall seconds", "bar")))
    return again <= CACHED and help_ <= HELP
