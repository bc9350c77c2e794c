"""Tables of a whole network on an accelerator: work beside the layers, seconds and watts, words too narrow."""

from __future__ import annotations

from collections.abc import Iterator

from costmodel.ir.cost import CostReport
from costmodel.ir.whole import BesideCost, Clocked, WholeCost
from costmodel.reports.table import Bytes, Cell, Percent, Table

_MJ = 1e-9
_LAYERS = 6
"""Layers that a remark names before it says how many more there are."""


def physical(clocked: Clocked | None) -> Iterator[list[Cell]]:
    """Seconds, leakage, watts and area; nothing for a machine without a clock."""
    if clocked is None:
        return
    yield ["seconds", clocked.seconds, f"at {clocked.clock_hz * 1e-6:,.6g} MHz"]
    if clocked.leakage_pj is not None:
        yield ["leakage, mJ", clocked.leakage_pj * _MJ, "of every instance, not in the energy"]
    how = "energy over seconds" if clocked.leakage_pj is None else "energy and leakage over seconds"
    yield ["average power, W", clocked.watts, how]
    if clocked.area_mm2 is not None:
        yield ["area, mm2", clocked.area_mm2, ""]


def words(cost: CostReport) -> Iterator[str]:
    """Remarks on tensors wider than the machine's words; on floating-point ones where the whole was asked for.

    A floating-point network is one that is yet to be quantised, and is always taken as words; one with integers has
    been, and these do not fit.
    """
    spaces: dict[tuple[str, int, int, tuple[str, ...]], list[str]] = {}
    for item in cost.wider:
        if cost.whole is not None or not item.dtype.startswith(("float", "bfloat", "complex")):
            spaces.setdefault((item.dtype, item.bits, item.word_bits, item.layers), []).append(item.dataspace)
    for (dtype, bits, word_bits, layers), names in spaces.items():
        more = len(layers) - _LAYERS
        named = ", ".join(layers[:_LAYERS]) + (f" and {more} more" if more > 0 else "")
        yield (
            f"{', '.join(names)} of {dtype} have {bits} bits, the machine's words {word_bits}: "
            f"each element is taken as one word (in {named})"
        )


def whole_tables(cost: CostReport, whole: WholeCost, *, by_layer: bool) -> list[Table]:
    """The sums of layers and of what is beside them, and the latter by op, or by layer and op."""
    return [_sums(cost, whole), _beside(whole, by_layer=by_layer)]


def _sums(cost: CostReport, whole: WholeCost) -> Table:
    energy = cost.energy_pj + whole.energy_pj
    rows: list[list[Cell]] = [
        ["energy, mJ", energy * _MJ, ""],
        ["of it the layers", cost.energy_mj, _percent(cost.energy_pj, energy)],
        ["of it beside them", whole.energy_pj * _MJ, _percent(whole.energy_pj, energy)],
    ]
    for name, part in whole.energy_by_component.items():
        rows.append([f"beside them, {name}", part * _MJ, _percent(part, energy)])
    known = whole.cycles is not None
    rows.append(["cycles", cost.cycles + (whole.cycles or 0) if known else None, _how_many_cycles(cost, whole)])
    rows += physical(whole.clocked)
    if cost.steps is not None:
        rows.append(["energy of the training, mJ", energy * _MJ * cost.steps, f"{cost.steps:,} steps like this one"])
    if whole.saved_bytes:
        rows.append(["saved for backward, bytes", Bytes(whole.saved_bytes), "made forward, read backward"])
        rows.append(["of it on chip in between", Bytes(whole.saved_on_chip_bytes), f"at {whole.level}"])
    fused = ", elementwise work fused into the layers' drains" if whole.fused else ""
    return Table(f"The whole network{fused}", ("what", "value", "share"), rows, list(_shares(whole)))


def _how_many_cycles(cost: CostReport, whole: WholeCost) -> str:
    if whole.cycles is None:
        return f"no lanes in the machine's file; the layers take {cost.cycles:,}"
    return f"{cost.cycles:,} of the layers, then {whole.cycles:,} of the rest"


def _shares(whole: WholeCost) -> Iterator[str]:
    every = whole.operations_in_layers + whole.operations_priced + sum(whole.unpriced.values())
    priced = every - sum(whole.unpriced.values())
    share = priced * 10_000 // every / 10_000 if every else 1.0  # 100 % are all of them
    yield (
        f"{share:.2%} of {every:,} operations have a price: {whole.operations_in_layers:,} in the layers' loop nests, "
        f"{whole.operations_priced:,} beside them"
    )
    if whole.unpriced:
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in whole.unpriced.items())
        yield f"AT LEAST: the machine's file has no energy for {kinds}"
    moved = whole.bytes_in_layers + whole.bytes_beside + whole.bytes_fused
    fused = f", {whole.bytes_fused:,} left unmoved by fusion" if whole.fused else ""
    yield (
        f"of {moved:,} bytes {whole.bytes_in_layers:,} are the layers' (their mappings say what moves), "
        f"{whole.bytes_beside:,} beside them{fused}"
    )


def _percent(part: float, energy: float) -> Cell:
    return Percent(100 * part / energy) if energy else ""


_FIGURES = ("times", "fused", "operations", "no price", "words at level", "words in DRAM", "energy, pJ", "cycles")


def _beside(whole: WholeCost, *, by_layer: bool) -> Table:
    """Rows of all layers together, the dearest first; or of each layer, in order of execution."""
    groups: dict[tuple[str, ...], list[BesideCost]] = {}
    for row in whole.rows:
        key = (row.layer, row.op, row.part) if by_layer else (row.op, row.part)
        groups.setdefault(key, []).append(row)
    found = list(groups.items())
    if not by_layer:
        found.sort(key=lambda group: -sum(row.energy_pj for row in group[1]))
    headers = ("layer", "op", "part") if by_layer else ("op", "part")
    title = f"Work beside the layers, on the vector unit at {whole.level}" + (", layer by layer" if by_layer else "")
    return Table(title, (*headers, *_FIGURES), [[*key, *_figures(rows)] for key, rows in found])


def _figures(rows: list[BesideCost]) -> list[Cell]:
    cycles = [row.cycles for row in rows if row.cycles is not None]
    return [
        sum(row.times for row in rows),
        sum(row.fused for row in rows),
        sum(row.operations for row in rows),
        sum(row.unpriced for row in rows),
        sum(row.level_reads + row.level_writes for row in rows),
        sum(row.dram_reads + row.dram_writes for row in rows),
        sum(row.energy_pj for row in rows),
        sum(cycles) if len(cycles) == len(rows) else None,
    ]
