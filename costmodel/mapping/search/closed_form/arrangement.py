"""From the choices of the closed form back to a mapping."""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import LevelMapping, Loop, Mapping
from costmodel.mapping.problem import DATASPACES, Problem
from costmodel.mapping.search.closed_form.dram_splits import TILED
from costmodel.mapping.search.closed_form.hierarchy import BUFFER, DRAM, INPUT_REG, OUTPUT_REG, PAD, WEIGHT_REG, Spread
from costmodel.mapping.search.closed_form.inside_pe import Innermost, Resting

Loops = list[tuple[str, int]]
"""(dim, bound), innermost first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """One choice of everything.

    Attributes:
        outer: by dim, the DRAM factor.
        pad: factor of the resting data space's dim inside the scratchpad.
        choice: bit v keeps data space v in the buffer.
        held: where weights rest, how many positions they rest over at most, for dims that say so.
    """

    spread: Spread
    outer: tuple[tuple[str, int], ...]
    innermost: Innermost
    resting: Resting
    reach: bool
    pad: int
    choice: int
    held: tuple[tuple[str, int], ...] = ()


def mapping_of(problem: Problem, machine: Machine, chosen: Arrangement) -> Mapping:
    """The mapping of an arrangement."""
    outer = dict(chosen.outer)
    inner = {dim: getattr(problem, dim) // chosen.spread.of(dim) // outer[dim] for dim in TILED}
    kernel = {dim: getattr(problem, dim) // chosen.spread.of(dim) for dim in "RS"}
    whole = kernel["R"] * kernel["S"] * inner["C"] * inner["M"] <= (machine.levels[PAD].entries or 0)
    in_pad = {"C": inner["C"], "M": inner["M"]} if whole else {"C": 1, "M": 1}
    rest = {"weights": "", "outputs": "" if problem.depthwise else "C", "inputs": "M"}[chosen.resting]
    if rest:
        in_pad[rest] = chosen.pad
    elif chosen.reach:
        in_pad = {"C": 1, "M": 1}
    positions: Loops = [(dim, inner[dim]) for dim in "PQN"]
    held = sorted(in_pad.items(), key=lambda item: item[0] != rest)
    left: Loops = [(dim, inner[dim] // in_pad[dim]) for dim in "CM"]
    resting = [(dim, dict(chosen.held).get(dim, n)) for dim, n in positions] if chosen.resting == "weights" else []
    waiting = [(dim, n // dict(resting).get(dim, 1)) for dim, n in positions]
    if chosen.reach and rest:
        left.sort(key=lambda item: item[0] != rest)
        in_buffer = [left[0], *waiting, left[1]]
    else:
        in_buffer = [*waiting, *left]
    order = sorted("PQNCM", key=lambda dim: dim != chosen.innermost)
    spread = [Loop(dim=d, bound=n, spatial="X" if d in chosen.spread.on_x else "Y") for d, n in chosen.spread.factors]
    loops = {
        WEIGHT_REG: _temporal(resting),
        PAD: _temporal([("R", kernel["R"]), ("S", kernel["S"]), *held]),
        BUFFER: (*_temporal(in_buffer), *(loop for loop in spread if loop.bound > 1)),
        DRAM: _temporal([(dim, outer[dim]) for dim in order]),
    }
    kept = {
        OUTPUT_REG: (2,),
        INPUT_REG: (1,),
        WEIGHT_REG: (0,),
        PAD: (0,),
        BUFFER: tuple(v for v in range(3) if chosen.choice >> v & 1),
        DRAM: (0, 1, 2),
    }
    return Mapping(
        levels=tuple(
            LevelMapping(
                target=machine.levels[s].name,
                keep=tuple(DATASPACES[v] for v in kept[s]),
                loops=loops.get(s, ()),
            )
            for s in range(DRAM, OUTPUT_REG - 1, -1)
        )
    )


def _temporal(loops: Loops) -> tuple[Loop, ...]:
    return tuple(Loop(dim=dim, bound=bound) for dim, bound in reversed(loops) if bound > 1)
