"""GPU estimates against their bars: seconds with families and cards left out, what was held out, and their own cost."""

from __future__ import annotations

import time

import numpy as np

from calibration.time import fit as fitting
from calibration.time.tables import Step, read_networks, read_singles, read_steps
from calibration.time.write import NOT_THE_CARD
from costmodel.backends.gpu.options import GpuOptions
from costmodel.backends.gpu.training import estimate_training
from costmodel.hardware.gpu.cards import load_gpu
from costmodel.passes.kernels import kernels_of_training
from costmodel.passes.summary import summarise
from costmodel.passes.work import count
from costmodel.tracing.description import describe
from costmodel.tracing.training import planned_and_traced, trace_training

_ROUNDS = 16
FAMILY_MEDIAN, FAMILY_NINETY = 0.08, 0.20
CARD_MEDIAN = 0.12
FP32_MEDIAN, FP32_NINETY = 0.10, 0.35
COST = 0.20

_NETWORKS = (
    ("examples/zoo/resnet.py:ResNet18", "3x32x32"),
    ("examples/zoo/resnet.py:ResNet50", "3x224x224"),
    ("examples/zoo/transformer.py:ViT", "3x224x224"),
    ("examples/zoo/mobilenet.py:MobileNetV2", "3x224x224"),
)
_LEAST_BATCH = 64


def main() -> bool:
    """Print the tables; True if every bar is met. A quarter of an hour on an idle core."""
    networks = read_networks()
    steps, singles = read_steps(), read_singles()
    fit = fitting.Fit(fitting.usable(steps), singles, networks)
    whole = fit, fit.run(_ROUNDS)
    families = fitting.by_family(steps, singles, networks, whole, fitting.JUDGED_ROUNDS)
    cards = fitting.by_card(steps, singles, networks, whole, fitting.JUDGED_ROUNDS)

    def size(errors: np.ndarray, chosen: list[int]) -> tuple[float, float]:
        off = np.abs(np.expm1(errors[chosen]))
        return float(np.median(off)), float(np.quantile(off, 0.9))

    held = []
    for layout in ("nchw", "nhwc"):
        chosen = [i for i, s in enumerate(steps) if s.source == "timm-train" and s.running.layout == layout]
        median, ninety = size(families, chosen)
        print(f"3090, AMP, {layout}, family left out ({len(chosen)}): median {median:.1%} (bar {FAMILY_MEDIAN:.0%}), "
              f"90 % within {ninety:.1%} (bar {FAMILY_NINETY:.0%})")  # fmt: skip
        held += [median <= FAMILY_MEDIAN, ninety <= FAMILY_NINETY]
    busy = [i for i, s in enumerate(steps) if s.source not in NOT_THE_CARD and fitting.usable([s])]
    medians = []
    for card in sorted({s.card for s in steps}):
        chosen = [i for i in busy if steps[i].card == card]
        if chosen:
            median, ninety = size(cards, chosen)
            medians.append(median)
            print(f"{card} left out ({len(chosen)}): median {median:.1%}, 90 % within {ninety:.1%}")
    print(f"median over cards {np.median(medians):.1%} (bar {CARD_MEDIAN:.0%})")
    held.append(float(np.median(medians)) <= CARD_MEDIAN)
    fp32 = [i for i in busy if steps[i].family == "resnet" and _large_fp32(steps[i])]
    for what, errors in (("family", families), ("card", cards)):
        median, ninety = size(errors, fp32)
        print(f"FP32 ResNets, batch 64 and more, {what} left out ({len(fp32)}): median {median:.1%} "
              f"(bar {FP32_MEDIAN:.0%}), 90 % within {ninety:.1%} (bar {FP32_NINETY:.0%})")  # fmt: skip
        held += [median <= FP32_MEDIAN, ninety <= FP32_NINETY]
    return all(held) and _cost()


def _large_fp32(step: Step) -> bool:
    """FP32 of a batch of 64 and more, as names in steps.csv end: …/BATCH/PRECISION; Kepler has bars of its own."""
    plain = step.running.precision == "fp32" and step.running.layout == "nchw"
    batch = step.network.split("/")[-2]
    return plain and step.card != "k80" and batch.isdigit() and int(batch) >= _LEAST_BATCH


def _cost() -> bool:
    """What an estimate takes, over the analysis that it stands on (trace, counts, summary)."""
    card = load_gpu("v100-sxm2-16gb")
    shares = []
    for reference, shape in _NETWORKS:
        best = [float("inf")] * 2
        for _ in range(3):
            start = time.perf_counter()
            words = {"input": shape, "batch": _LEAST_BATCH, "optimizer": "sgd"}
            plan, training = planned_and_traced(reference, words, None, trace_training)
            counts = count(training.phases[0].trace)
            summarise(training, describe(plan, training, random=True, digest=""), counts=counts)
            between = time.perf_counter()
            kernels = kernels_of_training(training, counts)
            estimate_training(training, kernels, counts, card, GpuOptions(), phase="training")
            end = time.perf_counter()
            best = [min(best[0], between - start), min(best[1], end - between)]
        shares.append(best[1] / best[0])
        print(f"{reference}: estimate {best[1]:.3f} s, analysis {best[0]:.3f} s, {shares[-1]:.1%} (bar {COST:.0%})")
    return float(np.median(shares)) <= COST
