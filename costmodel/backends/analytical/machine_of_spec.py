"""A hardware spec as the machine that the mapping engine knows."""

from __future__ import annotations

from collections.abc import Iterable

from costmodel.hardware.spec import ConstraintSpec, HardwareSpec, LevelSpec, SourcedQuantity
from costmodel.mapping.machine import Constraints, LoopConstraint, Machine, MapperSettings, StorageLevel


def machine_of(spec: HardwareSpec) -> Machine:
    """The engine's machine with the spec's figures, levels innermost first."""
    return Machine(
        name=spec.name,
        levels=tuple(_level(level) for level in spec.levels),
        mac_pj=float(spec.compute.energy.value),
        mac_units=int(spec.compute.units.value),
        behaviour=spec.timeloop,
        constraints=_constraints(spec, spec.constraints),
        depthwise_constraints=_constraints(spec, spec.depthwise_constraints),
        mapper=_mapper(spec),
    )


def _level(level: LevelSpec) -> StorageLevel:
    read, write = level.access_pj
    return StorageLevel(
        name=level.name,
        entries=None if level.capacity is None else int(level.capacity.value),
        words_per_access=int(level.words_per_access.value),
        read_pj=read,
        write_pj=write,
        read_bandwidth=_optional(level.read_bandwidth),
        write_bandwidth=_optional(level.write_bandwidth),
        fanout_x=_count(level.fanout_x),
        fanout_y=_count(level.fanout_y),
        stores=level.stores,
    )


def _optional(quantity: SourcedQuantity | None) -> float | None:
    return None if quantity is None else float(quantity.value)


def _count(quantity: SourcedQuantity | None) -> int:
    return 1 if quantity is None else int(quantity.value)


def _constraints(spec: HardwareSpec, loops: Iterable[ConstraintSpec]) -> Constraints:
    fixed = [level for level in spec.levels if level.keep or level.bypass]
    return Constraints(
        loops=tuple(
            LoopConstraint(
                target=loop.target,
                spatial=loop.type == "spatial",
                factors=tuple(loop.factors.items()),
                most=tuple(loop.max_factors.items()),
                permutation=loop.permutation,
                split=loop.split,
            )
            for loop in loops
        ),
        keep=tuple((level.name, tuple(level.keep)) for level in fixed),
        bypass=tuple((level.name, tuple(level.bypass)) for level in fixed),
    )


def _mapper(spec: HardwareSpec) -> MapperSettings:
    if spec.mapper is None:
        return MapperSettings()
    return MapperSettings(
        threads=spec.mapper.threads,
        timeout=spec.mapper.timeout,
        victory=spec.mapper.victory_condition,
        max_permutations=spec.mapper.max_permutations,
    )
