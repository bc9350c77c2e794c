"""Fit the constants of the time model: ``python -m calibration.time.fit [--write]``; prints the error tables.

Least squares of log(estimate / measured), with large errors damped, held near first guesses (``GUESSES``; how far
each may move is ``model.SPREAD``). Judged by leaving out families (five folds), cards and architectures: no figure of
those tables saw its own case.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from calibration.time import model
from calibration.time.levenberg import Block, Vector, least_squares
from calibration.time.tables import (
    Group,
    Networks,
    Ratio,
    Singles,
    Step,
    groups,
    read_networks,
    read_ratios,
    read_singles,
    read_steps,
)
from calibration.time.write import write
from costmodel.backends.gpu.time.constants import Constants
from costmodel.backends.gpu.time.kernel_table import Floats
from costmodel.hardware.gpu.cards import load_gpu

_STEP_SCALE, _SINGLE_SCALE = 0.07, 0.2
"""Errors above these (in logarithms) count linearly, not squared."""
_PRIOR = 0.7
_WEIGHT = {
    "zeus": 1.5,
    "lambda": 2.0,
    "northcutt": 2.0,
    "lambda-tensorflow": 1.5,
    "torchvision-train": 0.3,
    "timm-train": 0.7,
}
"""What a step of a source weighs, 1 where nothing is said: few and independent ones more, host-bound ones less."""
_SINGLE_WEIGHT, _HALF_SINGLE, _TRAFFIC_SINGLE = 0.2, 0.2, 0.3
_RATIO = 4.0
"""What the ratio of two cards over hundreds of networks weighs."""
_PEAK = 1.5
"""The rate of one large product is known well, and a card's rows of it are few."""
_TRAFFIC_SOURCES = ("neusight-elementwise", "neusight-norm", "neusight-softmax")
"""What a single kernel weighs: of hundreds from one laboratory none counts like a step."""

GUESSES = Constants(
    product_fp32=0.9, product_tf32=0.8, product_half=0.75, convolution_fp32=0.9, convolution_tf32=0.7,
    convolution_half=0.7, input_gradient=0.85, weight_gradient=0.7, tile_exponent=0.08, prologue=40,
    wave_rounding=0.5, wave_filling=0.2, cache_rate=0.5, winograd_2=0.8, winograd_4=0.8, winograd_weight=1.0,
    winograd_transform=0.8, unaligned=0.8, unaligned_depthwise=0.8, layout_bytes=0.5, grouped_fp32=0.2,
    grouped_half=0.15, grouped_half_last=0.05, grouped_fast=0.3, grouped_width=0.5, grouped_width_last=0.2,
    grouped_input=0.9, grouped_weight=0.5, grouped_input_last=0.9, grouped_weight_last=0.6, depthwise_forward=0.33,
    depthwise_input=0.28, depthwise_weight=0.05, depthwise_forward_last=1.5, depthwise_input_last=1.5,
    depthwise_weight_last=1.0, products_bytes=0.75, depthwise_bytes=0.4, elementwise=0.75, normalization=0.6,
    normalization_backward=0.6, layer_norm=0.45, layer_norm_backward=0.3, softmax=0.5, pooling=0.5,
    pooling_backward=0.35, reduction=0.6, copy=0.6, indexing=0.3, optimizer=0.8, other=0.3, half_bytes=0.95,
    normalization_last=1.2, elementwise_last=1.1, copy_last=0.9, cache_boost=2.0, launch=3e-6, attention_half=0.35,
    attention_fp32=0.4, overlap=2.0, exceeded_boost=1.1, one_issue=0.9, slot_power=0.8, narrow_tensor=1.2,
    view_share=0.3,
)  # fmt: skip
"""First guesses: kernels' shares from NeuSight's and DeepBench's measurements, the rest by rule of thumb."""


class Fit:
    """Data and layout of one fit."""

    def __init__(self, steps: Sequence[Step], singles: Sequence[Singles], networks: Networks) -> None:
        named = {step.card for step in steps} | {part.card for part in singles}
        cards = sorted({model.SAME_CHIP.get(name, name) for name in named})
        architectures = sorted({load_gpu(card).architecture for card in cards})
        self.layout = model.Layout(tuple(cards), tuple(sorted({step.host for step in steps})), tuple(architectures))
        self.specs = model.spec_cards(sorted(named))
        self.groups = groups(steps, networks)
        self.singles = singles
        self.ratios = [(ratio, self._pair(ratio, networks)) for ratio in read_ratios() if self._seen(ratio, named)]
        self.weights = [np.array([_WEIGHT.get(s.source, 1.0) for s in group.steps]) for group in self.groups]

    def run(self, rounds: int, start: Vector | None = None) -> Vector:
        """The fitted vector."""
        guess, spread = self.layout.start(GUESSES)
        blocks = [self._of_steps(group, weights) for group, weights in zip(self.groups, self.weights, strict=True)]
        blocks += [self._of_kernels(part) for part in self.singles]
        blocks += [self._of_ratio(ratio, pair) for ratio, pair in self.ratios]
        blocks.append(Block(lambda x: _PRIOR * (x - guess) / spread, np.ones(len(guess), dtype=np.bool_)))
        return least_squares(blocks, guess if start is None else start, rounds)

    @staticmethod
    def _seen(ratio: Ratio, cards: set[str]) -> bool:
        return {ratio.faster, ratio.slower} <= cards

    def _pair(self, ratio: Ratio, networks: Networks) -> list[Group]:
        """The steps of a ratio, on the slower card and on the faster one."""
        steps = [s for s in read_steps() if s.source == ratio.of and s.running.layout == ratio.layout]
        return [groups([replace(s, card=card) for s in steps], networks)[0] for card in (ratio.slower, ratio.faster)]

    def _of_ratio(self, ratio: Ratio, pair: Sequence[Group]) -> Block:
        def residuals(x: Vector) -> Vector:
            slow, fast = model.step_errors(x, self.layout, self.specs, pair)
            found: Vector = np.array([np.mean(slow - fast) - np.log(ratio.ratio)])
            return _RATIO * _damped(found, _STEP_SCALE)

        return Block(residuals, self.layout.depends([ratio.slower, ratio.faster], [pair[0].steps[0].host]))

    def _of_steps(self, group: Group, weights: Floats) -> Block:
        def residuals(x: Vector) -> Vector:
            return weights * _damped(model.step_errors(x, self.layout, self.specs, [group])[0], _STEP_SCALE)

        return Block(residuals, self.layout.depends([group.card], [step.host for step in group.steps]))

    def _of_kernels(self, part: Singles) -> Block:
        weight = _single_weight(part)

        def residuals(x: Vector) -> Vector:
            return weight * _damped(model.single_errors(x, self.layout, self.specs, [part])[0], _SINGLE_SCALE)

        return Block(residuals, self.layout.depends([part.card], []))


def _single_weight(part: Singles) -> float:
    if part.source.startswith("torch-product"):
        return _PEAK
    if part.source.endswith("-half"):
        return _HALF_SINGLE
    return _TRAFFIC_SINGLE if part.source in _TRAFFIC_SOURCES else _SINGLE_WEIGHT


def _damped(error: Floats, scale: float) -> Floats:
    """Pseudo-Huber: squared near zero, linear far away."""
    damped: Floats = np.sign(error) * np.sqrt(2 * (np.sqrt(1 + (error / scale) ** 2) - 1))
    return damped


def usable(steps: Sequence[Step]) -> list[Step]:
    """The steps that enter a fit.

    Left out is half precision where nobody uses it today: on a card without tensor cores, and by cuDNN 7.0 (2017),
    whose kernels for tensor cores were half as fast as those of two years later.
    """
    return [step for step in steps if not (step.network.endswith("/half") and (step.card == "titan-xp" or _old(step)))]


def _old(step: Step) -> bool:
    return step.card == "v100-sxm2-16gb" and step.source in ("u39kun", "mxnet")


def line(title: str, errors: Floats) -> str:
    """Median, bias, 90th percentile and worst of some errors."""
    size = np.abs(np.expm1(errors))
    worst = np.exp(errors[np.argmax(np.abs(errors))])
    return (
        f"{title:44s} {len(errors):4d}  median {100 * np.median(size):5.1f} %  90 % within "
        f"{100 * np.quantile(size, 0.9):5.1f} %  bias {np.exp(np.median(errors)):.2f}  worst {worst:.2f}"
    )


def table(title: str, steps: Sequence[Step], errors: Floats) -> None:
    """Errors by source, card, layout and precision."""
    print(f"\n{title}")
    kinds = dict.fromkeys((s.source, s.card, s.running.layout, s.running.precision or "default") for s in steps)
    for kind in kinds:
        mine = [i for i, s in enumerate(steps)
                if (s.source, s.card, s.running.layout, s.running.precision or "default") == kind]  # fmt: skip
        print(line(" ".join(kind), errors[mine]))


_WORST = 12


def worst(steps: Sequence[Step], errors: Floats) -> None:
    """The cases that are furthest off."""
    print("\nThe worst of them (estimate over measured)")
    for index in np.argsort(-np.abs(errors))[:_WORST]:
        step = steps[index]
        print(f"{np.exp(errors[index]):5.2f}  {step.network} {step.card} {step.running.layout} ({step.source})")


def errors_of(fit: Fit, x: Vector, steps: Sequence[Step], networks: Networks) -> Floats:
    """Errors of any steps under a fit, in their order; a card that the fit did not see has factors of 1."""
    specs = {**fit.specs, **model.spec_cards(sorted({s.card for s in steps}))}
    parts = groups(steps, networks)
    found = model.step_errors(x, fit.layout, specs, parts)
    by_step = {id(step): error for part, errors in zip(parts, found, strict=True)
               for step, error in zip(part.steps, errors, strict=True)}  # fmt: skip
    return np.array([by_step[id(step)] for step in steps])


def by_family(steps: Sequence[Step], singles: Sequence[Singles], networks: Networks, full: tuple[Fit, Vector],
              rounds: int) -> Floats:  # fmt: skip
    """Errors of every step under a fit that saw no step of its family."""
    families = sorted({step.family for step in steps})
    random.Random(11).shuffle(families)
    errors = np.zeros(len(steps))
    for fold in range(FOLDS):
        out = set(families[fold::FOLDS])
        fit = Fit(usable([s for s in steps if s.family not in out]), singles, networks)
        x = fit.run(rounds, _moved(fit, *full))
        mine = [i for i, step in enumerate(steps) if step.family in out]
        errors[mine] = errors_of(fit, x, [steps[i] for i in mine], networks)
    return errors


def by_card(steps: Sequence[Step], singles: Sequence[Singles], networks: Networks, full: tuple[Fit, Vector],
            rounds: int) -> Floats:  # fmt: skip
    """Errors of every step under a fit that saw nothing of its card; its host is one of those that were seen."""
    return _without(steps, singles, networks, full, rounds, lambda card: card)


def by_architecture(steps: Sequence[Step], singles: Sequence[Singles], networks: Networks,
                    full: tuple[Fit, Vector], rounds: int) -> Floats:  # fmt: skip
    """Errors of every step under a fit that saw no card of its card's architecture."""
    return _without(steps, singles, networks, full, rounds, lambda card: load_gpu(card).architecture)


def _without(
    steps: Sequence[Step],
    singles: Sequence[Singles],
    networks: Networks,
    full: tuple[Fit, Vector],
    rounds: int,
    group: Callable[[str], str],
) -> Floats:
    errors = np.zeros(len(steps))
    for out in sorted({group(step.card) for step in steps}):
        rest = [step for step in steps if group(step.card) != out]
        fit = Fit(usable(rest), [part for part in singles if group(part.card) != out], networks)
        x = fit.run(rounds, _moved(fit, *full))
        mine = [i for i, step in enumerate(steps) if group(step.card) == out]
        errors[mine] = errors_of(fit, x, [steps[i] for i in mine], networks)
    return errors


FOLDS = 5
JUDGED_ROUNDS = 2
"""A fit on fewer cases starts from the whole one, and is soon there."""


def _moved(fit: Fit, full: Fit, found: Vector) -> Vector:
    """A start for a fit on fewer cases: what the whole fit found, as far as the two have it in common.

    The start decides how soon the minimum is found, not where it is.
    """
    start, _ = fit.layout.start(GUESSES)
    known = dict(zip(full.layout.keys(), found, strict=True))
    return np.array([known.get(key, value) for key, value in zip(fit.layout.keys(), start, strict=True)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, judge, and write if asked."""
    parser = argparse.ArgumentParser(prog="python -m calibration.time.fit", description=__doc__)
    parser.add_argument("--rounds", type=int, default=16, help="rounds of the whole fit")
    parser.add_argument("--judge", action="store_true", help="leave families and cards out, too (a quarter of an hour)")
    parser.add_argument("--write", action="store_true", help="with --judge: write constants.yaml and hw_specs/gpu")
    parser.add_argument("--save", type=Path, help="where the vector is kept (.npy)")
    parser.add_argument("--start", type=Path, help="a vector that was kept")
    words = parser.parse_args(arguments)
    networks: Networks = read_networks()
    steps, singles = read_steps(), read_singles()
    fit = Fit(usable(steps), singles, networks)
    x = fit.run(words.rounds, np.load(words.start) if words.start else None)
    if words.save:
        np.save(words.save, x)
    table("In the fit", steps, errors_of(fit, x, steps, networks))
    for part, error in zip(singles, model.single_errors(x, fit.layout, fit.specs, singles), strict=True):
        print(line(f"{part.source} {part.card}", error))
    for name, value in zip(model.NAMES, np.exp(x), strict=False):
        print(f"{name:24s} {value:.4g}")
    for card in fit.layout.cards:
        own = fit.layout.card(x, card, fit.specs)
        print(
            f"{card:24s} compute {own.compute_factor:.2f}  tensor {own.tensor_factor:.2f}  "
            f"memory {own.memory_factor:.2f}"
        )
    for name in fit.layout.architectures:
        print(f"{name:24s}", *(f"{value:.2f}" for value in fit.layout.architecture(x, name)))
    for host in fit.layout.hosts:
        print(f"{host:24s} {fit.layout.host(x, host) * 1e6:.1f} µs a kernel")
    if words.judge:
        families = by_family(steps, singles, networks, (fit, x), JUDGED_ROUNDS)
        table("Families left out", steps, families)
        worst(steps, families)
        cards = by_card(steps, singles, networks, (fit, x), JUDGED_ROUNDS)
        table("Cards left out", steps, cards)
        generations = by_architecture(steps, singles, networks, (fit, x), JUDGED_ROUNDS)
        table("Architectures left out", steps, generations)
        if words.save:
            np.savez(words.save.with_suffix(".npz"), families=families, cards=cards, generations=generations)
        if words.write:
            kept = [i for i, step in enumerate(steps) if step in usable([step])]
            write(x, fit.layout, [steps[i] for i in kept], families[kept], cards[kept], generations[kept])
    sys.stdout.flush()


if __name__ == "__main__":
    main()
