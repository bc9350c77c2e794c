"""Energy of all arrangements under the eight ways to use the buffer; energy is a sum over data spaces.

A data space that the buffer keeps is asked for there (``asked``) and comes from DRAM once per tile (``fresh``); one
that it does not keep is asked for in DRAM, shared by the fan-out all the same. What the three have in common is the
buffer's capacity and its bandwidth: both say whether a sum counts, neither changes it. So energy = private part +
Σ (kept or bypassed part), and with the cheaper of the two parts for each this is a bound for all eight.

Everything is rounded as evaluation rounds it: accesses up to whole groups of words, once per data space and kind of
access over the whole layer (``mapping.cost.counters``). Being rounded up does not disturb the order: more words are
never fewer accesses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from costmodel.mapping.machine import Machine, StorageLevel
from costmodel.mapping.search.closed_form.dram_splits import Column, OuterSplits
from costmodel.mapping.search.closed_form.hierarchy import BUFFER, DRAM, INPUT_REG, OUTPUT_REG, PAD, WEIGHT_REG
from costmodel.mapping.search.closed_form.inside_pe import Inner, Innermost

INEXACT = 1e-3
"""More than floating point loses on a count of words, less than half a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is the same for all columns.

    Attributes:
        steps: multiply-accumulates of one PE, which are the least cycles.
        width: PEs in use.
        groups: per data space, groups of PEs that want different words (inputs: by channel and batch only).
        outputs: words of the whole output.
        first_outputs: outputs that one PE is the first to touch.
        mac_pj: energy of all multiply-accumulates.
    """

    machine: Machine
    steps: int
    width: int
    groups: tuple[int, int, int]
    outputs: int
    first_outputs: int
    mac_pj: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferUse:
    """One data space: words asked of the buffer by the PEs, and over the buffer's outer boundary."""

    asked: Column
    fresh: Column
    keep_pj: Column
    bypass_pj: Column
    reads: Column
    writes: Column
    reduces_kept: Column
    reduces_bypassed: Column


def _accesses(level: StorageLevel, words: Column) -> Column:
    return np.asarray(np.ceil(words / level.words_per_access))


def private_energy(setting: Setting, inner: Inner) -> Column:
    """Energy of MACs, registers and scratchpads."""
    levels, steps = setting.machine.levels, np.float64(setting.steps)

    def energy(s: int, reads: Column | np.float64, writes: tuple[Column | np.float64, ...]) -> Column:
        level = levels[s]
        total = _accesses(level, np.asarray(reads)) * level.read_pj
        for words in writes:
            total = total + _accesses(level, np.asarray(words)) * level.write_pj
        return np.asarray(total)

    per_pe = (
        energy(OUTPUT_REG, steps - setting.first_outputs, (inner.output_fills, steps))
        + energy(INPUT_REG, steps, (inner.input_fills,))
        + energy(WEIGHT_REG, steps, (inner.weight_fills,))
        + energy(PAD, inner.weight_fills, (inner.pad_fills,))
    )
    return np.asarray(setting.mac_pj + setting.width * per_pe)


def usage(setting: Setting, v: int, asked: Column, fresh: Column) -> BufferUse:
    """Costs of one data space with and without the buffer; outputs (v = 2) are not read when first touched."""
    buffer, dram = setting.machine.levels[BUFFER], setting.machine.levels[DRAM]
    if v < 2:
        keep = _accesses(buffer, asked) * buffer.read_pj
        keep = keep + _accesses(buffer, fresh) * buffer.write_pj + _accesses(dram, fresh) * dram.read_pj
        bypass, reads, writes = _accesses(dram, asked) * dram.read_pj, asked, fresh
        again = np.zeros_like(asked)
        return BufferUse(
            asked=asked,
            fresh=fresh,
            keep_pj=keep,
            bypass_pj=bypass,
            reads=reads,
            writes=writes,
            reduces_kept=again,
            reduces_bypassed=again,
        )
    reads, kept_again = asked - setting.outputs, fresh - setting.outputs
    keep = _accesses(buffer, reads) * buffer.read_pj
    keep = keep + (_accesses(buffer, asked) + _accesses(buffer, fresh)) * buffer.write_pj
    keep = keep + _accesses(dram, fresh) * dram.write_pj + _accesses(dram, kept_again) * dram.read_pj
    return BufferUse(
        asked=asked,
        fresh=fresh,
        keep_pj=keep,
        bypass_pj=_accesses(dram, asked) * dram.write_pj + _accesses(dram, reads) * dram.read_pj,
        reads=reads,
        writes=asked + fresh,
        reduces_kept=kept_again,
        reduces_bypassed=reads,
    )


def usages(
    splits: OuterSplits, innermost: Innermost, inner: Inner, groups: Sequence[Column | float], setting: Setting
) -> tuple[BufferUse, BufferUse, BufferUse]:
    """BufferUse of weights, inputs and outputs; ``groups`` of PEs want different words of each."""
    outer, tiles, rounds = splits.outer, splits.tiles, splits.rounds
    # with P or Q innermost all of P, Q, N precede C and M, and none of them moves the weights
    still = outer["P"] * outer["Q"] * outer["N"]
    weights = tiles[0] * (rounds / still if innermost in "PQ" else rounds)
    inputs = tiles[1] * rounds
    if innermost in "PQ":
        inputs = splits.fresh_inputs(innermost)
    elif innermost == "M":
        inputs = tiles[1] * (rounds / outer["M"])
    outputs = tiles[2] * (rounds / outer["C"] if innermost == "C" else rounds)
    asked = (inner.pad_fills, inner.input_fills, inner.output_fills)
    fresh = (weights, inputs, outputs)
    # What a PE asks for passes the levels that do not keep it unfiltered, and PEs of one group are served at once.
    # groups that are a mean are rounded as evaluation rounds, and never up where the mean is inexact
    words = [np.floor(asked[v] * groups[v] + (0.5 - INEXACT)) for v in range(3)]
    made = [usage(setting, v, words[v], fresh[v]) for v in range(3)]
    return made[0], made[1], made[2]


def holds(
    setting: Setting, splits: OuterSplits, used: tuple[BufferUse, BufferUse, BufferUse], choice: int
) -> NDArray[np.bool_]:
    """Where the buffer holds its tiles, and behaviour B has nothing to forbid; bit v of the choice keeps v."""
    buffer = setting.machine.levels[BUFFER]
    ok = np.ones_like(splits.rounds, dtype=bool)
    if buffer.entries is not None:
        tiles = np.zeros_like(splits.rounds)
        for v in range(3):
            if choice >> v & 1:
                tiles = tiles + splits.tiles[v]
        ok &= tiles <= buffer.entries
    if setting.machine.behaviour == "B":
        again = used[2].reduces_kept if choice >> 2 & 1 else used[2].reduces_bypassed
        ok &= again == 0
    return ok


def throttled(setting: Setting, used: tuple[BufferUse, BufferUse, BufferUse], choice: int) -> Column:
    """Cycles under the buffer's bandwidth, in Timeloop's floating point.

    Words a cycle per data space, summed, then the slowdown.
    """
    buffer = setting.machine.levels[BUFFER]
    read, write = (np.zeros_like(used[0].reads) for _ in range(2))
    for v in range(3):
        if choice >> v & 1:
            read = read + used[v].reads / setting.steps
            write = write + used[v].writes / setting.steps
    cycles = np.full_like(read, setting.steps)
    for words, bandwidth in ((read, buffer.read_bandwidth), (write, buffer.write_bandwidth)):
        if bandwidth is not None and choice:
            slowdown = np.minimum(1.0, bandwidth / np.maximum(words, 1e-300))
            cycles = np.maximum(cycles, np.ceil(setting.steps / slowdown))
    return cycles
