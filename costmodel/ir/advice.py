"""Advice: where cycles and energy go, and what a small change of a channel count would do, computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun

SCHEMA = "costmodel.advice/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One layer's part of the whole.

    Attributes:
        cycles, energy_pj: of this layer; ``cycles_share`` and ``energy_share`` are of the network's.
        busy: multiply-accumulate units that its mapping uses.
        outermost_share: share of its energy that the outermost level (DRAM) takes.
        macs_per_outer_word: multiply-accumulates for each word read from or written to the outermost level.
    """

    layer: str
    problem: str
    cycles: int
    cycles_share: float
    energy_pj: float
    energy_share: float
    busy: int
    outermost_share: float
    macs_per_outer_word: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Another channel count, with the whole network's figures after the change; all of it is mapped anew.

    Attributes:
        layers: layers whose output has these channels; ``readers`` read them.
        busy_before, busy_after: units used by the first of the layers.
    """

    layers: tuple[str, ...]
    readers: tuple[str, ...]
    channels: int
    becomes: int
    macs: int
    cycles: int
    energy_pj: float
    busy_before: int
    busy_after: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Advice(Noun):
    """For inference of one sample on a machine.

    Attributes:
        level: name of the machine's outermost level.
        tried: how many channel counts were mapped.
        complete: False if a layer has no valid mapping, or an op no formula.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "suggestions"

    subject: str
    hardware: str
    units: int
    level: str
    macs: int
    cycles: int
    energy_pj: float
    spots: tuple[Spot, ...]
    suggestions: tuple[Suggestion, ...]
    tried: int
    complete: bool

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.subject} on {self.hardware}, {self.cycles:,} cycles, {len(self.suggestions)} suggestions"
