"""From the choices of the closed form back to a mapping.

A dim's bound is divided four times: spatially (the spread), among the DRAM loops (``outer``), and what is left,
``inner``, between the loops in the buffer and those inside a PE. The closed form decides the first two; for the last it
says only which register rests, and there is one best way to place the loops for each (``inside_pe``):

    ===========  ====================  ==========================  ================================
    rests        weight register       scratchpad, innermost first  buffer, innermost first
    ===========  ====================  ==========================  ================================
    weights      P Q N                 R S, then C M if all fit    the rest of P Q N, then C M
    outputs      (nothing)             R S, C as far as fits, (M)  P Q N, then C M
    inputs       (nothing; R·S = 1)    M as far as fits, (C)       P Q N, then C M
    … ``reach``                        as above                    C (or M) first, then P Q N, the other
    ===========  ====================  ==========================  ================================

In brackets: only if all weights of a DRAM round fit.

The output and the input register have no loops: all that the constraints allow there (C at the first; M, R, S at the
second) would make the tile of a one-word register larger than its word.
"""

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
    """The mapping of an arrangement; its cost is what the closed form says, where PEs share no inputs."""
    outer = dict(chosen.outer)
    inner = {dim: getattr(problem, dim) // chosen.spread.of(dim) // outer[dim] for dim in TILED}
    kernel = {dim: getattr(problem, dim) // chosen.spread.of(dim) for dim in "RS"}
    # If all weights of a DRAM round fit, they are held whole and the DRAM level's P, Q, N may reuse them. If not, what
    # the scratchpad holds does not matter to its traffic, so it holds the least: one kernel, and what lengthens a rest.
    whole = kernel["R"] * kernel["S"] * inner["C"] * inner["M"] <= (machine.levels[PAD].entries or 0)
    in_pad = {"C": inner["C"], "M": inner["M"]} if whole else {"C": 1, "M": 1}
    rest = {"weights": "", "outputs": "" if problem.depthwise else "C", "inputs": "M"}[chosen.resting]
    if rest:
        in_pad[rest] = chosen.pad
    elif chosen.reach:  # weights rest over the buffer's positions, too: nothing but one weight is in the scratchpad
        in_pad = {"C": 1, "M": 1}
    positions: Loops = [(dim, inner[dim]) for dim in "PQN"]
    # the dim over which a register rests comes first behind the kernel, so that the run is not interrupted
    held = sorted(in_pad.items(), key=lambda item: item[0] != rest)
    left: Loops = [(dim, inner[dim] // in_pad[dim]) for dim in "CM"]
    resting = [(dim, dict(chosen.held).get(dim, n)) for dim, n in positions] if chosen.resting == "weights" else []
    waiting = [(dim, n // dict(resting).get(dim, 1)) for dim, n in positions]
    if chosen.reach and rest:  # the run goes on in the buffer: its dim has to come before the positions there
        left.sort(key=lambda item: item[0] != rest)
        in_buffer = [left[0], *waiting, left[1]]
    else:
        in_buffer = [*waiting, *left]  # positions first: they do not move the scratchpad's weights
    # The innermost loop decides what the buffer's tiles reuse. P, Q, N follow one another in any case, because with one
    # of P and Q innermost all three of them leave the weights where they are.
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
    }  # all but the buffer's are given by the design (``hierarchy``)
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
