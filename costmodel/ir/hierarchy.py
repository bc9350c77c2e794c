"""An accelerator's hierarchy of memories and fan-outs, and two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.comparison import Comparison, Delta
from costmodel.ir.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineLevel:
    """A memory, or a fan-out without one.

    Attributes:
        instances: in the whole machine.
        words: of one instance; None is unlimited, or a fan-out, which has none.
        words_per_access: that one read or write moves.
        word_bits: of one word; None for a fan-out.
        read_pj, write_pj: of one access; None for a fan-out.
        keeps: data spaces that are always kept here; ``free`` are those that a mapping may keep.
        fanout_x, fanout_y: instances of the next inner level that one instance feeds.
    """

    name: str
    instances: int
    stores: bool
    words: int | None
    words_per_access: int
    word_bits: int | None
    read_pj: float | None
    write_pj: float | None
    keeps: tuple[str, ...]
    free: tuple[str, ...]
    fanout_x: int
    fanout_y: int

    @property
    def read_pj_a_bit(self) -> float | None:
        """Energy of reading one bit, as part of a whole access; None for a fan-out."""
        if self.read_pj is None or not self.word_bits:
            return None
        return self.read_pj / (self.words_per_access * self.word_bits)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Hierarchy(Noun):
    """An accelerator, level by level.

    Attributes:
        levels: outermost first.
        macs: multiply-accumulate units, of ``word_bits`` and ``mac_pj`` each.
        area_um2, clock_hz, leakage_watts: None where its file does not say.
        notes: what its files say and no figure knows of.
    """

    SCHEMA: ClassVar[str] = "costmodel.hierarchy/1"

    name: str
    title: str
    levels: tuple[MachineLevel, ...]
    macs: int
    word_bits: int
    mac_pj: float
    area_um2: float | None = None
    clock_hz: float | None = None
    leakage_watts: float | None = None
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.name}, {len(self.levels)} levels, {self.macs} multiply-accumulate units"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MachineComparison(Noun):
    """Two accelerators, the first ``before``.

    Attributes:
        figures: of the machines alone.
        on: the same model on both, where one was named.
        warnings: why figures of the two are not of the same kind (words of another width).
    """

    SCHEMA: ClassVar[str] = "costmodel.machine-comparison/1"

    before: Hierarchy
    after: Hierarchy
    figures: tuple[Delta, ...]
    on: Comparison | None = None
    warnings: tuple[str, ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.before.name} and {self.after.name}"
