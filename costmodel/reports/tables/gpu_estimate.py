"""A GPU estimate as tables: the step and the training as intervals, what widens them, and where the seconds go."""

from __future__ import annotations

from collections.abc import Sequence

from costmodel.ir.gpu_estimate import GpuEnergy, GpuEstimate, GpuRun, GpuTime, LayerTime, OpTime, Unknown
from costmodel.ir.gpu_memory import GpuMemory
from costmodel.ir.interval import Interval
from costmodel.reports.assumptions import assumptions_table, varying_notes
from costmodel.reports.table import Cell, Percent, Table
from costmodel.reports.view import View

NOUN = GpuEstimate

_ENDS = ("low", "median", "high")
_USUAL_ROWS = 10


def tables(found: GpuEstimate, view: View) -> list[Table]:
    """What it costs, where the seconds go, what is not known."""
    notes = [f"AT LEAST: {item}" for item in found.uncounted]
    notes += varying_notes(found.varies)
    result = estimate_tables(found.run, found.time, found.memory, found.energy, notes)
    result.append(layer_table(found.layers, view.top))
    result.append(op_table(found.ops, view.top))
    return [*result, *assumptions_table(found.assumptions)]


def records(found: GpuEstimate, view: View) -> Table:
    """A row per layer."""
    rows: list[list[Cell]] = [[r.layer, r.seconds, r.share, r.kernels, r.kind] for r in found.layers[: view.top]]
    return Table("", ("layer", "seconds", "share", "kernels", "kind"), rows)


def estimate_tables(
    run: GpuRun, time: GpuTime, memory: GpuMemory, energy: GpuEnergy, notes: Sequence[str] = ()
) -> list[Table]:
    """The intervals, the parts of the step, and what widens the intervals."""
    return [_intervals(run, time, memory, energy, notes), _parts(time), _unknowns(time.unknowns)]


def _intervals(run: GpuRun, time: GpuTime, memory: GpuMemory, energy: GpuEnergy, notes: Sequence[str]) -> Table:
    rows: list[list[Cell]] = [["step, s", *_ends(time.step_seconds), ""]]
    if time.training_seconds is not None:
        rows.append(["training, s", *_ends(time.training_seconds), "with its start"])
    if run.batch:
        low, median, high = (run.batch / value for value in reversed(_plain(time.step_seconds)))
        rows.append(["samples a second", *(_significant(value) for value in (low, median, high)), f"batch {run.batch}"])
    total = f"{memory.card_total_bytes // 2**20:,}"
    rows += [
        ["memory allocated, MiB", *_mebibytes(memory.allocated_bytes), "torch.cuda.max_memory_allocated"],
        ["memory reserved, MiB", *_mebibytes(memory.reserved_bytes), "torch.cuda.max_memory_reserved"],
        [
            "memory of the card, MiB",
            *_mebibytes(memory.card_bytes),
            f"nvidia-smi; of {total}",
        ],
        ["power, W", *_ends(energy.watts), f"of the card; limit {energy.power_limit_watts:g}"],
        ["energy of a step, J", *_ends(energy.step_joules), "of the card"],
        ["the host's, J", *_ends(energy.host_step_joules), "processor packages and DRAM"],
    ]
    if energy.training_joules is not None:
        rows.append(["energy of the training, kJ", *_ends(energy.training_joules.times(1e-3)), "of the card"])
    if energy.host_training_joules is not None:
        rows.append(["the host's, kJ", *_ends(energy.host_training_joules.times(1e-3)), ""])
    if energy.training_grams_co2e is not None:
        rows.append(["CO₂e of the training, g", *_ends(energy.training_grams_co2e), "card and host"])
    said = list(notes)
    largest = memory.largest_batch
    if largest is not None:
        said.insert(0, f"largest batch: {largest.surely:,} surely fits, {largest.possibly:,} possibly")
    if memory.fits is False:
        said.insert(0, f"DOES NOT FIT: the step needs more than the {total} MiB of the card")
    said.append(f"seconds: {time.confidence:.0%} of such cases lie inside")
    title = f"{run.phase} on {run.hardware}, batch {run.batch}, {run.precision}, {run.layout} (estimate)"
    return Table(title, ("what", *_ENDS, "how"), rows, said)


def _parts(time: GpuTime) -> Table:
    rows: list[list[Cell]] = [
        [name, *_shared(seconds, time)]
        for name, seconds in (*time.parts.items(), *time.kinds.items(), *time.limits.items())
    ]
    notes = [f"the card is busy for {_significant(time.card_seconds)} s, the host launches for "
             f"{_significant(time.host_seconds)} s; the slower counts"]  # fmt: skip
    title = "Where the step goes (medians): by part, by kind of kernel, by limit"
    return Table(title, ("part, kind or limit", "s", "share"), rows, notes)


def _shared(seconds: float, time: GpuTime) -> list[Cell]:
    whole = time.step_seconds.median or 1.0
    return [_significant(seconds), Percent(100 * seconds / whole)]


def _unknowns(unknowns: Sequence[Unknown]) -> Table:
    rows: list[list[Cell]] = [[item.what, item.factor] for item in unknowns]
    return Table("What widens the seconds", ("unknown", "factor"), rows)


def layer_table(layers: Sequence[LayerTime], top: int | None) -> Table:
    """Layers by seconds, without the optimizer's."""
    shown = layers[: top or _USUAL_ROWS]
    rows: list[list[Cell]] = [
        [r.layer, _significant(r.seconds), Percent(100 * r.share), r.kernels, r.kind] for r in shown
    ]
    return Table(f"Layers (seconds of the card), the {len(shown)} largest",
                 ("layer", "s", "share", "kernels", "mostly"), rows)  # fmt: skip


def op_table(ops: Sequence[OpTime], top: int | None) -> Table:
    """Ops by seconds."""
    shown = ops[: top or _USUAL_ROWS]
    rows: list[list[Cell]] = [[r.op, r.part, r.kind, r.times, _significant(r.seconds)] for r in shown]
    return Table(f"Ops (seconds of the card), the {len(shown)} largest", ("op", "part", "kind", "times", "s"), rows)


def _plain(found: Interval) -> tuple[float, float, float]:
    return found.low, found.median, found.high


def _ends(found: Interval) -> list[Cell]:
    return [_significant(value) for value in _plain(found)]


def _mebibytes(found: Interval) -> list[Cell]:
    return [round(value / 2**20) for value in _plain(found)]


def _significant(value: float) -> float:
    """Three digits: an estimate says no more."""
    return float(f"{value:.3g}")
