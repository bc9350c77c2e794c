"""Trace → Counts: every call with its work and its memory traffic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from costmodel.ir.counts import CountRow, Counts
from costmodel.ir.tensor import TensorMeta
from costmodel.ir.trace import Argument, Assumption, OpCall, Phase, Symbol, TensorRef, Trace
from costmodel.ir.work import ZERO, Work
from costmodel.ops import lookup
from costmodel.ops.complex_numbers import complex_work, is_complex
from costmodel.ops.formula import UnknownFormError
from costmodel.passes.dropout import scaled_mask_multiplies
from costmodel.passes.integers import integer_work
from costmodel.passes.traffic import bytes_moved, sizes_of


def count(trace: Trace) -> Counts:
    """Work and traffic of every call of the steady step, and of the first update."""
    counter = _Counter(trace)
    rows = list(counter.rows(trace.calls))
    for index in scaled_mask_multiplies(trace):
        rows[index] = replace(rows[index], work=_with_scale(rows[index]))
    for index, work in integer_work(trace):
        if rows[index].work == ZERO:
            rows[index] = replace(rows[index], work=work)
    return Counts(rows=tuple(rows), first_update=counter.rows(trace.first_update), varies=_varies(trace, counter))


def works_of(trace: Trace, calls: Iterable[OpCall]) -> list[Work | None]:
    """The work of some calls of a trace, by their formulas alone."""
    return [row.work for row in _Counter(trace).rows(calls)]


def _varies(trace: Trace, counter: _Counter) -> tuple[Assumption, ...]:
    """Why a step is not the same each time, unless all that was seen of it costs the same (a flip, another crop)."""
    if not trace.variants:
        return trace.varies
    seen = [_cost(trace, calls, counter) for calls in (trace.calls, *trace.variants)]
    return () if all(cost == seen[0] for cost in seen) else trace.varies


def _cost(trace: Trace, calls: tuple[OpCall, ...], counter: _Counter) -> tuple[Any, ...]:
    """The work of calls by part of the step, what has no formula, and all sizes in the forward pass."""
    rows = counter.rows(calls)
    work = Counts(rows=rows).by(lambda row: row.part)
    unknown = [(row.op, row.part) for row in rows if row.work is None]
    sizes = [
        (call.op, call.scope, [trace.tensors[i].meta for i in (*call.inputs, *call.written)])
        for call in calls
        if call.phase is Phase.FORWARD
    ]
    done = {part: (dict(w.nests), w.scalar_ops) for part, w in work.items() if w != ZERO}
    return done, sorted(unknown), sizes


def _with_scale(row: CountRow) -> Work:
    """The work of a multiply by a scaled mask, as multiply and scale."""
    assert row.work is not None  # aten.mul has a formula
    return row.work * 2


class _Counter:
    """Formulas are asked once per op and shapes: a network repeats its layers."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._sizes = sizes_of(trace)
        self._metas = [TensorMeta(t.shape, t.dtype) for t in trace.tensors]
        self._known: dict[Any, Work | None] = {}

    def rows(self, calls: Iterable[OpCall]) -> tuple[CountRow, ...]:
        return tuple(self._row(call) for call in calls)

    def _row(self, call: OpCall) -> CountRow:
        read, written = bytes_moved(call, self._trace, self._sizes)
        return CountRow(
            op=call.op,
            scope=call.scope,
            phase=call.phase,
            work=self._work(call),
            bytes_read=read,
            bytes_written=written,
        )

    def _work(self, call: OpCall) -> Work | None:
        arguments = tuple([(name, as_formulas_see(value, self._metas)) for name, value in call.arguments])
        outputs = tuple([None if i is None else self._metas[i] for i in call.outputs])
        key = (call.op, tuple([(n, type(v), v) for n, v in arguments]), outputs)
        if key not in self._known:
            self._known[key] = work_of(call.packet, dict(arguments), outputs)
        return self._known[key]


def as_formulas_see(value: Argument, metas: Sequence[TensorMeta]) -> Any:
    """An argument as a formula sees it: tensors become their metas."""
    if isinstance(value, TensorRef):
        return metas[value.tensor]
    if isinstance(value, tuple):
        return tuple([as_formulas_see(item, metas) for item in value])
    if isinstance(value, Symbol) and value.kind in _NUMBERS:
        return _NUMBERS[value.kind](value.name)
    return value


_NUMBERS = {"float": float, "complex": complex}
"""Numbers that JSON has no word for: infinite, not a number, complex."""


def work_of(packet: str, arguments: dict[str, Any], outputs: tuple[TensorMeta | None, ...]) -> Work | None:
    """Work of one call by its formula, None if the op, or this form of it, has none."""
    entry = lookup(packet)
    if entry is None:
        return None
    out = outputs[0] if len(outputs) == 1 else outputs
    try:
        # the scalar programs are those of real numbers
        return complex_work(entry, arguments, out) if _has_complex(arguments, outputs) else entry(arguments, out)
    except UnknownFormError:
        return None


def _has_complex(arguments: dict[str, Any], outputs: tuple[TensorMeta | None, ...]) -> bool:
    return is_complex((*arguments.values(), *outputs))
