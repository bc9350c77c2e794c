"""The spec of a GPU: peaks, bandwidth, caches, memory and power, every number with a unit and a source."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

from pydantic import Field, model_validator

from costmodel.files.documents import Strict
from costmodel.hardware.spec import SourcedQuantity

Architecture = Literal[
    "kepler", "maxwell", "pascal", "volta", "turing", "ampere", "ada", "hopper", "blackwell", "cascade_lake"
]
Precision = Literal["fp32", "tf32", "fp16_tensor", "bf16_tensor", "fp16_vector"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "tf32", "fp16_tensor", "bf16_tensor", "fp16_vector")
WorkKind = Literal["convolution", "attention", "recurrent", "lookup", "small_convolution"]

_UNITS = {
    "peaks": "TFLOP/s",
    "bandwidth": "GB/s",
    "l2": "KiB",
    "multiprocessors": "units",
    "base_clock": "MHz",
    "boost_clock": "MHz",
    "memory": "MiB",
    "reserved": "MiB",
    "tdp": "W",
    "idle_power": "W",
    "context_power": "W",
    "sustained": "of peak",
    "power": "of TDP",
}
"""Unit of each field: a number in another would be read wrongly. GB and TFLOP are powers of ten, KiB and MiB of two."""


class SourcedRange(Strict):
    """A number of which only a range is known, perhaps with its median; ``source`` is a key of the spec's sources."""

    low: Decimal = Field(ge=0)
    median: Decimal | None = None
    high: Decimal = Field(ge=0)
    unit: str
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> SourcedRange:
        middle = self.low if self.median is None else self.median
        if not self.low <= middle <= self.high:
            raise ValueError(f"a range goes upwards, got {self.low}, {middle}, {self.high}")
        return self


class FittedQuantity(Strict):
    """A constant that a calibration found; ``source`` names the calibration and what it was fitted on."""

    value: Decimal
    unit: str
    source: str


class PeakRates(Strict):
    """Dense peaks of the vendor at boost clock; what the card cannot do faster than FP32, or at all, is absent.

    Attributes:
        fp32: multiply-adds of the ordinary units, two operations each.
        tf32: tensor cores on FP32 data rounded to TF32 (Ampere and later).
        fp16_tensor, bf16_tensor: tensor cores with FP32 accumulation, as torch runs them (GeForce cards of Turing,
            Ampere and Ada run these at half the rate that they reach with FP16 accumulation).
        fp16_vector: the ordinary units on FP16 data.
    """

    fp32: SourcedQuantity
    tf32: SourcedQuantity | None = None
    fp16_tensor: SourcedQuantity | None = None
    bf16_tensor: SourcedQuantity | None = None
    fp16_vector: SourcedQuantity | None = None


class GpuSpec(Strict):
    """A GPU as one process sees it, or a processor (``kind`` cpu) that trains without one.

    Attributes:
        bandwidth: of the memory, by the vendor.
        l2: the cache in front of the memory (of a processor: its last level).
        multiprocessors: SMs (of a processor: cores).
        base_clock: absent where no source was found; no figure hangs on it.
        boost: what the boost clock is: the ``highest`` (cards for servers), or a ``typical`` one that a cool card
            exceeds (GeForce, TITAN and Quadro).
        memory: the total that nvidia-smi reports; absent for a processor, whose memory is the host's.
        reserved: the part of that total which the driver keeps (new drivers count it in, old ones leave it out).
        idle_power: with nothing on it; a range where cards and drivers differ.
        context_power: with a process on it that computes nothing, or hardly anything.
        sustained: fraction of a peak that large matrix products reached, by precision, where measured.
        power: average power over TDP while a kind of work runs, where measured.
        fitted: constants that a calibration wrote.
    """

    name: str
    title: str
    kind: Literal["gpu", "cpu"] = "gpu"
    architecture: Architecture
    sources: dict[str, str]
    peaks: PeakRates
    bandwidth: SourcedQuantity
    l2: SourcedQuantity
    multiprocessors: SourcedQuantity
    base_clock: SourcedQuantity | None = None
    boost_clock: SourcedQuantity
    boost: Literal["highest", "typical"] = "highest"
    memory: SourcedQuantity | None = None
    reserved: SourcedQuantity | None = None
    tdp: SourcedQuantity
    idle_power: SourcedRange | None = None
    context_power: SourcedRange | None = None
    sustained: dict[Precision, SourcedQuantity] = Field(default_factory=dict)
    power: dict[WorkKind, SourcedRange] = Field(default_factory=dict)
    fitted: dict[str, FittedQuantity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _units_and_sources(self) -> GpuSpec:
        for name, found in quantities(self):
            wanted = _UNITS.get(name.partition(" ")[0])
            if wanted is not None and found.unit != wanted:
                raise ValueError(f"{name} is given in {wanted}, got {found.unit}")
            if found.source not in self.sources:
                raise ValueError(f"source {found.source!r} is not among sources: {', '.join(sorted(self.sources))}")
        if self.kind == "gpu" and self.memory is None:
            raise ValueError("a GPU has memory: give the total that nvidia-smi reports, in MiB")
        if self.base_clock is not None and self.base_clock.value > self.boost_clock.value:
            raise ValueError(f"base_clock {self.base_clock.value} is above boost_clock {self.boost_clock.value}")
        return self

    @property
    def memory_bytes(self) -> int | None:
        """Bytes of the card's memory that processes can have, None for a processor."""
        if self.memory is None:
            return None
        kept = Decimal(0) if self.reserved is None else self.reserved.value
        return int((self.memory.value - kept) * 2**20)

    @property
    def l2_bytes(self) -> int:
        """Bytes of the L2."""
        return int(self.l2.value * 2**10)

    @property
    def bytes_per_second(self) -> float:
        """Bandwidth of the memory."""
        return float(self.bandwidth.value) * 1e9

    def flops_per_second(self, precision: Precision) -> float | None:
        """The vendor's peak at a precision, None if the card has none."""
        found: SourcedQuantity | None = getattr(self.peaks, precision)
        return None if found is None else float(found.value) * 1e12

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """The precisions that it has a peak for."""
        return tuple(name for name in PRECISIONS if getattr(self.peaks, name) is not None)

    @property
    def digest(self) -> str:
        """Digest of everything that the spec says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


Quantity: TypeAlias = "SourcedQuantity | SourcedRange | FittedQuantity"


def quantities(spec: GpuSpec) -> list[tuple[str, Quantity]]:
    """Every number of a spec under its name: ``bandwidth``, ``peaks fp32``."""
    found: list[tuple[str, Quantity]] = []
    for field in type(spec).model_fields:
        part = getattr(spec, field)
        if isinstance(part, PeakRates):
            part = {name: getattr(part, name) for name in type(part).model_fields}
        named = {f"{field} {key}": item for key, item in part.items()} if isinstance(part, Mapping) else {field: part}
        kinds = (SourcedQuantity, SourcedRange, FittedQuantity)
        found += [(name, item) for name, item in named.items() if isinstance(item, kinds)]
    return found
