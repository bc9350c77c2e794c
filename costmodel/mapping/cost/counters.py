"""Reads, fills and updates of one data space once it is known where it is kept; their energy; throttled cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from costmodel.mapping.cost.geometry import OUTPUTS
from costmodel.mapping.cost.traffic import Amount, Traffic, round_half_up
from costmodel.mapping.machine import Machine, StorageLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Words per instance of one data space on one level that keeps it."""

    level: int
    reads: int
    fills: int
    updates: int


def counters(traffic: Traffic, v: int, kept: Sequence[int]) -> tuple[Counters, ...]:
    """Counters of data space v kept on the levels ``kept`` (ascending).

    What a level that does not keep it would have been asked goes unfiltered to the next outer one, shared as that
    level's fan-out shares. What neighbours hand on is read and filled on the level that keeps it (tiling.cpp,
    ComputePeerAccesses). Draining a tile is an update of the parent, not a read of the child; an output that is
    touched for the first time is not read.
    """
    result = []
    content: Amount = traffic.content[0]
    for s in range(len(traffic.content)):
        # kept one level further in: what the delta rules say; not kept there: that level's own accesses, passed on
        if s:
            content = traffic.content[s] if s - 1 in kept else content * traffic.per_child[s]
        if s not in kept:
            continue
        # nothing comes to the outermost level that keeps it: the data space is there from the beginning
        handed_on = 0 if s == kept[-1] else traffic.handed_on[s]
        fills = 0 if s == kept[-1] else int(traffic.fills[s] + handed_on)
        reads, updates = round_half_up(content + handed_on - traffic.first_touch[s]), 0
        if v == OUTPUTS:  # every partial sum that arrives is written; all but the first of an element is read before
            updates = round_half_up(content)
        result.append(Counters(level=s, reads=reads, fills=fills, updates=updates))
    return tuple(result)


def access_energy(level: StorageLevel, counter: Counters) -> float:
    """Energy in pJ of one instance; a word group is rounded up once per kind of access, over the whole layer."""
    words = level.words_per_access
    writes = -(-counter.fills // words) + -(-counter.updates // words)
    return -(-counter.reads // words) * level.read_pj + writes * level.write_pj


def throttled_cycles(machine: Machine, compute: int, entries: Sequence[Counters]) -> int:
    """Cycles when no level moves more words a cycle than its bandwidth.

    Floating point in Timeloop's own order (buffer.cpp): per data space words a cycle, summed; then the slowdown.
    ``entries`` are in data-space order.
    """
    cycles = compute
    for s, level in enumerate(machine.levels):
        if level.read_bandwidth is None and level.write_bandwidth is None:
            continue
        read = write = 0.0
        for entry in entries:
            if entry.level == s:
                read += entry.reads / compute
                write += (entry.fills + entry.updates) / compute
        slowdown = 1.0
        if level.read_bandwidth is not None and read > 0:
            slowdown = min(slowdown, level.read_bandwidth / read)
        if level.write_bandwidth is not None and write > 0:
            slowdown = min(slowdown, level.write_bandwidth / write)
        cycles = max(cycles, ceil(compute / slowdown))
    return cycles
