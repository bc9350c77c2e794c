"""For the student: what does ResNet-18 on CIFAR-10 cost, and which rules does it keep?

Run it with ``make demo``, or ``python examples/01_student_check.py``. Nothing is trained: the step is recorded on
tensors that have shapes but no memory. The accuracy is a fact that only a training can give; here it is made up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import costmodel

MODEL = str(Path(__file__).parent / "zoo" / "resnet.py") + ":ResNet18"

TRAINING: dict[str, Any] = {
    "input": "3x32x32",
    "batch": 128,
    "samples": 50_000,
    "epochs": 200,
    "optimizer": "sgd",
    "optimizer_options": {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4},
}


def main() -> None:
    """Print the cost of a step and of the training, then both verdicts."""
    analysis = costmodel.analyze(MODEL, **TRAINING)
    print("1. What one training step and the whole training cost\n")
    print(costmodel.render(analysis))
    print("\n2. HAET 2021: least parameters + training operations, at 93 % accuracy or more (say, 95 %)\n")
    print(costmodel.render(costmodel.judge(analysis, "haet-2021", facts={"accuracy_percent": 95})))
    print("\n3. MIT Lab 2, 2022: hard constraints, points, energy and cycles on the lab's accelerator (say, error 5 %)")
    print("   The course's own search is re-enacted for every layer: some seconds, and kept in the cache.\n")
    verdict = costmodel.check(MODEL, "mit-lab2-2022", facts={"error_rate_percent": 5}, cache=True, **TRAINING)
    print(costmodel.render(verdict), end="")


if __name__ == "__main__":
    main()
