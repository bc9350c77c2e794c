"""For the student: what does ResNet-18 on CIFAR-10 cost, and which rules does it keep?

Run it with ``make demo``, or ``python examples/01_student_check.py``. Nothing is trained: the step is recorded on
tensors that have shapes but no memory. The accuracy is a fact that only a training can give; here it is claimed.
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
    print("\n2. HAET 2021: least parameters + training operations, at 93 % accuracy or more (claimed: 95 %)\n")
    print(costmodel.render(costmodel.judge(analysis, "haet-2021", facts={"accuracy": 95})))
    print("\n3. MIT Lab 2, 2022: hard constraints and points (error 5 % claimed; energy and latency not known yet)\n")
    print(costmodel.render(costmodel.judge(analysis, "mit-lab2-2022", facts={"error_rate": 5})), end="")


if __name__ == "__main__":
    main()
