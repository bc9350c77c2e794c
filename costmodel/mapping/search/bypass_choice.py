"""The best of all bypass choices of one nest, however many level and data space pairs are free.

Energy is a sum over data spaces; only capacity, bandwidth and behaviour B's rule couple them. So every data space's
own choices are costed once and combined, the cheapest first, with a bound.

With n free pairs there are 2^n choices of a nest, but only 2^(free levels of one data space) to be costed for each data
space. Branch and bound over the three: a partial choice needs at least the nest's temporal iterations (throttling only
adds cycles), and its energy plus the cheapest choice of each data space still open, whether these fit together or not.
An objective never ranks fewer cycles and less energy behind (``mapping.objective``), so a partial choice whose bound is
not before the best cannot lead to a better one; nor can the dearer choices after it in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costmodel.mapping.cost.counters import Counters, access_energy, counters, throttled_cycles
from costmodel.mapping.cost.geometry import OUTPUTS
from costmodel.mapping.cost.nest import LevelLoops, Nest, nest_of
from costmodel.mapping.cost.traffic import traffic_of
from costmodel.mapping.objective import Cost, Objective
from costmodel.mapping.problem import DATASPACES
from costmodel.mapping.space.bypasses import KeptLevels
from costmodel.mapping.space.mapspace import Mapspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One data space kept on some levels: energy of all its accesses, counters, words on each level."""

    kept: tuple[int, ...]
    energy_pj: float
    counters: tuple[Counters, ...]
    words: tuple[tuple[int, int], ...]


def best_choice(space: Mapspace, levels: Sequence[LevelLoops], objective: Objective) -> tuple[Cost, KeptLevels] | None:
    """Cost and choice of the best valid bypass of a nest; None where none is valid."""
    nest = nest_of(levels, len(space.geometry.bounds))
    options = [_options(space, nest, v) for v in range(len(DATASPACES))]
    if not all(options):
        return None
    least = [min(option.energy_pj for option in found) for found in options]
    best: tuple[Cost, KeptLevels] | None = None

    def descend(v: int, energy: float, chosen: tuple[Option, ...]) -> None:
        nonlocal best
        if v == len(options):
            cost = throttled_cycles(space.machine, nest.compute, [c for one in chosen for c in one.counters]), energy
            if best is None or objective.rank(cost) < objective.rank(best[0]):
                best = cost, tuple(one.kept for one in chosen)
            return
        for option in options[v]:
            total = energy + option.energy_pj
            bound = nest.compute, total + sum(least[v + 1 :])
            if best is not None and objective.rank(bound) >= objective.rank(best[0]):
                return  # the others need more energy still
            if _fits(space, (*chosen, option)):
                descend(v + 1, total, (*chosen, option))

    descend(0, space.machine.mac_pj * space.problem.macs, ())
    return best


def _options(space: Mapspace, nest: Nest, v: int) -> list[Option]:
    """All choices of one data space that fit alone, the cheapest first."""
    levels = space.machine.levels
    traffic = traffic_of(space.geometry, space.machine, nest, v, space.bypasses.anywhere[v])
    size = {s: space.geometry.size(v, nest.reach[s]) for s in space.bypasses.anywhere[v]}
    found = []
    for kept in space.bypasses.by_dataspace[v]:
        words = tuple((s, size[s]) for s in kept if levels[s].entries is not None)
        if any(amount > (levels[s].entries or 0) for s, amount in words):
            continue
        counts = counters(traffic, v, kept)
        if v == OUTPUTS and space.reduces_outside(counts):
            continue
        energy = sum(access_energy(levels[o.level], o) * nest.replication[o.level] for o in counts)
        found.append(Option(kept=kept, energy_pj=energy, counters=counts, words=words))
    return sorted(found, key=lambda option: option.energy_pj)


def _fits(space: Mapspace, chosen: Sequence[Option]) -> bool:
    used: dict[int, int] = {}
    for option in chosen:
        for s, words in option.words:
            used[s] = used.get(s, 0) + words
    return all(words <= (space.machine.levels[s].entries or 0) for s, words in used.items())
