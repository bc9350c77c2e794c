"""Why a mapping cannot run: each reason names the place, the figure and the limit."""

from __future__ import annotations

from math import prod

from costmodel.mapping.cost.geometry import Geometry
from costmodel.mapping.cost.nest import Nest
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import LevelMapping, Mapping
from costmodel.mapping.problem import DATASPACES, Problem


def malformed(problem: Problem, machine: Machine, mapping: Mapping) -> str:
    """Why the mapping is not one of this problem on this machine; empty if it is."""
    expected = [level.name for level in reversed(machine.levels)]
    named = [level.target for level in mapping.levels]
    if named != expected:
        return f"levels are {', '.join(named) or 'none'}; {machine.name} has, outermost first, {', '.join(expected)}"
    products = dict.fromkeys(problem.dims, 1)
    for level in mapping.levels:
        for loop in level.loops:
            if loop.dim not in products:
                return f"{level.target}: unknown dim {loop.dim!r}; known: {', '.join(problem.dims)}"
            if loop.bound < 1:
                return f"{level.target}: loop {loop.dim} has bound {loop.bound}; it is at least 1"
            products[loop.dim] *= loop.bound
    for dim, bound in problem.bounds.items():
        if products[dim] != bound:
            return f"the bounds of {dim} multiply to {products[dim]}; the layer has {dim}={bound}"
    return _spread_too_wide(machine, mapping) or _nowhere(mapping)


def _spread_too_wide(machine: Machine, mapping: Mapping) -> str:
    for level, entry in zip(reversed(machine.levels), mapping.levels, strict=True):
        for along, fanout in (("X", level.fanout_x), ("Y", level.fanout_y)):
            used = prod(loop.bound for loop in entry.loops if loop.spatial == along)
            if used > fanout:
                return f"{level.name}: spatial loops along {along} multiply to {used}; the fan-out is {fanout}"
    return ""


def _nowhere(mapping: Mapping) -> str:
    for name in DATASPACES:
        if not any(name in level.keep for level in mapping.levels):
            return f"{name} are kept on no level"
    return ""


def overfull(geometry: Geometry, machine: Machine, mapping: Mapping, nest: Nest) -> str:
    """Which level does not hold its tiles; empty if all do."""
    for s, level in enumerate(machine.levels):
        entry: LevelMapping = mapping.levels[-1 - s]
        if level.entries is None:
            continue
        tiles = {name: geometry.size(v, nest.reach[s]) for v, name in enumerate(DATASPACES) if name in entry.keep}
        if sum(tiles.values()) > level.entries:
            parts = " + ".join(f"{name} {size}" for name, size in tiles.items())
            return f"{level.name}: tiles need {sum(tiles.values())} words ({parts}); it holds {level.entries}"
    return ""
