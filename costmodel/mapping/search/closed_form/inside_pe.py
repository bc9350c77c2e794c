"""Inside a PE: the few arrangements of loops that can be best, with the four counters that they decide.

Under behaviour D a one-word register is refilled at every step unless the innermost loops do not move its data space
at all, and then it rests for exactly that leading run of loops. The innermost loop moves at least two of the three
data spaces, so at most one register rests:

* weights rest over P, Q, N: all of them go to the weight register's level, nothing is better for the weights;
* outputs rest over R, S, C: nothing at the weight register's level, R and S first in the scratchpad, then C;
* inputs rest over M: only for R·S = 1, for R and S precede M in the scratchpad.

The scratchpad's tile is refilled once per weight and DRAM round, whatever it holds, if P, Q, N come first in the
buffer; less often only if it holds all weights of a round, so that P, Q, N of the DRAM level come next; more often
if C or M come first in the buffer to lengthen a rest that the scratchpad cuts short.

Why nothing is lost: in a given spread and DRAM split every mapping rests one register or none. Of those that rest the
same one, the arrangement here has the longest run of loops that the constraints allow, hence the fewest fills of that
register; the two other registers are refilled at every step in all of them; and the scratchpad's fills are the least
for that run. Each counter is the least, energy and bandwidth rise with every counter, so no other mapping is better.
Two trade-offs remain and are both in the list: a longer run against more scratchpad fills (``reach``), and which
register rests.

Example: C8, R1 S1, a scratchpad of 4 words, P6 in the buffer. Outputs rest over C4 inside the scratchpad: filled every
4 steps, 48/4 = 12 times, and the 8 weights are filled once. With ``reach`` C's other 2 come first in the buffer:
outputs are filled every 8 steps, 6 times, but for each of the 6 positions the weights are filled anew, 48 times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from costmodel.mapping.problem import Problem
from costmodel.mapping.search.closed_form.dram_splits import Column, OuterSplits
from costmodel.mapping.space.factors import divisors

Resting = Literal["weights", "outputs", "inputs"]
Innermost = Literal["P", "Q", "C", "M"]
"""Which loop of the DRAM level is innermost; N never has an advantage over P or Q."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """An arrangement, and its counters per PE as columns over the DRAM splits.

    Attributes:
        resting: which register rests.
        reach: whether the buffer's loops lengthen the rest.
        pad: divisor of C (outputs rest) or of M (inputs rest) that is inside the scratchpad.
        weight_fills: words into the weight register.
        pad_fills: words into the scratchpad.
        input_fills: words into the input register.
        output_fills: words into the output register.
    """

    resting: Resting
    reach: bool
    pad: Column
    weight_fills: Column
    pad_fills: Column
    input_fills: Column
    output_fills: Column


def inner_choices(
    problem: Problem, splits: OuterSplits, capacity: int, innermost: Innermost, steps: int, kernel: int
) -> list[Inner]:
    """The arrangements for one innermost DRAM loop.

    Args:
        problem: the layer.
        splits: all DRAM splits.
        capacity: words of the scratchpad.
        innermost: which DRAM loop is innermost.
        steps: multiply-accumulates of one PE.
        kernel: kernel positions R·S inside a PE.
    """
    c, m = splits.inner["C"], splits.inner["M"]
    positions = splits.inner["P"] * splits.inner["Q"] * splits.inner["N"]
    every = np.full_like(c, steps)  # a register that does not rest: filled at every step of the PE
    rounds = kernel * c * m * splits.rounds
    # the DRAM level's positions, if they come next to the PE's weights without a loop that moves these in between
    onward = splits.outer["P"] * splits.outer["Q"] * splits.outer["N"] if innermost in "PQ" else np.ones_like(c)
    pad_fills = np.where(kernel * c * m <= capacity, rounds / onward, rounds)
    weights = Inner(
        resting="weights",
        reach=False,
        pad=np.ones_like(c),
        weight_fills=every / positions / np.where(kernel * c * m == 1, onward, 1.0),
        pad_fills=pad_fills,
        input_fills=every,
        output_fills=every,
    )
    # What follows rests over one run of loops: kernel taps, then a dim that leaves the data space where it is.
    found = [weights]
    dims: list[tuple[Resting, str, Column, int]] = []
    if not problem.depthwise or kernel > 1:
        dims.append(("outputs", "C", m, kernel))
    if kernel == 1 and not problem.depthwise:
        dims.append(("inputs", "M", c, 1))
    for resting, dim, other, run in dims:
        inner = np.ones_like(c) if problem.depthwise else splits.inner[dim]
        # With no other loop between, the run goes on with the same dim's DRAM loop.
        alone = other * positions == 1
        outside = splits.outer[dim] if innermost == dim else 1.0
        held = _largest_divisors(inner, capacity // run)
        for reach in (False, True):
            if reach and bool((held == inner).all()):  # nothing is left for the buffer: the same mapping again
                continue
            length = run * (inner if reach else held)
            rest = every / length / np.where(alone & (reach | (held == inner)), outside, 1.0)
            found.append(
                Inner(
                    resting=resting,
                    reach=reach,
                    pad=held,
                    weight_fills=every,
                    pad_fills=rounds * positions if reach else pad_fills,
                    input_fills=rest if resting == "inputs" else every,
                    output_fills=rest if resting == "outputs" else every,
                )
            )
    return found


def _largest_divisors(values: Column, limit: int) -> Column:
    """Elementwise the largest divisor that is not above the limit."""
    known = {float(n): float(max(d for d in divisors(int(n)) if d <= limit)) for n in np.unique(values)}
    return np.array([known[float(n)] for n in values])
