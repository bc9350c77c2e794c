"""Advice as tables: the layers that take most cycles, and changes that would cut them."""

from __future__ import annotations

from costmodel.ir.advice import Advice, Spot, Suggestion
from costmodel.ir.tips import Standing
from costmodel.reports.application import application, chosen
from costmodel.reports.suggested import KEPT, SEQUENCE, STOPPED, UNKNOWN, changes
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Advice

_INFERENCE = "inference"
_COMPARED = {"latency": "", "energy": "", "edp": "energy × cycles"}
"""What is compared by an objective; "" where it is a figure of its own."""


def tables(advice: Advice, view: View) -> list[Table]:
    """Layers by cycles, then channel counts whose change saves more than the work that it takes away."""
    if view.apply is not None and advice.now is not None:
        return application(chosen(view.apply, advice.changes, advice.sequence), advice.now)
    result = [_spots(advice, view.top)]
    if advice.phase == _INFERENCE:
        result.append(_suggestions(advice, view.top))
    if advice.now is not None:
        result += _changes(advice, view.top, advice.now)
    return result


_COLUMNS = (
    "kind", "layers", "read_by", "problem", "channels", "try", "macs", "macs_change_percent", "cycles",
    "cycles_share_percent", "cycles_change_percent", "energy_pj", "energy_share_percent", "energy_change_percent",
    "outermost_level_share_percent", "macs_per_outermost_word", "busy_units", "busy_units_after",
)  # fmt: skip


def records(advice: Advice, view: View) -> Table:
    """One row per layer as it is (``layer``), with its own figures, then one per change that would cut them (``tip``).

    MACs, cycles and energy of a tip are those of the whole network after the change, and so are their changes.
    """
    rows: list[dict[str, Cell]] = [
        {
            "kind": "layer", "layers": s.layer, "problem": s.problem, "cycles": s.cycles,
            "cycles_share_percent": _percent(s.cycles_share), "energy_pj": s.energy_pj,
            "energy_share_percent": _percent(s.energy_share), "busy_units": s.busy,
            "outermost_level_share_percent": _percent(s.outermost_share),
            "macs_per_outermost_word": round(s.macs_per_outer_word, 4),
        }
        for s in advice.spots[: view.top]
    ]  # fmt: skip
    rows += [
        {
            "kind": "tip", "layers": "; ".join(s.layers), "read_by": "; ".join(s.readers), "channels": s.channels,
            "try": s.becomes, "macs": s.macs, "macs_change_percent": _percent(s.macs / advice.macs - 1),
            "cycles": s.cycles, "cycles_change_percent": _percent(s.cycles / advice.cycles - 1),
            "energy_pj": s.energy_pj, "energy_change_percent": _percent(s.energy_pj / advice.energy_pj - 1),
            "busy_units": s.busy_before, "busy_units_after": s.busy_after,
        }
        for s in advice.suggestions[: view.top]
    ]  # fmt: skip
    return Table("", _COLUMNS, [[row.get(column) for column in _COLUMNS] for row in rows])


def _percent(share: float) -> float:
    return round(100 * share, 4)


def _spots(advice: Advice, top: int | None) -> Table:
    headers = (
        "layer", "problem", "cycles", "share", "energy, pJ", "share", "busy units", f"{advice.level} share",
        f"MACs per {advice.level} word",
    )  # fmt: skip
    rows = [_spot(spot) for spot in advice.spots[:top]]
    total = f"{advice.cycles:,} cycles, {advice.energy_pj * 1e-9:.6g} mJ, {advice.units} units"
    phase = advice.phase if advice.phase == _INFERENCE else f"a {advice.phase} step"
    notes = [] if advice.complete else ["AT LEAST: a layer has no valid mapping, or an op no formula"]
    return Table(f"{advice.subject}: {phase} on {advice.hardware}: {total}", headers, rows, notes)


def _spot(s: Spot) -> list[Cell]:
    shares = (f"{s.cycles_share:.1%}", f"{s.energy_share:.1%}", f"{s.outermost_share:.0%}")
    reuse = f"{s.macs_per_outer_word:.1f}"
    return [s.layer, s.problem, s.cycles, shares[0], round(s.energy_pj, 2), shares[1], s.busy, shares[2], reuse]


def _suggestions(advice: Advice, top: int | None) -> Table:
    headers = ("channels of", "read by", "are", "try", "MACs", "cycles", "energy", "busy units")
    rows = [_suggestion(s, advice) for s in advice.suggestions[:top]]
    notes = [f"{advice.tried} channel counts were mapped; the figures are those of the whole network after the change"]
    if not rows:
        notes.insert(0, "no channel count near the present ones saves more than the work that it takes away")
    return Table("What would cut it", headers, rows, notes)


def _suggestion(s: Suggestion, advice: Advice) -> list[Cell]:
    busy = f"{s.busy_before} → {s.busy_after}"
    return [
        _names(s.layers), _names(s.readers), s.channels, s.becomes, _change(s.macs, advice.macs),
        f"{s.cycles:,} ({_change(s.cycles, advice.cycles)})",
        f"{s.energy_pj * 1e-9:.6g} mJ ({_change(s.energy_pj, advice.energy_pj)})", busy,
    ]  # fmt: skip


def _changes(advice: Advice, top: int | None, now: Standing) -> list[Table]:
    metric = _COMPARED.get(advice.objective, "metric")
    title = (
        f"Changes by themselves, by {advice.objective}: {len(advice.changes)} of {advice.changes_tried} computed ones "
        f"help, {advice.unfit} do not run"
    )
    stopped = (STOPPED,) * advice.stopped
    if not advice.changes:
        return [Table(title, ("kind",), [], (f"nothing of {advice.changes_tried} changes helps", *stopped, UNKNOWN))]
    notes = (*stopped, UNKNOWN, KEPT)
    result = [changes(title, now, advice.receptive, advice.changes[:top], metric=metric, notes=notes)]
    if advice.sequence:
        result.append(changes(SEQUENCE, now, advice.receptive, advice.sequence, metric=metric, prefix="s"))
    return result


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _change(after: float, before: float) -> str:
    return f"{after / before - 1:+.2%}"
