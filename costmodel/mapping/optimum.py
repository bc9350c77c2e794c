"""The best mapping there is: least cycles, then least energy, over the whole constrained mapspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from costmodel.mapping.arrangement import Arrangement, mapping_of
from costmodel.mapping.buffer_choices import Setting, allowed, private_energy, usages
from costmodel.mapping.course_search import course_search
from costmodel.mapping.evaluate import evaluate
from costmodel.mapping.evaluation import Evaluation
from costmodel.mapping.found import Found
from costmodel.mapping.inner_choices import Innermost, inner_choices
from costmodel.mapping.machine import Machine
from costmodel.mapping.outer_split import outer_splits
from costmodel.mapping.problem import Problem
from costmodel.mapping.stationary_machine import PAD, Spread, recognised, widest_spreads

INNERMOST: tuple[Innermost, ...] = ("P", "Q", "C", "M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An arrangement and the energy that the closed form gives it."""

    energy_pj: float
    arrangement: Arrangement


def optimum(problem: Problem, machine: Machine) -> Found:
    """The lexicographic optimum; ``proven`` says whether that is certain.

    Certain for convolutions and fully connected layers on the lab's hierarchy under behaviour D, and under B where
    the mapping found has the least cycles. Elsewhere the course's search is the fallback, without a proof.
    """
    if problem.depthwise or not recognised(machine, depthwise=False):
        return course_search(problem, machine)
    capacity = machine.levels[PAD].entries or 0
    kernel = problem.R * problem.S
    if kernel > capacity:
        return _none(f"no mapping: R·S = {kernel} weights do not fit {machine.levels[PAD].name} ({capacity} words)")
    spreads = widest_spreads(problem, machine)
    if not spreads:
        return _none("no mapping: the fixed spatial factors exceed the fan-out")
    best: Candidate | None = None
    for spread in spreads:
        for candidate in _candidates(problem, machine, spread):
            if best is None or candidate.energy_pj < best.energy_pj:
                best = candidate
    if best is None:  # behaviour B alone: DRAM may not reduce, which may cost cycles
        return course_search(problem, machine)
    mapping = mapping_of(problem, machine, best.arrangement)
    return Found(mapping=mapping, evaluation=evaluate(problem, machine, mapping), proven=machine.behaviour != "A")


def _none(reason: str) -> Found:
    return Found(mapping=None, evaluation=Evaluation(valid=False, because=reason), proven=True)


def _candidates(problem: Problem, machine: Machine, spread: Spread) -> Iterator[Candidate]:
    """Per innermost DRAM loop, resting register and use of the buffer the best DRAM split."""
    setting = setting_of(problem, machine, spread)
    splits = outer_splits(problem, spread)
    capacity = machine.levels[PAD].entries or 0
    for innermost in INNERMOST:
        for inner in inner_choices(problem, splits, capacity, innermost, setting.steps, problem.R * problem.S):
            private, used = private_energy(setting, inner), usages(setting, splits, innermost, inner)
            for choice in range(8):
                energy = private
                for v in range(3):
                    energy = energy + (used[v].keep_pj if choice >> v & 1 else used[v].bypass_pj)
                energy = np.where(allowed(setting, splits, used, choice), energy, np.inf)
                column = int(np.argmin(energy))
                if energy[column] == np.inf:
                    continue
                yield Candidate(
                    energy_pj=float(energy[column]),
                    arrangement=Arrangement(
                        spread=spread,
                        outer=tuple((dim, int(values[column])) for dim, values in splits.outer.items()),
                        innermost=innermost,
                        resting=inner.resting,
                        reach=inner.reach,
                        pad=int(inner.pad[column]),
                        choice=choice,
                    ),
                )


def setting_of(problem: Problem, machine: Machine, spread: Spread) -> Setting:
    """What all columns of a spread share."""
    c, m, n = spread.of("C"), spread.of("M"), spread.of("N")
    outputs = problem.N * problem.M * problem.P * problem.Q
    return Setting(
        machine=machine,
        steps=problem.macs // spread.width,
        width=spread.width,
        groups=(c * m, c * n, m * n),
        outputs=outputs,
        first_outputs=outputs // (m * n),
        mac_pj=machine.mac_pj * problem.macs,
    )
