"""Write a fit where the program reads it: constants.yaml beside the time model, and each card's own factors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from calibration.time.levenberg import Vector
from calibration.time.model import SAME_CHIP, Layout, spec_cards
from calibration.time.tables import Step
from costmodel.backends.gpu.time.constants import Constants, calibration_file
from costmodel.backends.gpu.time.kernel_table import Floats
from costmodel.hardware.gpu.cards import gpu_names, load_gpu
from costmodel.hardware.machines import spec_folder

FITTED_ON = (
    "whole steps of thirteen sources on V100, P100, K80, T4, A100, A40, RTX 3090, RTX 2080 Ti, TITAN RTX, TITAN Xp and "
    "GTX 1080 Ti; kernels of DeepBench and NeuSight on V100, P100 and T4; large products on cards from P4 to RTX 5090 "
    "(calibration/README.md)"
)
_COMMAND = "python -m calibration.time.fit --judge --write"
_UNITS = {"launch": "s", "prologue": "steps", "overlap": "exponent", "tile_exponent": "exponent",
          "grouped_width": "exponent", "grouped_width_last": "exponent", "wave_filling": "waves"}  # fmt: skip
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
    lines.append("architectures: # measured over expected, of all its cards")
    for name in layout.architectures:
        compute, tensor, memory = layout.architecture(x, name)
        lines.append(f"  {name}: {{compute: {compute:.3f}, tensor: {tensor:.3f}, memory: {memory:.3f}}}")
    lines += [
        "margins: # measured over estimated",
        f"  confidence: {CONFIDENCE}",
        f"  measured: {_said(margin(steps, families))}",
        f"  other: {_said(margin(*_with_kin(steps, cards)))}",
        f"  foreign: {_said(foreign_margin(steps, generations))}",
        f"  architectures: [{', '.join(sorted({load_gpu(step.card).architecture for step in steps}))}]",
        '  source: "5th and 95th percentile over steps whose family or card was left out of the fit, each card weighs '
        'the same; for other architectures the widest of those of cards whose architecture was left out, Kepler aside"',
        "host: # seconds a kernel",
        f"  low: {_HOSTS[0]:.1e}",
        f"  median: {_HOSTS[1]:.1e}",
        f"  high: {_HOSTS[2]:.1e}",
        '  source: "rounded from the fitted hosts: 10 (timm), 16 (Zeus), 52 and 65 microseconds (torchvision, 2020)"',
    ]
    calibration_file().write_text("\n".join(lines) + "\n", encoding="utf-8")
    whole = {SAME_CHIP.get(step.card, step.card) for step in steps}
    for name in gpu_names():
        chip = SAME_CHIP.get(name, name)
        if chip in layout.cards:
            _write_card(spec_folder() / "gpu" / f"{name}.yaml", x, layout, chip, chip in whole)


NOT_THE_CARD = ("torchvision-train", "timm-infer-1.13", "timm-infer-2.10", "timm-infer-2.40")
"""Sources whose steps are mostly the host's, or inference beside the same laboratory's training."""
OLDEST = "kepler"
"""No generation to come differs from those that were measured as Kepler does."""


def _ratios(steps: Sequence[Step], errors: Floats) -> dict[str, Floats]:
    """Measured over estimated, by card."""
    found: dict[str, list[float]] = {}
    for step, error in zip(steps, errors, strict=True):
        if step.source not in NOT_THE_CARD:
            found.setdefault(step.card, []).append(float(np.exp(-error)))
    return {card: np.array(ratios) for card, ratios in found.items()}


def _with_kin(steps: Sequence[Step], errors: Floats) -> tuple[list[Step], Floats]:
    """The steps on cards of whose architecture there is another one: an only card is of an architecture of its own."""
    cards = {step.card for step in steps}
    many = Counter(load_gpu(card).architecture for card in cards)
    kept = [i for i, step in enumerate(steps) if many[load_gpu(step.card).architecture] > 1]
    return [steps[i] for i in kept], errors[kept]


def margin(steps: Sequence[Step], errors: Floats) -> tuple[float, float]:
    """What holds nine of ten cases of what was left out, each card weighing the same."""
    of_card = _ratios(steps, errors)
    ratios = np.concatenate(list(of_card.values()))
    weights = np.concatenate([np.full(len(some), 1 / len(some)) for some in of_card.values()])
    order = np.argsort(ratios)
    reached = np.cumsum(weights[order]) / len(of_card)
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(ratios[order][np.searchsorted(reached, at)]) for at in (tail, 1 - tail))
    return low, high


def foreign_margin(steps: Sequence[Step], errors: Floats) -> tuple[float, float]:
    """What holds nine of ten cases of each architecture that was left out: there are too few for quantiles."""
    tail = (1 - CONFIDENCE) / 2
    lows, highs = [], []
    for card, ratios in _ratios(steps, errors).items():
        if load_gpu(card).architecture != OLDEST:
            lows.append(float(np.quantile(ratios, tail)))
            highs.append(float(np.quantile(ratios, 1 - tail)))
    return min(lows), max(highs)


def _said(ends: tuple[float, float]) -> str:
    return f"{{low: {ends[0]:.3f}, high: {ends[1]:.3f}}}"


def _write_card(path: Path, x: Vector, layout: Layout, chip: str, whole: bool) -> None:
    """A card's own factors; that of the memory stands where whole steps of it were measured."""
    card = layout.card(x, chip, spec_cards([chip]))
    name = path.stem
    text = path.read_text(encoding="utf-8").partition("\nfitted:")[0].rstrip("\n")
    of = "this card" if chip == name else f"{chip}, which has the same chip"
    source = f'  time_fit: "calibration/time, fitted on {of}{"" if whole else ": large products alone"}"'
    text = "\n".join(line for line in text.split("\n") if not line.startswith("  time_fit:"))
    text = text.replace("\nsources:\n", f"\nsources:\n{source}\n")
    factors = {"compute_factor": card.compute_factor}
    if card.tensor:
        factors["tensor_factor"] = card.tensor_factor
    if whole:
        factors["memory_factor"] = card.memory_factor
    text += "\nfitted:\n"
    for factor, value in factors.items():
        text += f"  {factor}: {{value: {value:.3f}, unit: measured over expected, source: time_fit}}\n"
    path.write_text(text, encoding="utf-8")
