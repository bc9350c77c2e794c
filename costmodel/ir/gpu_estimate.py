"""The GPU estimate: seconds, memory and joules of a step and of a training on a card, as intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from costmodel.ir.doubts import Assumption, Uncounted
from costmodel.ir.gpu_memory import GpuMemory
from costmodel.ir.interval import Interval
from costmodel.ir.noun import Noun

SCHEMA = "costmodel.gpu-estimate/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What the estimate does not know, and by which factor it may move the figure either way."""

    what: str
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuTime:
    """Seconds on the card.

    Attributes:
        step_seconds: of a full step of the first phase.
        training_seconds: of all steps of all phases, and of starting; None where the recipe has no length.
        confidence: share of such cases that lie inside the intervals.
        unknowns: what widens them, the most first.
        card_seconds: median of what the card is busy with; host_seconds: of what the host needs to launch it.
        parts: median seconds by part of the step (forward, loss, backward, optimizer), shares of ``step_seconds``.
        kinds: the same by kind of kernel.
        limits: the same by what the time goes to: arithmetic, memory traffic, launches, waiting for the host.
    """

    step_seconds: Interval
    training_seconds: Interval | None
    confidence: float
    unknowns: tuple[Unknown, ...]
    card_seconds: float
    host_seconds: float
    parts: Mapping[str, float] = field(default_factory=dict)
    kinds: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuEnergy:
    """Joules of the card and of the host beside it.

    Attributes:
        step_joules, training_joules: of the card alone; None where the recipe has no length.
        host_step_joules, host_training_joules: of the processor packages and their memory.
        watts: average power of the card over the step.
        power_limit_watts: that it runs under; its TDP unless another was given.
        training_grams_co2e: of card and host, where an intensity of the grid was given.
    """

    step_joules: Interval
    training_joules: Interval | None
    host_step_joules: Interval
    host_training_joules: Interval | None
    watts: Interval
    power_limit_watts: float
    training_grams_co2e: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerTime:
    """Median seconds of a module's own kernels, but for the optimizer's; ``kind`` is that of most of the time."""

    layer: str
    seconds: float
    share: float
    kernels: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpTime:
    """Median seconds of all kernels of one op in one part of the step."""

    op: str
    part: str
    kind: str
    times: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuRun:
    """What was estimated, and how it is run.

    Attributes:
        hardware: the card; ``hardware_digest`` of everything that its file says.
        phase: ``training``, or ``inference`` (forward passes of a batch in evaluation mode).
        precision: ``fp32``, ``tf32`` or ``amp``; ``default`` is torch's: TF32 for convolutions where the card has it.
        layout: ``nchw`` or ``nhwc``.
        batch: samples of the step.
        flops_per_second, bytes_per_second: the card's peaks, for the fastest units that the precision uses and for its
            memory; None in older files.
    """

    hardware: str
    hardware_digest: str
    phase: str
    precision: str
    layout: str
    batch: int
    flops_per_second: float | None = None
    bytes_per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GpuEstimate(Noun):
    """What a step, and a training, cost on a GPU.

    Attributes:
        layers, ops: where the seconds go, the most first.
        complete: False if an op has no formula, or the step varies: figures are then "at least".
        assumptions: of the estimate; those of the trace stand with the analysis.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "layers"

    run: GpuRun
    time: GpuTime
    memory: GpuMemory
    energy: GpuEnergy
    layers: tuple[LayerTime, ...]
    ops: tuple[OpTime, ...]
    complete: bool
    assumptions: tuple[Assumption, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    varies: tuple[Assumption, ...] = ()

    def summary(self) -> str:
        """The noun in a few words."""
        step, run = self.time.step_seconds, self.run
        return f"{run.phase} on {run.hardware}, batch {run.batch}, {step.low:.3g} to {step.high:.3g} s a step"
