"""The known machines: accelerators that layers are mapped onto, and GPUs that steps are estimated for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.noun import Noun


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """An accelerator in a line: its multiply-accumulate units and its storage levels, outermost last."""

    name: str
    title: str
    macs: int
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A GPU (``kind`` gpu) or a processor (``kind`` cpu) in a line; an absent peak is None, as is a processor's memory.

    Peaks are dense, in TFLOP/s (10^12 operations a second); the memory is what processes can have.
    """

    name: str
    title: str
    kind: str
    architecture: str
    fp32_tflops: float
    tf32_tflops: float | None
    fp16_tensor_tflops: float | None
    bf16_tensor_tflops: float | None
    gigabytes_per_second: float
    memory_bytes: int | None
    tdp_watts: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Machines(Noun):
    """The machines by kind."""

    SCHEMA: ClassVar[str] = "costmodel.machines/1"

    accelerators: tuple[Accelerator, ...]
    gpus: tuple[Gpu, ...]

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{len(self.accelerators)} accelerators, {len(self.gpus)} GPUs and processors"
