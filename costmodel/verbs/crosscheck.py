"""Crosscheck: our MACs beside two other counters', with the known reason of each difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from costmodel.ir.counts import CountRow
from costmodel.ir.crosscheck import Crosscheck, CrosscheckRow
from costmodel.ir.trace import LOSS_SCOPE, OpCall, Phase, Trace
from costmodel.ops import traits_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from costmodel.ir.settings import Settings

UNEXPLAINED = "unexplained"
_ELSEWHERE = "FlopCounterMode gives some backward work to another module; compare the totals"
"""Explains a row, never a total."""


def crosscheck(model: Any, **settings: Unpack[Settings]) -> Crosscheck:
    """Our multiply-accumulates beside fvcore's and FlopCounterMode's, layer by layer, with known reasons.

    Args:
        model: see :func:`costmodel.trace`. fvcore runs its forward pass for real.
        settings: see :class:`costmodel.Settings`.

    Raises:
        SubjectError, RecipeError, TraceError: what, where, what to do.
    """
    from costmodel.passes.work import count
    from costmodel.tracing.other_counters import flop_counter_macs, fvcore_macs
    from costmodel.tracing.training import plan_training, trace_training

    plan = plan_training(model, settings)
    trace = trace_training(plan).phases[0].trace
    rows = count(trace).rows
    forward, backward = flop_counter_macs(plan)
    fvcore = fvcore_macs(plan)
    ours = {part: _by_scope(rows, phases) for part, phases in _PARTS.items()}
    calls = _calls_by_place(trace)
    paths = [m.path for m in trace.modules]
    result = []
    for part, theirs in (("forward", forward), ("backward", backward)):
        other = fvcore[0] if fvcore is not None and part == "forward" else None
        for path in paths:
            figures = (
                ours[part].get(path, 0),
                None if other is None else other.get(path, 0),
                theirs.get(path, 0),
            )
            if any(figures):
                result.append(_row(path or "(model)", part, figures, calls.get((path, part), [])))
        result.append(_total(part, ours[part], other, theirs, result))
    return Crosscheck(subject=plan.subject.name.replace("\\", "/").rpartition("/")[2], rows=tuple(result))


_PARTS = {"forward": (Phase.FORWARD,), "backward": (Phase.BACKWARD, Phase.RECOMPUTE)}


def _by_scope(rows: tuple[CountRow, ...], phases: tuple[Phase, ...]) -> dict[str, int]:
    macs: dict[str, int] = {}
    for row in rows:
        if row.phase in phases and row.scope != LOSS_SCOPE and row.work is not None:
            macs[row.scope] = macs.get(row.scope, 0) + row.work.macs
    return macs


def _calls_by_place(trace: Trace) -> dict[tuple[str, str], list[OpCall]]:
    places: dict[tuple[str, str], list[OpCall]] = {}
    for call in trace.calls:
        part = "forward" if call.phase is Phase.FORWARD else "backward"
        places.setdefault((call.scope, part), []).append(call)
    return places


def _row(layer: str, part: str, figures: tuple[int, int | None, int], calls: list[OpCall]) -> CrosscheckRow:
    ours, fvcore, flop_counter = figures
    agrees = all(other in (None, ours) for other in (fvcore, flop_counter))
    return CrosscheckRow(
        layer=layer,
        part=part,
        ours=ours,
        fvcore=fvcore,
        flop_counter=flop_counter,
        reason="" if agrees else _reason(part, figures, calls),
    )


def _reason(part: str, figures: tuple[int, int | None, int], calls: list[OpCall]) -> str:
    """Why we differ and are right, as far as it is known (each is a test in tests/oracles)."""
    ours, fvcore, flop_counter = figures
    known = [(call, traits_of(call.packet)) for call in calls]
    for _, traits in known:
        if traits.elsewhere:
            return traits.elsewhere
    groups = [dict(call.arguments).get("groups") for call, traits in known if traits.gradient_of]
    if any(isinstance(g, int) and g > 1 for g in groups) and flop_counter > ours:
        return "grouped convolution: FlopCounterMode ignores groups in the weight gradient"
    if part == "backward":
        return _ELSEWHERE
    if fvcore == 0 and ours == flop_counter:
        return "fvcore has no count for this op (it lists it as unsupported)"
    return UNEXPLAINED


def _total(
    part: str,
    ours: dict[str, int],
    fvcore: dict[str, int] | None,
    theirs: dict[str, int],
    rows: list[CrosscheckRow],
) -> CrosscheckRow:
    figures = (sum(ours.values()), None if fvcore is None else sum(fvcore.values()), sum(theirs.values()))
    reasons = [r.reason for r in rows if r.part == part and r.reason and r.reason != _ELSEWHERE]
    row = _row("total", part, figures, [])
    if row.agrees:
        return row
    reason = "; ".join(dict.fromkeys(reasons)) or UNEXPLAINED
    return CrosscheckRow(
        layer=row.layer,
        part=part,
        ours=row.ours,
        fvcore=row.fvcore,
        flop_counter=row.flop_counter,
        reason=reason,
    )
