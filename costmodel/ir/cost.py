"""The cost report: energy and cycles of a workload on an accelerator, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from costmodel.ir.doubts import Assumption, Uncounted
from costmodel.ir.noun import Noun
from costmodel.ir.whole import Clocked, WholeCost, Wider
from costmodel.ir.workload import Layer, NotMapped

SCHEMA = "costmodel.cost/1"
LAYER_SCHEMA = "costmodel.layer-cost/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSpec:
    """One loop of a mapping; ``spatial`` is X, Y or None for a temporal loop."""

    dim: str
    bound: int
    spatial: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedLevel:
    """Loops of one storage level, outermost first, and the data spaces that it keeps."""

    target: str
    keep: tuple[str, ...]
    loops: tuple[LoopSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """Words per instance of one data space on one level, and the energy of all instances."""

    level: str
    dataspace: str
    reads: int
    fills: int
    updates: int
    energy_pj: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LayerCost(Noun):
    """One layer problem, solved once; totals multiply by ``layer.repeats``.

    Attributes:
        valid: False if no mapping was found; ``because`` says why, and the figures are zero.
        optimal: True if no mapping is better for the objective of the search, and that is proven.
        energy_by_component: pJ of the MACs and of each storage level.
        mapping: outermost level first; empty if there is none.
    """

    SCHEMA: ClassVar[str] = LAYER_SCHEMA
    ROWS: ClassVar[str] = ""

    layer: Layer
    valid: bool
    because: str
    optimal: bool
    energy_pj: float
    cycles: int
    utilisation: float
    energy_by_component: Mapping[str, float]
    accesses: tuple[AccessRow, ...]
    mapping: tuple[MappedLevel, ...]

    def summary(self) -> str:
        """The noun in a few words."""
        if not self.valid:
            return f"no mapping: {self.because}"
        return f"{', '.join(self.layer.names)}, {self.energy_pj:,.6g} pJ, {self.cycles:,} cycles"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCheck:
    """The figures that another engine gives for the same mapping of a layer; None where it gave none.

    Attributes:
        by: the engine's build.
        agrees: cycles and every counter are equal, energy to the decimals that the other engine prints.
        because: the first differences (ours first), or why there are no figures.
    """

    layer: Layer
    by: str
    energy_pj: float | None
    cycles: int | None
    agrees: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CostReport(Noun):
    """What a backend says of a workload on a machine.

    Attributes:
        search: how mappings were chosen (``optimum``, ``optimum of energy``, ``course``).
        phase: ``inference`` (forward, one sample) or ``training`` (a whole step).
        units: multiply-accumulate units.
        complete: False if a layer has no valid mapping, an op has no formula (or no loop nest for heavy work), or the
            step varies: totals are then "at least".
        not_mapped: work beside the layers, with its share of operations and bytes; no figure here but ``whole`` has it.
        mapped_operations_share: operations of the layers over all operations.
        uncounted: ops of the phase that have no formula, or no loop nest for heavy work: nothing of it is in a layer.
        varies: why the step is not the same each time it runs, if it is not.
        machine_notes: what the machine's own files say and no figure here knows of.
        columns, rows: the array that the units stand in, all fan-outs along X and along Y; 0 in older files.
        checks: what another engine says of the layers' mappings, in their order; empty if none was asked.
        wider: layers whose tensors have more bits than the machine's words; each element is taken as one word.
        steps: how often the step is done in the training, partial batches at the full cost; None where not known.
        clocked: seconds and watts of the layers; None for a machine without a clock.
        whole: the work beside the layers, where it was asked for. It is never part of ``energy_pj`` and ``cycles``:
            these are what rules and searches compare, and what the course's own tools print.
    """

    SCHEMA: ClassVar[str] = SCHEMA
    ROWS: ClassVar[str] = "layers"

    hardware: str
    hardware_digest: str
    backend: str
    backend_version: str
    search: str
    phase: str
    units: int
    layers: tuple[LayerCost, ...]
    not_mapped: tuple[NotMapped, ...]
    mapped_operations_share: float
    energy_pj: float
    cycles: int
    utilisation: float
    energy_by_component: Mapping[str, float]
    complete: bool
    checks: tuple[LayerCheck, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    varies: tuple[Assumption, ...] = ()
    machine_notes: tuple[str, ...] = ()
    wider: tuple[Wider, ...] = ()
    steps: int | None = None
    clocked: Clocked | None = None
    whole: WholeCost | None = None
    columns: int = 0
    rows: int = 0

    def summary(self) -> str:
        """The noun in a few words."""
        return f"{self.phase} on {self.hardware}, {self.energy_mj:.6g} mJ, {self.cycles:,} cycles"

    @property
    def energy_mj(self) -> float:
        """Total energy in millijoules."""
        return self.energy_pj * 1e-9
