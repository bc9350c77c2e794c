"""What the wall costs: sandbox start to trace back, less the tracing, beside a bare Python that imports torch.

Both sides are CPU-bound start-up; wall seconds, alternating, the best of each: the rest is what other programs took.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tabulate import tabulate

from costmodel.grading.walled_trace import trace_behind_wall
from costmodel.sandbox.probe import probe

ROUNDS = 7
BAR = 1.3
SUBMISSION = Path("examples/zoo/lenet.py")
SETTINGS = {"input": "3x32x32", "batch": 4}

TRACING = """
import sys, time
from pathlib import Path
from costmodel.grading.child.entry import trace
from costmodel.tracing.finding.choice import choose
from costmodel.grading.child.messages import Wanted
start = time.perf_counter()
trace(Path(sys.argv[1]), Wanted(settings={"input": "3x32x32", "batch": 4}))
print(time.perf_counter() - start)
"""
"""The child's own tracing, in the same state of imports, without a wall; what it prints is subtracted."""


def bare() -> float:
    """Seconds of ``python -c 'import torch'``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return time.perf_counter() - start


def tracing() -> float:
    """Seconds that the child spends on the submission after torch and the tracer are imported."""
    words = [sys.executable, "-s", "-B", "-c", TRACING, str(SUBMISSION)]
    result = subprocess.run(
        words, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ".", "OMP_NUM_THREADS": "1"}
    )
    return float(result.stdout)


def walled(wall: str) -> float:
    """Seconds from the start of the sandbox to the checked trace."""
    start = time.perf_counter()
    result = trace_behind_wall(SUBMISSION, None, SETTINGS, wall=wall)
    assert result.notice is None, result.notice
    return time.perf_counter() - start


def main() -> bool:
    """Print a row per wall that works here; true if the best one meets the bar."""
    names = [status.wall for status in probe() if status.works]
    walled(names[0])  # this process imports torch and the formulas once, for all submissions
    best = {name: float("inf") for name in ("torch", "tracing", *names)}
    for _ in range(ROUNDS):
        best["torch"] = min(best["torch"], bare())
        best["tracing"] = min(best["tracing"], tracing())
        for name in names:
            best[name] = min(best[name], walled(name))
    costs = {name: best[name] - best["tracing"] for name in names}
    rows: list[tuple[object, ...]] = [("python -c 'import torch'", best["torch"], None, "")]
    rows += [("tracing alone", best["tracing"], None, "")]
    rows += [(f"{name}, without tracing", cost, cost / best["torch"], BAR) for name, cost in costs.items()]
    print(tabulate(rows, ("LeNet-5 behind the wall", "seconds", "ratio", "bar"), floatfmt=".2f"))
    return costs[names[0]] / best["torch"] <= BAR
