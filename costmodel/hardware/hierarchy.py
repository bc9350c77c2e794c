"""A hardware spec as the hierarchy that is drawn and compared."""

from __future__ import annotations

from costmodel.hardware.spec import HardwareSpec, LevelSpec, SourcedQuantity
from costmodel.ir.hierarchy import Hierarchy, MachineLevel


def hierarchy_of(spec: HardwareSpec) -> Hierarchy:
    """The levels, outermost first, and the multipliers."""
    return Hierarchy(
        name=spec.name,
        title=spec.title,
        levels=tuple(_level(level, spec) for level in reversed(spec.levels)),
        macs=int(spec.compute.units.value),
        word_bits=int(spec.compute.word_bits.value),
        mac_pj=float(spec.compute.energy.value),
        area_um2=spec.area_um2,
        clock_hz=spec.clock_hz,
        leakage_watts=spec.leakage_watts,
        notes=spec.notes,
    )


def _level(level: LevelSpec, spec: HardwareSpec) -> MachineLevel:
    read, write = level.access_pj if level.stores else (None, None)
    return MachineLevel(
        name=level.name,
        instances=int(level.instances.value),
        stores=level.stores,
        words=None if level.capacity is None else int(level.capacity.value),
        words_per_access=int(level.words_per_access.value),
        word_bits=int((level.word_bits or spec.compute.word_bits).value) if level.stores else None,
        read_pj=read,
        write_pj=write,
        keeps=level.keep,
        free=level.free,
        fanout_x=_count(level.fanout_x),
        fanout_y=_count(level.fanout_y),
    )


def _count(quantity: SourcedQuantity | None) -> int:
    return 1 if quantity is None else int(quantity.value)
