"""Training → Analysis: the figures of a step, layer by layer, and of the whole training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from costmodel.ir.analysis import (
    PARTS,
    Analysis,
    Figures,
    LayerRow,
    OpRow,
    PeakActivation,
    PeakMemory,
    PhaseRow,
    Subject,
    Totals,
    UncountedRow,
)
from costmodel.ir.counts import CountRow, Counts, merge_uncounted
from costmodel.ir.doubts import Uncounted
from costmodel.ir.tensor import Role
from costmodel.ir.trace import LOSS_SCOPE, Assumption, Trace
from costmodel.ir.training import TracedPhase, Training
from costmodel.ops import lookup, traits_of
from costmodel.ops.convention import FLOPS, HAET, HAET_WITHOUT_RANDOM, MACS, Convention
from costmodel.ops.uncounted import REASONS
from costmodel.passes.activations import peak_activation
from costmodel.passes.causal import causal_operations_saved
from costmodel.passes.memory import kept_by_optimizers, peak_memory
from costmodel.passes.module_calls import first_lines, module_io
from costmodel.passes.parameters import count_parameters
from costmodel.passes.work import count

Measure = Callable[[CountRow], int]


def summarise(training: Training, subject: Subject, *, random: bool = True, counts: Counts | None = None) -> Analysis:
    """All figures of a traced training. ``random=False`` leaves random numbers out (COUNTING row 14).

    ``counts`` are of the first phase's step, where somebody has counted it already.
    """
    haet = HAET if random else HAET_WITHOUT_RANDOM
    counted = [_CountedPhase(p, counts if p is training.phases[0] else None) for p in training.phases]
    first = counted[0]
    trace, counts = first.phase.trace, first.counts
    parameters = count_parameters(trace)
    uncounted = _uncounted(counted)
    if subject.judged is not None:
        judged = replace(subject.judged, parameters=parameters.trainable + parameters.frozen)
        subject = replace(subject, judged=judged)
    each = [counts for c in counted for counts in (c.counts, c.last) if counts is not None]
    varies = tuple(dict.fromkeys(item for counts in each for item in counts.varies))
    totals = Totals(
        parameters=parameters.trainable,
        frozen_parameters=parameters.frozen,
        buffers=parameters.buffers,
        operations=_figures(counts.rows, _by(haet), _training(counted, _by(haet))),
        causal_operations_saved=causal_operations_saved(trace),
        macs=_figures(counts.rows, _by(MACS), _training(counted, _by(MACS))),
        flops=_figures(counts.rows, _by(FLOPS), _training(counted, _by(FLOPS))),
        peak_activation_bytes=_largest_activation(counted),
        peak_memory_bytes=max(_peaks(counted), key=lambda peak: peak.total),
        bytes_moved=_figures(counts.rows, _bytes, _training(counted, _bytes)),
        arithmetic_intensity=_intensity(counts.rows, haet),
        complete=not uncounted and not varies,
        parameter_bytes=sum(trace.tensors[p.tensor].nbytes for p in trace.parameters),
    )
    return Analysis(
        subject=subject,
        totals=totals,
        layers=_layers(trace, counts, haet, parameters.by_module),
        ops=_ops(counts, haet),
        phases=tuple(c.row(_by(haet)) for c in counted),
        uncounted=uncounted,
        assumptions=_assumptions(counted),
        provenance={**trace.provenance, "convention": str(haet)},
        varies=varies,
    )


class _CountedPhase:
    def __init__(self, phase: TracedPhase, counts: Counts | None) -> None:
        self.phase = phase
        self.counts = counts or count(phase.trace)
        self.last = None if phase.last_trace is None else count(phase.last_trace)

    def training(self, number: Measure) -> int | None:
        """The phase's total: full steps, partial steps, and the first ones in the place of steady ones."""
        phase, steps = self.phase, self.phase.steps
        if steps is None:
            return None
        total = _of_steps(steps, phase.trace, self.counts.rows, number)
        if self.last is not None:
            total += phase.last_steps * _sum(self.last.rows, number)
        if phase.makes_state and steps:
            total += _first_apart(steps, phase.trace, self.counts, number)
        elif phase.makes_state and phase.last_trace is not None and self.last is not None:
            total += _first_apart(phase.last_steps, phase.last_trace, self.last, number)
        return total

    def row(self, number: Measure) -> PhaseRow:
        per_step = _sum(self.counts.rows, number)
        phase = self.phase
        total = self.training(number)
        return PhaseRow(
            name=phase.name,
            batch=phase.batch,
            steps=1 if phase.steps is None else phase.steps + phase.last_steps,
            last_batch=phase.last_batch,
            cycle=len(phase.trace.step_starts) or 1,
            optimizer=phase.trace.optimizer,
            operations_per_step=per_step,
            operations=per_step if total is None else total,
        )


def _of_steps(steps: int, trace: Trace, rows: Sequence[CountRow], number: Measure) -> int:
    """So many steps: whole cycles, and the first ones of another."""
    starts = trace.step_starts or (0,)
    cycles, rest = divmod(steps, len(starts))
    begun = rows[: starts[rest]] if rest else ()
    return cycles * _sum(rows, number) + _sum(begun, number)


def _first_apart(steps: int, trace: Trace, counts: Counts, number: Measure) -> int:
    """What the first steps make more, or less, than as many steady ones."""
    starts = trace.first_starts or (0,)
    made = counts.first_update
    cycle = len(trace.step_starts) or 1
    if steps < cycle * len(starts):
        made = made[: starts[steps // cycle]] if steps // cycle else made
    replaced = min(steps, cycle * len(starts))
    whole = any(row.part != "optimizer" for row in made)

    def of_those_parts(row: CountRow) -> int:
        return number(row) if whole or row.part == "optimizer" else 0

    return _sum(made, number) - _of_steps(replaced, trace, counts.rows, of_those_parts)


def _by(convention: Convention) -> Measure:
    known: dict[int, int] = {}

    def number(row: CountRow) -> int:
        if row.work is None:
            return 0
        # work objects are shared by equal calls: one evaluation each
        key = id(row.work)
        if key not in known:
            known[key] = convention.number(row.work)
        return known[key]

    return number


def _bytes(row: CountRow) -> int:
    return row.bytes_read + row.bytes_written


def _sum(rows: Iterable[CountRow], number: Measure) -> int:
    return sum(map(number, rows))


def _traces(counted: list[_CountedPhase]) -> Iterator[Trace]:
    for phase in counted:
        yield phase.phase.trace
        if phase.phase.last_trace is not None:
            yield phase.phase.last_trace


def _peaks(counted: list[_CountedPhase]) -> Iterator[PeakMemory]:
    """The peak of each trace; what the training keeps stays in memory while an evaluation between its epochs runs."""
    role = Role.OPTIMIZER_STATE.value
    updated = [c.phase.trace for c in counted if c.phase.trace.optimizer]
    kept = max((kept_by_optimizers(trace) for trace in updated), default=0)
    for trace in _traces(counted):
        peak = peak_memory(trace)
        if not trace.optimizer:
            peak = PeakMemory(total=peak.total + kept, by_role={**peak.by_role, role: peak.by_role[role] + kept})
        yield peak


def _largest_activation(counted: list[_CountedPhase]) -> PeakActivation:
    """The largest of any phase, by each convention: a limit holds for the whole training."""
    peaks = [peak_activation(trace) for trace in _traces(counted)]
    layer_io = max(peaks, key=lambda peak: peak.layer_io)
    lab = max(peaks, key=lambda peak: peak.lab_profiler)
    return PeakActivation(
        layer_io=layer_io.layer_io,
        layer_io_layer=layer_io.layer_io_layer,
        layer_io_where=layer_io.layer_io_where,
        lab_profiler=lab.lab_profiler,
        lab_profiler_layer=lab.lab_profiler_layer,
        lab_profiler_where=lab.lab_profiler_where,
        largest_layer_io=layer_io.largest_layer_io,
        largest_lab_profiler=lab.largest_lab_profiler,
    )


def _intensity(rows: Iterable[CountRow], convention: Convention) -> float:
    rows = tuple(rows)
    moved = _sum(rows, _bytes)
    return round(_sum(rows, _by(convention)) / moved, 6) if moved else 0.0


def _training(counted: list[_CountedPhase], number: Measure) -> int | None:
    totals = [phase.training(number) for phase in counted]
    known = [t for t in totals if t is not None]
    return sum(known) if len(known) == len(totals) else None


def _figures(rows: Iterable[CountRow], number: Measure, training: int | None = None) -> Figures:
    parts = dict.fromkeys((*PARTS, "loss_backward"), 0)
    for row in rows:
        parts[row.part] += number(row)
    parts["backward"] += parts["loss_backward"]
    return Figures(**parts, step=sum(parts[part] for part in PARTS), training=training)


def layer_name(scope: str) -> str:
    """A scope as reports name it."""
    return {"": "(model)", LOSS_SCOPE: "(loss)"}.get(scope, scope)


def _layers(trace: Trace, counts: Counts, convention: Convention, by_module: dict[str, int]) -> tuple[LayerRow, ...]:
    groups: dict[str, list[CountRow]] = {}
    for row in counts.rows:
        groups.setdefault(row.scope, []).append(row)
    io = module_io(trace)
    places = first_lines(trace)
    types = {module.path: module.type for module in trace.modules}
    order = [path for path in types if path in groups or by_module.get(path)]
    order += [scope for scope in groups if scope not in types]
    rows = []
    for scope in order:
        own = groups.get(scope, [])
        input_bytes, output_bytes, shapes = io.get(scope, (0, 0, ""))
        rows.append(
            LayerRow(
                layer=layer_name(scope),
                type=types.get(scope, "").rpartition(".")[2],
                parameters=by_module.get(scope, 0),
                operations=_figures(own, _by(convention)),
                macs=_figures(own, _by(MACS)),
                input_bytes=input_bytes,
                output_bytes=output_bytes,
                where=places.get(scope, ""),
                shapes=shapes,
            )
        )
    return tuple(rows)


def _ops(counts: Counts, convention: Convention) -> tuple[OpRow, ...]:
    groups: dict[tuple[str, str], list[CountRow]] = {}
    for row in counts.rows:
        groups.setdefault((row.op, row.part), []).append(row)
    number, macs = _by(convention), _by(MACS)
    return tuple(
        OpRow(
            op=op,
            part=part,
            times=len(rows),
            operations=_sum(rows, number),
            macs=_sum(rows, macs),
            bytes_moved=_sum(rows, _bytes),
            counted=all(row.work is not None for row in rows),
        )
        for (op, part), rows in sorted(groups.items())
    )


def _uncounted(counted: list[_CountedPhase]) -> tuple[UncountedRow, ...]:
    rows: list[CountRow] = []
    for phase in counted:
        for counts in (phase.counts, phase.last):
            if counts is not None:
                rows += [*counts.rows, *counts.first_update]
    return tuple(
        UncountedRow(
            op=item.op,
            layer=layer_name(item.scope),
            phase=item.phase.value,
            times=item.times,
            message=_message(item),
        )
        for item in merge_uncounted(rows)
    )


def _message(item: Uncounted) -> str:
    packet = item.op.rpartition(".")[0]
    reason = REASONS.get(packet, "")
    if not reason and item.lacks == "formula" and lookup(packet) is not None:
        reason = f"the formula of {packet} is not that of this call (complex numbers, or another algorithm)"
    return f"{item}; {reason}" if reason else str(item)


def _assumptions(counted: list[_CountedPhase]) -> tuple[Assumption, ...]:
    traced = [item for trace in _traces(counted) for item in trace.assumptions]
    return tuple(dict.fromkeys([*traced, *(item for phase in counted for item in _of_formulas(phase.counts))]))


def _of_formulas(counts: Counts) -> Iterator[Assumption]:
    """What formulas take for granted of values that they do not see."""
    for row in counts.rows:
        packet = row.op.rpartition(".")[0]
        if row.work is not None and traits_of(packet).assumes:
            yield Assumption(what=f"{packet}: {traits_of(packet).assumes}", where=layer_name(row.scope))
