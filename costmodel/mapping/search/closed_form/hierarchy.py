"""The hierarchy that the closed-form optimum knows, the lab's, whatever its figures; and its spatial factors.

Three one-word registers (outputs, inputs, weights), a weight scratchpad, a buffer that fans out, an outermost store;
nothing of its proof needs more than this, and nothing of it holds without.
"""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.mapping.machine import Constraints, LoopConstraint, Machine
from costmodel.mapping.problem import Problem
from costmodel.mapping.space.bypasses import bypass_space
from costmodel.mapping.space.factors import blocks_of, divisors, fixed_factors

OUTPUT_REG, INPUT_REG, WEIGHT_REG, PAD, BUFFER, DRAM = range(6)
SPATIAL_BLOCK = 4
"""Number of the buffer's spatial block among the seven blocks of loops."""

_FIXED = {0: "MNPQRS", 1: "CNPQ", 2: "CMRS", 5: "RS", 6: "RS"}
_FIXED_DEPTHWISE = {0: "NPQRS", 1: "CNPQ", 2: "CRS", 5: "RS", 6: "RS"}

_KEPT = (
    ((WEIGHT_REG, PAD, DRAM), (INPUT_REG, DRAM), (OUTPUT_REG, DRAM)),
    ((WEIGHT_REG, PAD, BUFFER, DRAM), (INPUT_REG, BUFFER, DRAM), (OUTPUT_REG, BUFFER, DRAM)),
)
"""What is always kept where, and what at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Spatial factors: by dim, and which dims lie on X."""

    factors: tuple[tuple[str, int], ...]
    on_x: tuple[str, ...]

    def of(self, dim: str) -> int:
        """The factor of a dim; 1 if it is not spread."""
        return dict(self.factors).get(dim, 1)

    @property
    def width(self) -> int:
        """PEs in use."""
        product = 1
        for _, factor in self.factors:
            product *= factor
        return product


def recognised(machine: Machine, *, depthwise: bool) -> bool:
    """Whether hierarchy and constraints are those that the closed form is derived for."""
    constraints = machine.constraints_for(depthwise=depthwise)
    levels = machine.levels
    if len(levels) != 6 or [level.fans_out for level in levels] != [False] * 4 + [True, False]:
        return False
    if [level.entries for level in levels[:3]] != [1, 1, 1] or levels[DRAM].entries is not None:
        return False
    if levels[PAD].entries is None or levels[BUFFER].entries is None:
        return False
    throttled = [level.read_bandwidth or level.write_bandwidth for level in levels]
    if any(throttled[s] for s in range(6) if s != BUFFER):
        return False
    bypasses = bypass_space(machine, constraints)
    if (bypasses.always, bypasses.anywhere) != _KEPT:
        return False
    return _loops_are_known(constraints, machine, depthwise)


def _loops_are_known(constraints: Constraints, machine: Machine, depthwise: bool) -> bool:
    expected = _FIXED_DEPTHWISE if depthwise else _FIXED
    for b, block in enumerate(blocks_of(machine, constraints)):
        factors = dict(block.constraint.factors)
        if block.constraint.most:
            return False
        order = tuple("PQRS") if b == PAD else ()
        if b == SPATIAL_BLOCK:
            known = _spread_is_known(block.constraint, depthwise)
        else:
            known = factors == dict.fromkeys(expected.get(b, ""), 1) and block.constraint.permutation == order
        if not known:
            return False
    return True


def _spread_is_known(constraint: LoopConstraint, depthwise: bool) -> bool:
    factors = dict(constraint.factors)
    if depthwise:
        return not (factors or constraint.permutation or constraint.split is not None)
    alone = all(factors.get(dim) == 1 for dim in "PQRS")
    return alone and constraint.permutation == ("C", "M") and constraint.split == 1


def all_spreads(problem: Problem, machine: Machine) -> tuple[Spread, ...]:
    """All spatial factors of a convolution (C on X, M and N on Y), those that use the most PEs first."""
    fixed = dict(machine.constraints.of(machine.levels[BUFFER].name, spatial=True).factors)
    buffer = machine.levels[BUFFER]
    spreads = [
        Spread(factors=(("C", c), ("M", m), ("N", n)), on_x=("C",))
        for c in _choices(problem.C, fixed.get("C"), buffer.fanout_x)
        for m in _choices(problem.M, fixed.get("M"), buffer.fanout_y)
        for n in _choices(problem.N, fixed.get("N"), buffer.fanout_y)
        if m * n <= buffer.fanout_y
    ]
    return tuple(sorted(spreads, key=lambda spread: -spread.width))


def widest_spreads(problem: Problem, machine: Machine) -> tuple[Spread, ...]:
    """The spatial factors that use the most PEs.

    They give the least cycles. No mapping has fewer than one PE's temporal iterations, which are fewest here. And they
    are reached: only the buffer has a bandwidth (:func:`recognised`), and with nothing kept in it nothing throttles.
    So for the latency no narrower spread has to be looked at.
    """
    spreads = all_spreads(problem, machine)
    return tuple(spread for spread in spreads if spread.width == spreads[0].width)


def _choices(bound: int, fixed: int | None, fanout: int) -> list[int]:
    effective = fixed_factors(bound, {} if fixed is None else {SPATIAL_BLOCK: fixed})
    values = effective.values() if effective else divisors(bound)
    return sorted(value for value in values if value <= fanout)
