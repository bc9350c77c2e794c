"""The cost of the whole network on an accelerator: the work beside the layers, seconds and watts, words too narrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wider:
    """Layers whose tensors are wider than the machine's words, by data space and element type.

    Attributes:
        dataspace: ``Weights`` (parameters and buffers), ``Inputs`` (whatever else is read) or ``Outputs``.
        dtype: torch's name.
        bits: of an element.
        word_bits: of the machine's word.
        layers: as reports name them.
    """

    dataspace: str
    dtype: str
    bits: int
    word_bits: int
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocked:
    """What a machine with a clock takes: seconds = cycles / clock, watts = (energy + leakage) / seconds.

    Attributes:
        leakage_pj: leakage power of every instance · seconds; None if the machine's file says no leakage. It is not
            part of any ``energy_pj``.
        watts: average; without the leakage where that is not known.
        area_mm2: None if a component does not say.
    """

    clock_hz: float
    seconds: float
    leakage_pj: float | None
    watts: float
    area_mm2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BesideCost:
    """The work beside the loop nests of one op in one layer and part of the step.

    Attributes:
        times: calls.
        fused: those of them that are done as the layer before is drained.
        operations: all of it.
        unpriced: operations of kinds that the machine has no energy for.
        bytes_moved: without what fusion leaves unmoved.
        level_reads, level_writes: words at the level where the vector unit's operands live.
        dram_reads, dram_writes: words at the outermost level; 0 where that is the level itself.
        energy_pj: priced operations, and all words moved.
        cycles: None where the machine's file says no lanes.
    """

    part: str
    layer: str
    op: str
    times: int
    fused: int
    operations: int
    unpriced: int
    bytes_moved: int
    level_reads: int
    level_writes: int
    dram_reads: int
    dram_writes: int
    energy_pj: float
    cycles: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCost:
    """The work beside the layers, on the machine's vector unit; no figure of the layers includes any of it.

    operations_in_layers + operations_priced + Σ unpriced are all operations of the phase that have a formula;
    bytes_in_layers + bytes_beside + bytes_fused are all of its bytes.

    Attributes:
        fused: elementwise work right behind a layer was fused into its drain.
        level: where the vector unit's operands live.
        rows: in order of first execution.
        operations_in_layers: the multiplies and adds of the mapped loop nests.
        operations_priced: those beside them that have an energy.
        unpriced: those that have none, by kind; only kinds that there are.
        bytes_in_layers: of the calls that are mapped; their mappings say what that costs.
        bytes_beside: read and written beside them.
        bytes_fused: left unmoved by fusion.
        energy_pj: of the rows.
        energy_by_component: ``vector``, the level, the outermost level.
        cycles: of the rows, one after another; None where the machine's file says no lanes.
        saved_bytes: made in the forward pass and read in the backward pass.
        saved_on_chip_bytes: of it what stays at the level in between; the rest goes to the outermost level and back.
        clocked: of layers and rows together; None without a clock or without cycles.
    """

    fused: bool
    level: str
    rows: tuple[BesideCost, ...]
    operations_in_layers: int
    operations_priced: int
    unpriced: Mapping[str, int]
    bytes_in_layers: int
    bytes_beside: int
    bytes_fused: int
    energy_pj: float
    energy_by_component: Mapping[str, float]
    cycles: int | None
    saved_bytes: int
    saved_on_chip_bytes: int
    clocked: Clocked | None = None
