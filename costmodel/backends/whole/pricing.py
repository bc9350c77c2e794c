"""(report, workload, machine) → the cost of the work beside the layers, and the seconds of all of it.

Operations: Σ over kinds of operations · the vector unit's energy of one; a kind without a number is listed and has no
price. Words: at the level and in the outermost one ⌈words / words per access⌉ · energy of an access, as the mappings
have it, per row. Cycles of a row: the most of ⌈operations / lanes⌉ and ⌈words / bandwidth⌉ at each level; rows run one
after another, and after the layers. An element is one word, as in the mappings, whatever its type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from costmodel.backends.totals import clocked
from costmodel.backends.whole.residency import Moves, moves
from costmodel.errors import UsageError
from costmodel.hardware.spec import HardwareSpec, LevelSpec
from costmodel.hardware.vector import VectorSpec
from costmodel.ir.cost import CostReport
from costmodel.ir.schedule import ScheduledCall
from costmodel.ir.whole import BesideCost, WholeCost
from costmodel.ir.work import KINDS, ScalarOps
from costmodel.ir.workload import Workload


def whole_cost(report: CostReport, workload: Workload, machine: HardwareSpec, *, fused: bool) -> WholeCost:
    """What the machine's vector unit spends on the work beside a workload's layers.

    Args:
        report: what a backend says of the layers.
        workload: with its schedule.
        machine: with a vector unit.
        fused: elementwise work right behind a layer is fused into its drain.

    Raises:
        UsageError: the machine has no vector unit, or the workload no schedule.
    """
    unit = vector_of(machine)
    if workload.schedule is None:
        raise UsageError("the work beside the layers: this workload was made without its calls; give the model itself")
    level = next(level for level in machine.levels if level.name == unit.level)
    capacity = None if level.capacity is None else int(level.capacity.value * level.instances.value)
    outermost = level is machine.levels[-1]
    moved, saved = moves(workload.schedule, capacity, outermost=outermost, fused=fused)
    groups = _grouped(workload.schedule.calls, moved)
    priced = _Priced(machine, unit, level)
    rows = tuple(priced.row(group) for group in groups)
    energy = sum(row.energy_pj for row in rows)
    known = [row.cycles for row in rows if row.cycles is not None]
    cycles = sum(known) if len(known) == len(rows) else None
    calls = workload.schedule.calls
    return WholeCost(
        fused=fused,
        level=level.name,
        rows=rows,
        operations_in_layers=sum(call.in_nests for call in calls),
        operations_priced=sum(row.operations - row.unpriced for row in rows),
        unpriced=priced.unpriced,
        bytes_in_layers=sum(call.nbytes for call in calls if call.mapped),
        bytes_beside=sum(row.bytes_moved for row in rows),
        bytes_fused=sum(group.moved.unmoved_bytes for group in groups),
        energy_pj=energy,
        energy_by_component=priced.by_component,
        cycles=cycles,
        saved_bytes=saved.nbytes,
        saved_on_chip_bytes=saved.on_chip,
        clocked=None if cycles is None else clocked(machine, report.cycles + cycles, report.energy_pj + energy),
    )


def vector_of(machine: HardwareSpec) -> VectorSpec:
    """The machine's vector unit.

    Raises:
        UsageError: it has none.
    """
    if machine.vector is None:
        raise UsageError(
            f"{machine.name} has no vector unit: nobody says what the work beside the layers costs on it; "
            "give its file a vector (costmodel hardware init shows one), or leave out --whole"
        )
    return machine.vector


@dataclass
class _Group:
    """The calls of one op in one layer and part."""

    part: str
    layer: str
    op: str
    times: int = 0
    ops: ScalarOps = field(default_factory=ScalarOps)
    nbytes: int = 0
    moved: Moves = field(default_factory=Moves)
    fused: int = 0


def _grouped(calls: tuple[ScheduledCall, ...], moved: tuple[Moves, ...]) -> list[_Group]:
    groups: dict[tuple[str, str, str], _Group] = {}
    for call, done in zip(calls, moved, strict=True):
        if call.mapped and not call.beside.total:
            continue
        group = groups.setdefault((call.part, call.layer, call.op), _Group(call.part, call.layer, call.op))
        group.times += 1
        group.ops += call.beside
        group.fused += done.fused
        group.nbytes += 0 if call.mapped else call.nbytes
        for name in ("level_reads", "level_writes", "dram_reads", "dram_writes", "unmoved_bytes"):
            setattr(group.moved, name, getattr(group.moved, name) + getattr(done, name))
    return list(groups.values())


class _Priced:
    """Rows, and the energy of all of them by component."""

    def __init__(self, machine: HardwareSpec, unit: VectorSpec, level: LevelSpec) -> None:
        self._unit = unit
        self._level = level
        self._dram = machine.levels[-1]
        self._prices = {kind: unit.pj_of(kind) for kind in KINDS}
        self.by_component: dict[str, float] = {"vector": 0.0, level.name: 0.0, self._dram.name: 0.0}
        self.unpriced: dict[str, int] = {}

    def row(self, group: _Group) -> BesideCost:
        moved, ops = group.moved, {kind: getattr(group.ops, kind) for kind in KINDS}
        unknown = {kind: number for kind, number in ops.items() if number and self._prices[kind] is None}
        for kind, number in unknown.items():
            self.unpriced[kind] = self.unpriced.get(kind, 0) + number
        parts = (
            ("vector", sum(ops[kind] * (price or 0.0) for kind, price in self._prices.items())),
            (self._level.name, access_energy(self._level, moved.level_reads, moved.level_writes)),
            (self._dram.name, access_energy(self._dram, moved.dram_reads, moved.dram_writes)),
        )
        for name, energy in parts:
            self.by_component[name] += energy
        return BesideCost(
            part=group.part,
            layer=group.layer,
            op=group.op,
            times=group.times,
            fused=group.fused,
            operations=group.ops.total,
            unpriced=sum(unknown.values()),
            bytes_moved=group.nbytes - moved.unmoved_bytes,
            level_reads=moved.level_reads,
            level_writes=moved.level_writes,
            dram_reads=moved.dram_reads,
            dram_writes=moved.dram_writes,
            energy_pj=sum(energy for _, energy in parts),
            cycles=self._cycles(group.ops.total, moved),
        )

    def _cycles(self, operations: int, moved: Moves) -> int | None:
        if self._unit.lanes is None:
            return None
        waits = [ceil(operations / int(self._unit.lanes.value))]
        waits += _waits(self._level, moved.level_reads, moved.level_writes)
        waits += _waits(self._dram, moved.dram_reads, moved.dram_writes)
        return max(waits)


def access_energy(level: LevelSpec, reads: int, writes: int) -> float:
    """Energy (pJ) of so many words read and written at a level: ⌈words / words per access⌉ accesses of each."""
    read, write = level.access_pj
    words = int(level.words_per_access.value)
    return -(-reads // words) * read + -(-writes // words) * write


def _waits(level: LevelSpec, reads: int, writes: int) -> Iterator[int]:
    """Cycles that all instances of a level need for so many words."""
    for words, bandwidth in ((reads, level.read_bandwidth), (writes, level.write_bandwidth)):
        if bandwidth is not None:
            yield ceil(words / (bandwidth.value * level.instances.value))
