"""An analysis as tables: one step, sizes, phases, layers, ops, and what is not counted."""

from __future__ import annotations

from costmodel.ir.analysis import INFERENCE, PARTS, Analysis, Figures, LayerRow, OpRow
from costmodel.ir.tensor import Role
from costmodel.reports.assumptions import assumptions_table, varying_notes
from costmodel.reports.judged import judged_table
from costmodel.reports.module_tree import module_tree
from costmodel.reports.table import Bytes, Cell, Percent, Table
from costmodel.reports.tables import cost, gpu_estimate
from costmodel.reports.view import View

NOUN = Analysis


def tables(analysis: Analysis, view: View) -> list[Table]:
    """The step, the model and its sizes, then what the view or the analysis adds."""
    result = [_step(analysis), *judged_table(analysis.subject.judged), _sizes(analysis)]
    if len(analysis.phases) > 1 or analysis.totals.operations.training is not None:
        result.append(_phases(analysis))
    if view.depth is not None:
        result.append(module_tree(analysis, view.depth))
    if view.layers:
        result.append(_layers(analysis, None))
    if view.by is not None:
        result.append(_grouped(analysis, view.by, view.top))
    elif view.top is not None and not view.layers:
        result.append(_layers(analysis, view.top))
    if analysis.uncounted:
        result.append(_uncounted(analysis))
    if analysis.gpu and analysis.time and analysis.memory and analysis.energy:
        result += gpu_estimate.estimate_tables(analysis.gpu, analysis.time, analysis.memory, analysis.energy)
        result.append(_slowest(analysis, view.top))
    result += assumptions_table(analysis.assumptions)
    if analysis.cost is not None:
        result += cost.tables(analysis.cost, view)
    return result


_PER_LAYER = (
    "layer", "type", "parameters", "forward_operations", "backward_operations", "optimizer_operations",
    "step_operations", "step_macs", "input_bytes", "output_bytes", "energy_pj", "cycles", "utilisation", "seconds",
)  # fmt: skip


def records(analysis: Analysis, view: View) -> Table | None:
    """A row per layer where layers are asked for, a row per group where groups are; None for anything more."""
    if view.depth is not None:
        return None
    asked = [view.layers, view.by is not None, view.top is not None and view.by is None and not view.layers]
    if asked.count(True) != 1:
        return None
    if view.by == "op":
        rows = [(o.op, o.part, o.times, o.operations if o.counted else None, o.macs, o.bytes_moved) for o in
                _ops(analysis, view.top)]  # fmt: skip
        return Table("", ("op", "part", "times", "operations", "macs", "bytes_moved"), rows)
    if view.by == "phase":
        return Table("", ("phase", "operations", "macs", "bytes_moved"), _grouped(analysis, "phase", view.top).rows)
    layers = analysis.layers if view.layers else _largest(analysis, view.top)
    return Table("", _PER_LAYER, [_per_layer(row) for row in layers])


def _per_layer(row: LayerRow) -> list[Cell]:
    ops = row.operations
    parts = (_forward(ops), ops.backward, ops.optimizer, ops.step)
    machine = (row.energy_pj, row.cycles, row.utilisation, row.seconds)
    return [row.layer, row.type, row.parameters, *parts, row.macs.step, row.input_bytes, row.output_bytes, *machine]


_SLOWEST = 10


def _slowest(analysis: Analysis, top: int | None) -> Table:
    """Layers by seconds on the GPU."""
    timed = sorted((row for row in analysis.layers if row.seconds), key=lambda row: -(row.seconds or 0.0))
    whole = analysis.time.card_seconds if analysis.time else 0.0
    shown = timed[: top or _SLOWEST]
    rows: list[list[Cell]] = [
        [r.layer, r.type, float(f"{r.seconds:.3g}"), Percent(100 * (r.seconds or 0.0) / whole), r.shapes, r.where]
        for r in shown
    ]
    headers = ("layer", "type", "s", "share", "shapes", "where")
    return Table(f"Layers (seconds of the card, without the optimizer), the {len(shown)} largest", headers, rows)


def _forward(ops: Figures) -> int:
    return ops.forward + ops.loss + ops.recompute + ops.preprocess


def _largest(analysis: Analysis, top: int | None) -> list[LayerRow]:
    return sorted(analysis.layers, key=lambda row: -row.operations.step)[:top]


def _ops(analysis: Analysis, top: int | None) -> list[OpRow]:
    return sorted(analysis.ops, key=lambda row: (-row.operations, row.op, row.part))[:top]


_STEP_HEADERS = ("part", "operations", "MACs", "FLOPs", "bytes moved", "ops/byte")


def _step(analysis: Analysis) -> Table:
    totals, subject = analysis.totals, analysis.subject
    columns = (totals.operations, totals.macs, totals.flops, totals.bytes_moved)
    parts = [(part, part) for part in PARTS if part not in ("preprocess", "recompute") or totals.bytes_moved.of(part)]
    parts.append(("one step", "step"))
    if totals.operations.training is not None:
        parts.append(("whole training", "training"))
    rows = []
    for name, part in parts:
        figures = [column.of(part) for column in columns]
        intensity = round(figures[0] / figures[-1], 2) if figures[-1] else None
        rows.append((name, *figures[:-1], Bytes(figures[-1]), intensity))
    notes = []
    if totals.operations.loss_backward:
        notes.append(f"backward includes the loss's own backward: {totals.operations.loss_backward:,} operations")
    if totals.causal_operations_saved:
        notes.append(
            "attention is counted dense; leaving masked scores out would save "
            f"{totals.causal_operations_saved:,} operations a step"
        )
    if analysis.uncounted:
        notes.append("AT LEAST: some ops have no formula (see Uncounted)")
    notes += varying_notes(analysis.varies)
    if subject.phase == INFERENCE:
        title = f"{subject.name}: one inference, batch {subject.batch}, evaluation mode ({subject.convention})"
        return Table(title, _STEP_HEADERS, [row for row in rows if row[0] in ("forward", "one step") or row[1]], notes)
    words = ", ".join((subject.loss, _optimizer(analysis), *subject.techniques))
    step = f"batch {subject.batch}, {words} ({subject.convention})"
    cycle = analysis.phases[0].cycle if analysis.phases else 1
    which = "step" if cycle == 1 else f"cycle of {cycle} steps"
    which = f"one training {which}" if len(analysis.phases) < 2 else f"one {which} of phase {analysis.phases[0].name!r}"
    title = f"{subject.name}: {which}, {step}"
    return Table(title, _STEP_HEADERS, rows, notes)


def _optimizer(analysis: Analysis) -> str:
    """The optimizer that was counted, by its class where the user's words do not name it."""
    said, ran = analysis.subject.optimizer, analysis.phases[0].optimizer if analysis.phases else ""
    return said if not ran or said.lower().startswith(ran.lower()) else f"{ran} ({said})"


def _sizes(analysis: Analysis) -> Table:
    totals = analysis.totals
    activation, memory = totals.peak_activation_bytes, totals.peak_memory_bytes
    elements: list[list[Cell]] = [
        ["parameters (trainable)", totals.parameters, "each tensor once"],
        ["frozen parameters", totals.frozen_parameters, "not counted"],
        ["buffers (elements)", totals.buffers, "not counted"],
    ]
    peaks: list[list[Cell]] = [
        [
            "peak activation, bytes",
            Bytes(activation.layer_io),
            f"layer_io, 1 sample, 32 bits: {_place(activation.layer_io_layer, activation.layer_io_where)}",
        ],
        [
            "peak activation (lab_profiler), bytes",
            Bytes(activation.lab_profiler),
            f"the course's script: {_place(activation.lab_profiler_layer, activation.lab_profiler_where)}",
        ],
        ["peak memory, bytes", Bytes(memory.total), "steady step; its parts at that moment"],
    ]
    roles: list[list[Cell]] = [[f"of it {role.value}", Bytes(memory.by_role.get(role.value, 0)), ""] for role in Role]
    # a peak of 0 is a result; of the rest, only what there is
    rows = [*(row for row in elements if row[1]), *peaks, *(row for row in roles if row[1])]
    return Table("Sizes", ("what", "value", "how"), rows)


def _place(layer: str, where: str) -> str:
    return ", ".join(filter(None, (layer, where)))


def _phases(analysis: Analysis) -> Table:
    rows = [(p.name, p.batch, p.steps, p.operations_per_step, p.operations) for p in analysis.phases]
    notes = [f"{p.name}: each epoch ends with a batch of {p.last_batch}" for p in analysis.phases if p.last_batch]
    return Table("Training", ("phase", "batch", "steps", "operations a step", "operations"), rows, notes)


_LAYER_HEADERS = (
    "layer",
    "type",
    "parameters",
    "forward",
    "backward",
    "optimizer",
    "step",
    "% of step",
    "MACs",
)


def _layers(analysis: Analysis, top: int | None) -> Table:
    whole = analysis.totals.operations.step or 1
    layers = list(analysis.layers)
    title = "Layers (operations)"
    if top is not None:
        layers = _largest(analysis, top)
        title = f"Layers (operations), the {len(layers)} largest"
    rows = []
    for row in layers:
        ops = row.operations
        share = round(100 * ops.step / whole, 1)
        rows.append(
            (
                row.layer,
                row.type,
                row.parameters,
                _forward(ops),
                ops.backward,
                ops.optimizer,
                ops.step,
                share,
                row.macs.step,
            )
        )
    return Table(title, _LAYER_HEADERS, rows)


def _grouped(analysis: Analysis, by: str, top: int | None) -> Table:
    if by == "layer":
        return _layers(analysis, top if top is not None else len(analysis.layers))
    if by == "phase":
        totals = analysis.totals
        columns: tuple[Figures, ...] = (totals.operations, totals.macs, totals.bytes_moved)
        parts = sorted(PARTS, key=lambda part: -getattr(totals.operations, part))[:top]
        rows = [(part, *(getattr(c, part) for c in columns[:-1]), Bytes(columns[-1].of(part))) for part in parts]
        return Table("By phase", ("phase", "operations", "MACs", "bytes moved"), rows)
    cells = [
        (o.op, o.part, o.times, o.operations if o.counted else "no formula", o.macs, Bytes(o.bytes_moved))
        for o in _ops(analysis, top)
    ]
    return Table("By op", ("op", "part", "times", "operations", "MACs", "bytes moved"), cells)


def _uncounted(analysis: Analysis) -> Table:
    rows = [(u.op, u.layer, u.phase, u.times) for u in analysis.uncounted]
    note = "add a formula in costmodel/ops/ or waive the op in the rulebook (waive_uncounted)"
    return Table("Uncounted: these ops have no formula", ("op", "layer", "phase", "times"), rows, (note,))
