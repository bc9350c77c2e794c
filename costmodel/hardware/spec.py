"""The hardware spec: an accelerator as YAML, checked, every number with a unit and a source."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, model_validator

from costmodel.files.documents import Strict

DataspaceName = Literal["Weights", "Inputs", "Outputs"]
DATASPACES: tuple[DataspaceName, ...] = ("Weights", "Inputs", "Outputs")
Dim = Literal["C", "M", "R", "S", "N", "P", "Q"]


LATER_FIELDS = frozenset({"notes", "word_bits"})
"""Fields that specs gained later: a spec that does not say them keeps the digest that it had."""


class SourcedQuantity(Strict):
    """A number that somebody can cite; ``source`` is a key of the spec's sources."""

    value: Decimal = Field(ge=0)
    unit: str
    source: str


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


class LevelSpec(Strict):
    """One storage level, or a fan-out without storage (a row or column of PEs): no capacity, and nothing kept.

    Attributes:
        capacity: words per instance; absent means unlimited.
        read, write: energy of an access of ``words_per_access`` words; or ``pat_register`` instead of both.
        read_bandwidth, write_bandwidth: words a cycle per instance; absent means unlimited.
        word_bits: bits of a word here, where it is another than the multipliers'.
        fanout_x, fanout_y: instances of the next inner level that one instance feeds.
        keep: data spaces that are always kept here; ``free``: those that a mapping may keep or bypass.
    """

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


class ComputeSpec(Strict):
    """The multiply-accumulate units."""

    units: SourcedQuantity
    word_bits: SourcedQuantity
    energy: SourcedQuantity
    area: SourcedQuantity | None = None


class MapperSpec(Strict):
    """Settings of the course's own search (Timeloop's random-pruned)."""

    threads: int
    timeout: int
    victory_condition: int
    max_permutations: int
    source: str


class HardwareSpec(Strict):
    """An accelerator. Levels are innermost first; ``timeloop`` names the behaviour that the engine re-enacts.

    Attributes:
        notes: what the machine's own files say and no figure knows of.
    """

    name: str
    title: str
    timeloop: Literal["A", "B", "D", "E"] = "D"
    sources: dict[str, str]
    compute: ComputeSpec
    levels: tuple[LevelSpec, ...] = Field(min_length=1)
    constraints: tuple[ConstraintSpec, ...] = ()
    depthwise_constraints: tuple[ConstraintSpec, ...] = ()
    mapper: MapperSpec | None = None
    notes: tuple[str, ...] = ()

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
    def digest(self) -> str:
        """Digest of everything that the spec says; a field that specs gained later counts where something is said."""
        said = self.model_dump(mode="json")
        for part in (said, *said["levels"]):
            for name in LATER_FIELDS & set(part):
                if not part[name]:
                    del part[name]
        return hashlib.sha256(json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def _sources_used(part: object) -> set[str]:
    if isinstance(part, (SourcedQuantity, MapperSpec)):
        return {part.source}
    if isinstance(part, Strict):
        return set().union(*(_sources_used(getattr(part, name)) for name in type(part).model_fields))
    if isinstance(part, tuple):
        return set().union(*(_sources_used(item) for item in part))
    return set()
