"""Advice: where cycles and energy go, and what a small change of a channel count would do, computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun
from costmodel.ir.receptive import ReceptiveField
from costmodel.ir.tips import Standing, Tip

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
    """For inference of one sample on a machine, or for a training step.

    Attributes:
        level: name of the machine's outermost level.
        suggestions: channel counts, of an inference.
        tried: how many channel counts were mapped.
        complete: False if a layer has no valid mapping, or an op no formula.
        phase: inference or training.
        objective: latency, energy or edp: what mappings and changes are compared by.
        now: how the network stands as it is; None in older files.
        changes: of every kind, each made in the network that was then mapped as a whole; see :class:`costmodel.Tips`.
        sequence: changes one after the other, that keep about as many parameters.
        changes_tried: how many changes were computed; ``unfit`` of them do not run.
        receptive: the receptive field of the network as it is.
        stopped: True if the search was cut off.
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
    phase: str = "inference"
    objective: str = "latency"
    now: Standing | None = None
    changes: tuple[Tip, ...] = ()
    sequence: tuple[Tip, ...] = ()
    changes_tried: int = 0
    unfit: int = 0
    receptive: ReceptiveField | None = None
    stopped: bool = False

    def summary(self) -> str:
        """The noun in a few words."""
        found = len(self.suggestions) + len(self.changes)
        return f"{self.subject} on {self.hardware}, {self.cycles:,} cycles, {found} suggestions"
