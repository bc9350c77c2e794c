"""Write a fit where the program reads it: constants.yaml beside the time model, and each card's own factors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from calibration.time.levenberg import Vector
from calibration.time.model import Layout
from calibration.time.tables import Step
from costmodel.backends.gpu.time.constants import Constants, calibration_file
from costmodel.backends.gpu.time.kernel_table import Floats
from costmodel.hardware.gpu.cards import gpu_names, load_gpu
from costmodel.hardware.machines import spec_folder

FITTED_ON = (
    "timm on an RTX 3090, torchvision on A100 and TITAN Xp, ResNets on A40, RTX 3090, A100, RTX 2080 Ti, TITAN RTX, "
    "TITAN Xp, GTX 1080 Ti and V100, ShuffleNetV2 on V100; "
    "kernels of DeepBench and NeuSight on V100, P100 and T4 (calibration/README.md)"
)
_COMMAND = "python -m calibration.time.fit --judge --write"
_UNITS = {"launch": "s", "prologue": "steps", "overlap": "exponent", "tile_exponent": "exponent",
          "grouped_width": "exponent", "grouped_width_last": "exponent"}  # fmt: skip
SAME_CHIP = {
    "v100-sxm2-32gb": "v100-sxm2-16gb",
    "p100-pcie-12gb": "p100-pcie-16gb",
    "p100-sxm2": "p100-pcie-16gb",
    "a100-sxm4-80gb": "a100-sxm4-40gb",
    "a100-pcie-80gb": "a100-pcie-40gb",
    "rtx-6000": "titan-rtx",
    "rtx-8000": "titan-rtx",
}
"""Cards that nobody measured, and the card with their chip."""
CONFIDENCE = 0.9
_HOSTS = (8e-6, 15e-6, 45e-6)


def write(
    x: Vector, layout: Layout, steps: Sequence[Step], families: Floats, cards: Floats, generations: Floats
) -> None:
    """Constants, margins and cards.

    Args:
        x: the fitted vector.
        layout: of it.
        steps: all cases.
        families: errors of the cases when their family was left out, log(estimate / measured).
        cards: errors of the cases when their card was left out.
        generations: errors of the cases when all cards of their card's architecture were left out.
    """
    constants = layout.constants(x)
    lines = [
        "# Constants of the time model. Written by calibration/time/write.py: change the fit, not this file.",
        f'fitted_on: "{FITTED_ON}"',
        f'command: "{_COMMAND}"',
        "constants:",
    ]
    for field in fields(Constants):
        value = getattr(constants, field.name)
        unit = _UNITS.get(field.name, "ratio")
        lines.append(f"  {field.name}: {{value: {value:.4g}, unit: {unit}, source: fitted}}")
    lines += [
        "margins: # measured over estimated",
        f"  confidence: {CONFIDENCE}",
        f"  measured: {_margin(steps, families)}",
        f"  other: {_margin(steps, cards)}",
        f"  foreign: {_margin(steps, generations)}",
        f"  architectures: [{', '.join(sorted({load_gpu(step.card).architecture for step in steps}))}]",
        '  source: "5th and 95th percentile over training steps whose family, card or architecture was left out of the '
        'fit; each card weighs the same"',
        "host: # seconds a kernel",
        f"  low: {_HOSTS[0]:.1e}",
        f"  median: {_HOSTS[1]:.1e}",
        f"  high: {_HOSTS[2]:.1e}",
        '  source: "rounded from the fitted hosts: 10 (timm), 16 (Zeus), 52 and 65 microseconds (torchvision, 2020)"',
    ]
    calibration_file().write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name in gpu_names():
        chip = SAME_CHIP.get(name, name)
        if chip in layout.cards:
            _write_card(spec_folder() / "gpu" / f"{name}.yaml", x, layout, chip, name)


WHOLE_STEPS = ("timm-train", "zeus", "lambda", "northcutt", "lambda-tensorflow")
"""Sources whose steps keep the card busy; the others' are the host's."""


def _margin(steps: Sequence[Step], errors: Floats) -> str:
    chosen = [i for i, step in enumerate(steps) if step.source in WHOLE_STEPS]
    of_card = Counter(steps[i].card for i in chosen)
    weights = np.array([1 / of_card[steps[i].card] for i in chosen])
    ratios = np.exp(-errors[chosen])
    order = np.argsort(ratios)
    reached = np.cumsum(weights[order]) / weights.sum()
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(ratios[order][np.searchsorted(reached, at)]) for at in (tail, 1 - tail))
    return f"{{low: {low:.3f}, high: {high:.3f}}}"


def _write_card(path: Path, x: Vector, layout: Layout, chip: str, name: str) -> None:
    index = 2 * layout.cards.index(chip) + len(fields(Constants))
    compute, memory = np.exp(x[index : index + 2])
    text = path.read_text(encoding="utf-8").partition("\nfitted:")[0].rstrip("\n")
    of = "this card" if chip == name else f"{chip}, which has the same chip"
    source = f'  time_fit: "calibration/time, fitted on {of}"'
    text = "\n".join(line for line in text.split("\n") if not line.startswith("  time_fit:"))
    text = text.replace("\nsources:\n", f"\nsources:\n{source}\n")
    unit = "measured over expected"
    text += (
        f"\nfitted:\n  compute_factor: {{value: {compute:.3f}, unit: {unit}, source: time_fit}}\n"
        f"  memory_factor: {{value: {memory:.3f}, unit: {unit}, source: time_fit}}\n"
    )
    path.write_text(text, encoding="utf-8")
