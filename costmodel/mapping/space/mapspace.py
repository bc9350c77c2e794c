"""The constrained mapspace of one problem on one machine, and the cost of its points.

A point is an index factorisation, a loop permutation and a spatial split; all its bypass variants share one nest,
so they are costed together: energy is a sum over data spaces, and only capacity and bandwidth couple them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from costmodel.mapping.cost.counters import Counters, access_energy, counters, throttled_cycles
from costmodel.mapping.cost.geometry import Geometry, geometry_of
from costmodel.mapping.cost.nest import LevelLoops, Nest, nest_of
from costmodel.mapping.cost.traffic import traffic_of
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import LevelMapping, Loop, Mapping, Spatial
from costmodel.mapping.objective import Cost
from costmodel.mapping.problem import DATASPACES, Problem
from costmodel.mapping.space.bypasses import BypassSpace, KeptLevels, bypass_space
from costmodel.mapping.space.factors import Block, FactorSpace, blocks_of, factor_space
from costmodel.mapping.space.permutations import Pattern

Factors = tuple[tuple[int, ...], ...]
"""Per dim, per block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapspace:
    """Everything that a search needs to know about a problem on a machine."""

    problem: Problem
    machine: Machine
    geometry: Geometry
    blocks: tuple[Block, ...]
    factors: FactorSpace
    bypasses: BypassSpace

    def loops(self, factors: Factors, patterns: Sequence[Pattern], splits: dict[int, int]) -> list[LevelLoops] | None:
        """Loops per storage level, innermost first; None where a fan-out is too narrow."""
        temporal: list[tuple[tuple[int, int], ...]] = [()] * len(self.machine.levels)
        x, y = list(temporal), list(temporal)
        for b, (block, chosen) in enumerate(zip(self.blocks, zip(*factors, strict=True), strict=True)):
            # a list first: searches spend much of their time here, and a generator takes half as long again
            found = tuple([(d, n) for d in patterns[b] if (n := chosen[d]) != 1])
            if not block.spatial:
                temporal[block.level] = found
                continue
            on_x, level = set(patterns[b][: splits[b]]), self.machine.levels[block.level]
            across = tuple([o for o in found if o[0] in on_x])
            down = tuple([o for o in found if o[0] not in on_x])
            if prod([n for _, n in across]) > level.fanout_x or prod([n for _, n in down]) > level.fanout_y:
                return None
            x[block.level], y[block.level] = across, down
        return [LevelLoops(temporal=t, x=x[s], y=y[s]) for s, t in enumerate(temporal)]

    def listed(self, b: int) -> Pattern:
        """The dims that a block's constraint wants innermost, in order."""
        dims = self.geometry.dims
        return tuple(dims.index(d) for d in self.blocks[b].constraint.permutation if d in dims)

    def splits(self, b: int, factors: Factors) -> range:
        """How many dims of the pattern (listed, then dims with loops, then the others) a spatial block may put on X.

        Where the split is given, dims without a loop take places, too, before or behind the others.
        """
        listed, split = self.listed(b), self.blocks[b].constraint.split
        loops = sum(1 for d, chosen in enumerate(factors) if d not in listed and chosen[b] > 1)
        if split is None:
            return range(len(listed) + loops + 1)
        if split <= len(listed):
            return range(split, split + 1)
        idle = len(factors) - len(listed) - loops
        beyond = split - len(listed)
        return range(len(listed) + min(loops, max(0, beyond - idle)), len(listed) + min(loops, beyond) + 1)

    def fitting(self, factors: Factors) -> tuple[bool, ...]:
        """Per bypass choice, whether all tiles fit; they depend on the factors alone."""
        reached = [1] * len(factors)
        fitting = [True] * len(self.bypasses.choices)
        for block, chosen in zip(self.blocks, zip(*factors, strict=True), strict=True):
            reached = [before * now for before, now in zip(reached, chosen, strict=True)]
            capacity = self.machine.levels[block.level].entries
            if block.spatial or capacity is None:  # a level's tile is that of its temporal block, which is outside
                continue
            sizes = [self.geometry.size(v, tuple(reached)) for v in range(len(DATASPACES))]
            for number, kept in enumerate(self.bypasses.choices):
                used = 0
                for v, levels in enumerate(kept):
                    if block.level in levels:
                        used += sizes[v]
                fitting[number] = fitting[number] and used <= capacity
            if True not in fitting:
                break
        return tuple(fitting)

    def costs(self, levels: Sequence[LevelLoops], fitting: Sequence[bool]) -> list[Cost | None]:
        """Per bypass choice its cost; None where it cannot run."""
        nest = nest_of(levels, len(self.geometry.bounds))
        mac_energy = self.machine.mac_pj * self.problem.macs
        traffic = [
            traffic_of(self.geometry, self.machine, nest, v, self.bypasses.anywhere[v]) for v in range(len(DATASPACES))
        ]
        # A data space has few sets of levels that keep it, and all choices are combinations: each set is costed once.
        known: dict[tuple[int, tuple[int, ...]], tuple[tuple[Counters, ...], float]] = {}
        result: list[Cost | None] = []
        for kept, fits in zip(self.bypasses.choices, fitting, strict=True):
            if not fits:
                result.append(None)
                continue
            energy = mac_energy
            entries: list[Counters] = []
            for key in enumerate(kept):
                if key not in known:
                    found = counters(traffic[key[0]], *key)
                    known[key] = found, self._energy(nest, found)
                entries += known[key][0]
                energy += known[key][1]
            if self.reduces_outside(entries):
                result.append(None)
            else:
                result.append((throttled_cycles(self.machine, nest.compute, entries), energy))
        return result

    def _energy(self, nest: Nest, found: Sequence[Counters]) -> float:
        levels = self.machine.levels
        return sum(access_energy(levels[o.level], o) * nest.replication[o.level] for o in found)

    def reduces_outside(self, entries: Sequence[Counters]) -> bool:
        """Whether behaviour B forbids these counters: outputs (they come last) reduced on the outermost level."""
        return (
            self.machine.behaviour == "B"
            and entries[-1].level == len(self.machine.levels) - 1
            and (entries[-1].updates > 0 and entries[-1].reads > 0)
        )

    def mapping(self, levels: Sequence[LevelLoops], kept: KeptLevels) -> Mapping:
        """The mapping of one point and bypass choice."""
        dims = self.geometry.dims

        def loops(found: Sequence[tuple[int, int]], along: Spatial | None) -> list[Loop]:
            return [Loop(dim=dims[d], bound=n, spatial=along) for d, n in reversed(found)]

        return Mapping(
            levels=tuple(
                LevelMapping(
                    target=self.machine.levels[s].name,
                    keep=tuple(name for v, name in enumerate(DATASPACES) if s in kept[v]),
                    loops=(*loops(levels[s].temporal, None), *loops(levels[s].y, "Y"), *loops(levels[s].x, "X")),
                )
                for s in range(len(levels) - 1, -1, -1)
            )
        )


def mapspace_of(problem: Problem, machine: Machine) -> Mapspace:
    """The mapspace under the machine's constraints for this kind of layer."""
    constraints = machine.constraints_for(depthwise=problem.depthwise)
    blocks = blocks_of(machine, constraints)
    return Mapspace(
        problem=problem,
        machine=machine,
        geometry=geometry_of(problem),
        blocks=blocks,
        factors=factor_space(problem, blocks),
        bypasses=bypass_space(machine, constraints),
    )
