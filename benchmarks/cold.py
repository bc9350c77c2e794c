"""A cold command line against ``python -c "import torch"``: CPU seconds of whole processes, side by side.

Each is started in turn, as often as the others; the medians are compared. No cache is read or written.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

from tabulate import tabulate

RUNS = 5
BAR = 1.4
RESNET = "examples/zoo/resnet.py:ResNet18"
_OURS = ("-m", "costmodel")
TORCH = ("-c", "import torch")
COLD = {
    "analyze ResNet-18": (*_OURS, "analyze", RESNET, "--no-cache"),
    "check ResNet-18 --rules haet-2021": (*_OURS, "check", RESNET, "--rules", "haet-2021", "--no-cache"),
    "check LeNet-5 --rules mit-lab2-2022": (
        *_OURS, "check", "examples/zoo/lenet.py:LeNet5", "--rules", "mit-lab2-2022", "--no-cache",
    ),
}  # fmt: skip


def cpu(words: tuple[str, ...]) -> float:
    """CPU seconds of one process, of its own and the system's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run((sys.executable, *words), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 2):  # without facts a rulebook leaves rules undecided
        sys.exit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> bool:
    """Print the ratios beside their bar."""
    taken: dict[str, list[float]] = {name: [] for name in ("import torch", *COLD)}
    for _ in range(RUNS):
        for name, words in {"import torch": TORCH, **COLD}.items():
            taken[name].append(cpu(words))
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    ratios = {name: seconds / medians["import torch"] for name, seconds in medians.items()}
    rows = [(name, f"{medians[name]:.2f}", f"{ratios[name]:.2f}", BAR if name in COLD else "") for name in medians]
    print(tabulate(rows, ("whole process", "CPU seconds", "import torch = 1", "bar"), disable_numparse=True))
    return all(ratios[name] <= BAR for name in COLD)
