"""The hardware spec: an accelerator as YAML, checked, every number with a unit and a source."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any, ClassVar, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from costmodel.files.documents import Strict
from costmodel.hardware.quantity import HERTZ, WATTS, check_unit
from costmodel.hardware.quantity import SourcedQuantity as SourcedQuantity
from costmodel.hardware.vector import VectorSpec

DataspaceName = Literal["Weights", "Inputs", "Outputs"]
DATASPACES: tuple[DataspaceName, ...] = ("Weights", "Inputs", "Outputs")
Dim = Literal["C", "M", "R", "S", "N", "P", "Q"]


class Later(Strict):
    """A part of a machine that gained fields later: where a file does not give them, its digest is what it was."""

    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if value or name not in self.LATER}


class PatRegister(Strict):
    """A register whose energy Timeloop takes from its own PAT model, by depth (words) and width (bits)."""

    depth: SourcedQuantity
    width: SourcedQuantity

    @property
    def access_pj(self) -> float:
        """Energy of one access: ((5/99.5)·(KB − 0.5) + 1)·width/16 with KB = depth·width/8192 (pat.cpp)."""
        bits = int(self.width.value)
        kilobytes = int(self.depth.value) * bits / 8192
        return ((5 / 99.5) * (kilobytes - 0.5) + 1) * bits / 16


class LevelSpec(Later):
    """One storage level, or a fan-out without storage (a row or column of PEs): no capacity, and nothing kept.

    Attributes:
        capacity: words per instance; absent means unlimited.
        read, write: energy of an access of ``words_per_access`` words; or ``pat_register`` instead of both.
        read_bandwidth, write_bandwidth: words a cycle per instance; absent means unlimited.
        word_bits: bits of a word here, where it is another than the multipliers'.
        fanout_x, fanout_y: instances of the next inner level that one instance feeds.
        leakage: power of one instance that does nothing (W, mW, uW or nW); counted where the machine has a clock.
        keep: data spaces that are always kept here; ``free``: those that a mapping may keep or bypass.
    """

    LATER: ClassVar[frozenset[str]] = frozenset({"leakage", "word_bits"})

    name: str
    instances: SourcedQuantity
    capacity: SourcedQuantity | None = None
    words_per_access: SourcedQuantity
    word_bits: SourcedQuantity | None = None
    read: SourcedQuantity | None = None
    write: SourcedQuantity | None = None
    pat_register: PatRegister | None = None
    read_bandwidth: SourcedQuantity | None = None
    write_bandwidth: SourcedQuantity | None = None
    fanout_x: SourcedQuantity | None = None
    fanout_y: SourcedQuantity | None = None
    area: SourcedQuantity | None = None
    leakage: SourcedQuantity | None = None
    keep: tuple[DataspaceName, ...] = ()
    free: tuple[DataspaceName, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _a_fan_out_accesses_nothing(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("keep") and not data.get("free") and "instances" in data:
            instances = data["instances"]
            if isinstance(instances, dict):
                return {"words_per_access": instances | {"value": 1, "unit": "words"}} | data
        return data

    @model_validator(mode="after")
    def _one_energy(self) -> LevelSpec:
        tabled = self.read is not None and self.write is not None
        if (self.read is None) != (self.write is None) or (tabled and self.pat_register is not None):
            raise ValueError(f"level {self.name}: give read and write, or pat_register")
        if (self.keep or self.free) and not tabled and self.pat_register is None:
            raise ValueError(f"level {self.name}: give read and write, or pat_register")
        if set(self.keep) & set(self.free):
            raise ValueError(f"level {self.name}: a data space is either kept or free")
        check_unit(self.leakage, WATTS, f"level {self.name}, leakage")
        return self

    @property
    def stores(self) -> bool:
        """Whether it is a memory, even one where nothing stays; else the level only fans out."""
        return bool(self.keep or self.free or self.capacity)

    @property
    def bypass(self) -> tuple[DataspaceName, ...]:
        """Data spaces that never stay here."""
        return tuple(space for space in DATASPACES if space not in (*self.keep, *self.free))

    @property
    def access_pj(self) -> tuple[float, float]:
        """Energy of one read and of one write access."""
        if self.pat_register is not None:
            return self.pat_register.access_pj, self.pat_register.access_pj
        if self.read is None or self.write is None:
            return 0.0, 0.0
        return float(self.read.value), float(self.write.value)


class ConstraintSpec(Strict):
    """A constraint on one level's loops: fixed bounds, largest bounds, the innermost dims in order, the X/Y split."""

    target: str
    type: Literal["spatial", "temporal"]
    factors: dict[Dim, int] = Field(default_factory=dict)
    max_factors: dict[Dim, int] = Field(default_factory=dict)
    permutation: tuple[Dim, ...] = ()
    split: int | None = None


class ComputeSpec(Later):
    """The multiply-accumulate units.

    Attributes:
        word_bits: width of a word of every data space, but of those in ``data_space_bits``.
        leakage: power of one unit that does nothing; counted where the machine has a clock.
    """

    LATER: ClassVar[frozenset[str]] = frozenset({"leakage", "data_space_bits"})

    units: SourcedQuantity
    word_bits: SourcedQuantity
    energy: SourcedQuantity
    area: SourcedQuantity | None = None
    leakage: SourcedQuantity | None = None
    data_space_bits: dict[DataspaceName, SourcedQuantity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _leaks_watts(self) -> ComputeSpec:
        check_unit(self.leakage, WATTS, "compute, leakage")
        return self

    def bits_of(self, space: DataspaceName) -> int:
        """Width of the words of a data space."""
        return int(self.data_space_bits.get(space, self.word_bits).value)


class MapperSpec(Strict):
    """Settings of the course's own search (Timeloop's random-pruned)."""

    threads: int
    timeout: int
    victory_condition: int
    max_permutations: int
    source: str


class HardwareSpec(Later):
    """An accelerator. Levels are innermost first; ``timeloop`` names the behaviour that the engine re-enacts.

    Without a ``clock`` (Hz, kHz, MHz or GHz) a machine has cycles, and no seconds, watts or leakage; without a
    ``vector`` unit the work beside the layers has no energy. ``notes`` are what the machine's own files say and no
    figure knows of.
    """

    LATER: ClassVar[frozenset[str]] = frozenset({"clock", "vector", "notes"})

    name: str
    title: str
    timeloop: Literal["A", "B", "D", "E"] = "D"
    sources: dict[str, str]
    compute: ComputeSpec
    levels: tuple[LevelSpec, ...] = Field(min_length=1)
    constraints: tuple[ConstraintSpec, ...] = ()
    depthwise_constraints: tuple[ConstraintSpec, ...] = ()
    mapper: MapperSpec | None = None
    clock: SourcedQuantity | None = None
    vector: VectorSpec | None = None
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _clock_and_vector(self) -> HardwareSpec:
        check_unit(self.clock, HERTZ, "clock")
        if self.clock is not None and not self.clock.value:
            raise ValueError("clock: more than 0; leave it out where it is not known")
        memories = [level.name for level in self.levels if level.stores]
        if self.vector is not None and self.vector.level not in memories:
            known = ", ".join(memories)
            raise ValueError(f"vector, level: {self.vector.level!r} is no level that stores; those are {known}")
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> HardwareSpec:
        levels = [level.name for level in self.levels]
        if len(set(levels)) != len(levels):
            raise ValueError(f"levels need different names, got {', '.join(levels)}")
        for loop in (*self.constraints, *self.depthwise_constraints):
            if loop.target not in levels:
                raise ValueError(f"a constraint's target {loop.target!r} is not a level; levels: {', '.join(levels)}")
        if set(self.levels[-1].keep) != set(DATASPACES):
            raise ValueError(f"the outermost level {levels[-1]} must keep {', '.join(DATASPACES)}")
        for source in _sources_used(self):
            if source not in self.sources:
                raise ValueError(f"source {source!r} is not among sources: {', '.join(sorted(self.sources))}")
        return self

    @property
    def area_um2(self) -> float | None:
        """Area of all instances, None if a component does not say."""
        storage = [level for level in self.levels if level.stores]
        parts = [(self.compute.units, self.compute.area), *((level.instances, level.area) for level in storage)]
        total = Decimal(0)
        for count, area in parts:
            if area is None:
                return None
            total += count.value * area.value
        return float(total)

    @property
    def clock_hz(self) -> float | None:
        """Cycles a second, None for a machine without a clock."""
        return None if self.clock is None else float(self.clock.value * HERTZ[self.clock.unit])

    @property
    def leakage_watts(self) -> float | None:
        """Power of all instances when nothing is done: Σ instances · leakage; None if no part says any.

        Every instance leaks, used or not (Timeloop 0.4 counts those that a mapping uses).
        """
        parts = [(self.compute.units.value, self.compute.leakage)]
        parts += [(level.instances.value, level.leakage) for level in self.levels]
        parts.append((Decimal(1), self.vector.leakage if self.vector else None))
        known = [count * power.value * WATTS[power.unit] for count, power in parts if power is not None]
        return float(sum(known)) if known else None

    @property
    def digest(self) -> str:
        """Digest of everything that the spec says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def _sources_used(part: object) -> set[str]:
    if isinstance(part, (SourcedQuantity, MapperSpec)):
        return {part.source}
    if isinstance(part, Strict):
        return set().union(*(_sources_used(getattr(part, name)) for name in type(part).model_fields))
    if isinstance(part, (tuple, dict)):
        return set().union(*(_sources_used(item) for item in (part.values() if isinstance(part, dict) else part)))
    return set()
