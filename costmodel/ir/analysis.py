"""The analysis: every figure of a subject's training, ready to be shown, judged or compared.

It is the noun behind ``costmodel analyze``; its JSON form is the stable schema ``costmodel.analysis/1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.activations import LayerBytes
from costmodel.ir.cost import CostReport
from costmodel.ir.doubts import Assumption
from costmodel.ir.gpu_estimate import GpuEnergy, GpuRun, GpuTime
from costmodel.ir.gpu_memory import GpuMemory
from costmodel.ir.judged import Judged
from costmodel.ir.noun import Noun

SCHEMA = "costmodel.analysis/1"

OWN_BATCH = "own batch"
OWN_STEP = "own training_step"
WHOLE_STEP = "own step"
OWN_OPTIMIZER = "own configure_optimizers"
"""Stand in a subject's ``input``, ``loss`` and ``optimizer`` where the file brings its own."""

TRAINING, INFERENCE = "training", "inference"
"""What an analysis is of."""

OWN_CLASS = "own class "
"""Before the name of an optimizer's class that is not torch's."""

PARTS = ("preprocess", "forward", "loss", "backward", "recompute", "optimizer")
"""The parts that a step is the sum of; ``backward`` includes ``loss_backward``, which is also shown apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One convention's numbers, by part of the step.

    Attributes:
        step: one steady step, the sum of the parts.
        training: all steps of all phases, the first update once; None if the recipe says no samples or steps.
    """

    preprocess: int = 0
    forward: int = 0
    loss: int = 0
    backward: int = 0
    loss_backward: int = 0
    recompute: int = 0
    optimizer: int = 0
    step: int = 0
    training: int | None = None

    def of(self, part: str) -> int:
        """The number of a part, ``step`` or ``training`` by name; 0 if the training's length is unknown."""
        value: int | None = getattr(self, part)
        return value or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakActivation:
    """Largest input + output activation of a layer, by two conventions, each with its layer and line.

    ``largest_…`` are the layers that come next to it, the largest first; empty in older files.
    """

    layer_io: int
    layer_io_layer: str
    lab_profiler: int
    lab_profiler_layer: str
    layer_io_where: str = ""
    lab_profiler_where: str = ""
    largest_layer_io: tuple[LayerBytes, ...] = ()
    largest_lab_profiler: tuple[LayerBytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMoment:
    """Live storages after a call of the step by role: only roles that have any.

    ``call`` counts from 1, 0 is before all of them; ``layer`` and ``op`` are the call's, "" before all.
    """

    call: int
    phase: str
    layer: str
    op: str
    by_role: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakMemory:
    """Largest total of live storages in the steady step, and what it was made of at that moment.

    ``over_step`` is the most of each of at most 60 equal parts of the step, in order; empty in older files.
    """

    total: int
    by_role: Mapping[str, int]
    over_step: tuple[MemoryMoment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Figures of the whole step (of the first recipe phase) and of the whole training.

    Attributes:
        peak_activation_bytes, peak_memory_bytes: the largest of all phases.
        causal_operations_saved: what leaving out masked scores would save in a step (COUNTING row 17).
        bytes_moved: bytes read and written, every tensor from and to memory.
        arithmetic_intensity: operations of a step per byte moved.
        complete: False if an op has no formula, or the step varies, and totals are only "at least".
        parameter_bytes: memory of all parameters, frozen ones too, in their own precision; None in older files.
        energy_mj, cycles: of the layers that were mapped onto the hardware; None without hardware.
    """

    parameters: int
    frozen_parameters: int
    buffers: int
    operations: Figures
    causal_operations_saved: int
    macs: Figures
    flops: Figures
    peak_activation_bytes: PeakActivation
    peak_memory_bytes: PeakMemory
    bytes_moved: Figures
    arithmetic_intensity: float
    complete: bool
    energy_mj: float | None = None
    cycles: int | None = None
    parameter_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow:
    """One module's own calls (not its children's); functional calls belong to the module that makes them.

    ``layer`` is the module path, ``(model)`` for the model itself and ``(loss)`` for the loss. Energy, cycles and
    utilisation are those of its loop nests on the hardware asked for, None where there are none. ``where`` is the first
    line of the user's code that calls it (``net.py:12``), ``shapes`` those of its largest call's first input and output
    (``2x3x32x32 → 2x6x28x28``); "" where they are not known. ``seconds`` is the median on the GPU asked for, without
    the optimizer's.
    """

    layer: str
    type: str
    parameters: int
    operations: Figures
    macs: Figures
    input_bytes: int
    output_bytes: int
    energy_pj: float | None = None
    cycles: int | None = None
    utilisation: float | None = None
    where: str = ""
    shapes: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpRow:
    """All calls of one ATen op in one part of the step."""

    op: str
    part: str
    times: int
    operations: int
    macs: int
    bytes_moved: int
    counted: bool
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """One phase of the training recipe: ``steps`` steps of ``batch`` samples (and one of ``last_batch``).

    ``operations_per_step`` is of a whole cycle where the phase has one of several steps. ``optimizer`` is the class
    that ran.
    """

    name: str
    batch: int
    steps: int
    last_batch: int | None
    operations_per_step: int
    operations: int
    cycle: int = 1
    optimizer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was analysed: everything that the numbers depend on, in the user's words; ``judged`` names the model.

    ``phase`` is ``inference`` where one forward pass of one sample was analysed, and not a training. ``techniques`` are
    those that the recipe asks for, each with its value: ``autocast bfloat16``.
    """

    name: str
    model_options: Mapping[str, str]
    input: str
    batch: int
    loss: str
    optimizer: str
    samples: int | None
    epochs: float | None
    convention: str
    source_digest: str
    judged: Judged | None = None
    phase: str = TRAINING
    techniques: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UncountedRow:
    """An op without a formula, and where."""

    op: str
    layer: str
    phase: str
    times: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Analysis(Noun):
    """Everything that ``costmodel analyze`` says. Rows are in the model's order.

    ``cost`` is what ``--hardware`` adds: energy and cycles on an accelerator; on a GPU it is ``gpu`` (which run),
    ``time``, ``memory`` and ``energy``. ``varies`` says why the step is not the
    same each time it runs, if it is not: figures are then those of the least that was seen.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "layers"

    subject: Subject
    totals: Totals
    layers: tuple[LayerRow, ...]
    ops: tuple[OpRow, ...]
    phases: tuple[PhaseRow, ...]
    uncounted: tuple[UncountedRow, ...]
    assumptions: tuple[Assumption, ...]
    provenance: Mapping[str, str]
    cost: CostReport | None = None
    varies: tuple[Assumption, ...] = ()
    gpu: GpuRun | None = None
    time: GpuTime | None = None
    memory: GpuMemory | None = None
    energy: GpuEnergy | None = None

    def summary(self) -> str:
        """The noun in a few words."""
        totals = self.totals
        return f"{self.subject.name}, {totals.parameters:,} parameters, {totals.operations.step:,} operations a step"
