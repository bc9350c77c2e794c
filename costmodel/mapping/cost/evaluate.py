"""(problem, machine, mapping) → reads, fills, updates, energy and cycles, equal to timeloop-model's."""

from __future__ import annotations

from costmodel.mapping.cost.counters import Counters, access_energy, counters, throttled_cycles
from costmodel.mapping.cost.geometry import OUTPUTS, geometry_of
from costmodel.mapping.cost.mapping_cost import Accesses, Evaluation
from costmodel.mapping.cost.nest import LevelLoops, Nest, nest_of
from costmodel.mapping.cost.traffic import traffic_of
from costmodel.mapping.cost.validity import malformed, overfull
from costmodel.mapping.machine import Machine
from costmodel.mapping.mapping import LevelMapping, Mapping
from costmodel.mapping.problem import DATASPACES, Problem


def evaluate(problem: Problem, machine: Machine, mapping: Mapping) -> Evaluation:
    """Cost of one mapping.

    A mapping that cannot run gives ``valid=False`` and the reason, never an exception.

    >>> from costmodel.mapping.machine import StorageLevel
    >>> dram = StorageLevel(name="DRAM", entries=None, read_pj=512, write_pj=512)
    >>> machine = Machine(name="one level", levels=(dram,), mac_pj=1, mac_units=1)
    >>> evaluate(Problem(C=4), machine, Mapping(levels=())).because[:15]
    'levels are none'
    """
    reason = malformed(problem, machine, mapping)
    if reason:
        return Evaluation(valid=False, because=reason)
    geometry = geometry_of(problem)
    index = {dim: i for i, dim in enumerate(problem.dims)}
    nest = nest_of([_loops(level, index) for level in reversed(mapping.levels)], len(index))
    reason = overfull(geometry, machine, mapping, nest)
    if reason:
        return Evaluation(valid=False, because=reason)
    found = []
    for v, name in enumerate(DATASPACES):
        kept = [s for s in range(len(machine.levels)) if name in mapping.levels[-1 - s].keep]
        found.append(counters(traffic_of(geometry, machine, nest, v, kept), v, kept))
    if machine.behaviour == "B" and found[OUTPUTS][-1].reads and found[OUTPUTS][-1].level == len(machine.levels) - 1:
        outermost = machine.levels[-1].name
        return Evaluation(valid=False, because=f"{outermost} would reduce outputs over time; behaviour B forbids it")
    return _costed(problem, machine, nest, tuple(found))


def _loops(level: LevelMapping, index: dict[str, int]) -> LevelLoops:
    inner_first = [(loop.spatial, (index[loop.dim], loop.bound)) for loop in reversed(level.ordered)]
    return LevelLoops(
        temporal=tuple(loop for along, loop in inner_first if along is None),
        x=tuple(loop for along, loop in inner_first if along == "X"),
        y=tuple(loop for along, loop in inner_first if along == "Y"),
    )


def _costed(problem: Problem, machine: Machine, nest: Nest, found: tuple[tuple[Counters, ...], ...]) -> Evaluation:
    entries = []
    for name, counts in zip(DATASPACES, found, strict=True):
        for entry in counts:
            level = machine.levels[entry.level]
            accesses = Accesses(
                level=level.name,
                dataspace=name,
                reads=entry.reads,
                fills=entry.fills,
                updates=entry.updates,
                energy_pj=access_energy(level, entry) * nest.replication[entry.level],
            )
            entries.append((entry.level, accesses))
    entries.sort(key=lambda pair: pair[0])  # innermost level first; within it in data-space order
    cycles = throttled_cycles(machine, nest.compute, [entry for counts in found for entry in counts])
    mac_energy = machine.mac_pj * problem.macs
    return Evaluation(
        valid=True,
        energy_pj=mac_energy + sum(accesses.energy_pj for _, accesses in entries),
        mac_energy_pj=mac_energy,
        cycles=cycles,
        utilisation=problem.macs / machine.mac_units / cycles,
        accesses=tuple(accesses for _, accesses in entries),
    )
