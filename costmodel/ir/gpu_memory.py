"""Memory of a step on a card: what torch allocates and reserves, what nvidia-smi shows, and what it consists of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.interval import Interval
from costmodel.ir.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPart:
    """One part of the card's memory: what it is, its bytes, and where the figure comes from."""

    name: str
    nbytes: Interval
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUnknown:
    """Something that the estimate does not know, and how many bytes of the interval's width hang on it."""

    what: str
    nbytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestBatch:
    """Samples a step.

    Attributes:
        surely: the whole interval fits; 0 if that holds for none.
        possibly: the lower end fits; 0 if not even a single sample does.
        traced: batches that were traced for it.
    """

    surely: int
    possibly: int
    traced: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GpuMemory(Noun):
    """Peaks of a training (its first step and those after it) or of an inference.

    Attributes:
        card: name of the GPU.
        card_total_bytes: what processes can have of it.
        phase: training or inference.
        requested_bytes: tensors and workspaces as they were asked for.
        allocated_bytes: the same in the allocator's blocks: ``torch.cuda.max_memory_allocated``.
        reserved_bytes: the allocator's segments: ``torch.cuda.max_memory_reserved``.
        card_bytes: what nvidia-smi shows for the process.
        parts: what the card's memory consists of at the peak; their medians add up to that of ``card_bytes``.
        unknowns: what widens the interval, the widest first.
        largest_batch: that fits in the card; None if nobody has asked, and the step is not sure to be too large.
    """

    SCHEMA: ClassVar[str] = "costmodel.gpu_memory/1"
    ROWS: ClassVar[str] = "parts"

    card: str
    card_total_bytes: int
    phase: str
    requested_bytes: Interval
    allocated_bytes: Interval
    reserved_bytes: Interval
    card_bytes: Interval
    parts: tuple[MemoryPart, ...]
    unknowns: tuple[MemoryUnknown, ...] = ()
    largest_batch: LargestBatch | None = None

    @property
    def fits(self) -> bool | None:
        """Whether it fits in the card: None if the interval does not decide it."""
        if self.card_bytes.high <= self.card_total_bytes:
            return True
        return False if self.card_bytes.low > self.card_total_bytes else None

    def summary(self) -> str:
        """The noun in a few words."""
        low, median, high = (f"{value / 2**20:,.0f}" for value in self._card)
        return f"{self.phase} on {self.card}: {median} MiB ({low} to {high})"

    @property
    def _card(self) -> tuple[float, float, float]:
        return self.card_bytes.low, self.card_bytes.median, self.card_bytes.high
