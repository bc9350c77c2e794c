"""Simulated reservations of timm models, for ``gpumemnet.csv``: ``python -m calibration.memory.features MEASURED.csv``.

MEASURED.csv has the columns ``model``, ``batch`` and ``measured_mib`` (the authors' fake_tensor.xlsx as text); timm has
to be installed. Two batches of each of up to seven models of a family are taken, in an order that a seed decides.
"""

from __future__ import annotations

import csv
import random
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from costmodel import trace
from costmodel.backends.gpu.memory.moments import step_on_cuda
from costmodel.backends.gpu.memory.replay import replay
from costmodel.backends.gpu.memory.workspaces import KINDS, Shares, Workspaces
from costmodel.errors import CostModelError

MEBIBYTE = 2**20
SHOWN_AT_MOST = 39_000
"""MiB: whatever showed more had filled the card."""
NONE = dict.fromkeys(KINDS, 0.0)
SEED, OF_A_FAMILY = 7, 7
SGD = {"lr": 0.05, "momentum": 0.9, "weight_decay": 2e-5}


def family(model: str) -> str:
    """``tf_efficientnet_b0`` is an efficientnet."""
    return re.split(r"[_\d]", re.sub(r"^(tf|test|legacy|gc|seresnext|)_", "", model))[0]


def features(model: str, batch: int) -> tuple[float, float, float]:
    """MiB that are allocated, reserved, and of the inputs, without workspaces of convolutions."""
    import timm

    net = timm.create_model(model, pretrained=False)
    size = "x".join(map(str, net.default_cfg.get("input_size", (3, 224, 224))))
    training = trace(net, input=size, batch=batch, loss="cross_entropy", optimizer="sgd", optimizer_options=SGD)
    step = training.phases[0].trace
    workspaces = Workspaces(trace=step, cublas=8_519_680, cublas_lt=MEBIBYTE, shares=Shares(NONE, NONE, NONE), room=0)
    peaks = replay(step_on_cuda(step, flash=True), workspaces, outputs_held=True, inputs_twice=False)
    return peaks.allocated / MEBIBYTE, peaks.reserved / MEBIBYTE, peaks.inputs / MEBIBYTE


def main() -> None:
    """Write the table to stdout."""
    measured: dict[str, dict[int, float]] = defaultdict(dict)
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            measured[row["model"]][int(row["batch"])] = float(row["measured_mib"])
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["model", "family", "batch", "measured_mib", "allocated_mib", "reserved_mib", "inputs_mib"])
    random.seed(SEED)
    names = sorted(measured)
    random.shuffle(names)
    taken: Counter[str] = Counter()
    for model in names:
        taken[family(model)] += 1
        if taken[family(model)] > OF_A_FAMILY:
            continue
        for batch in random.sample(sorted(measured[model]), 2):
            shown = measured[model][batch]
            if shown > SHOWN_AT_MOST:
                continue
            try:
                allocated, reserved, inputs = features(model, batch)
            except (CostModelError, RuntimeError) as error:
                print(f"{model}, batch {batch}: {error}", file=sys.stderr)
                break
            cells = (int(shown), round(allocated, 1), round(reserved), round(inputs, 2))
            writer.writerow([model, family(model), batch, *cells])


if __name__ == "__main__":
    main()
