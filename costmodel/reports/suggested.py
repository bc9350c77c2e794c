"""Changes of a network as rows: what each does to the figures, and what it leaves about as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from costmodel.ir.receptive import ReceptiveField
from costmodel.ir.tips import BAND, Standing, Tip
from costmodel.reports.table import Cell, Table

UNKNOWN = "what a change does to accuracy is not known; its figures are those of the whole changed network"
KEPT = (
    f"first those that keep {BAND[0]} to {BAND[1]} times the parameters and the receptive field: the rows and columns "
    "of the input that one position of the last feature map has seen"
)
SEQUENCE = "The best sequence that was found and keeps about as many parameters, each change with those before it"
STOPPED = "stopped before the end: there may be better ones"


def changes(
    title: str,
    now: Standing,
    receptive: ReceptiveField | None,
    tips: Sequence[Tip],
    *,
    metric: str = "metric",
    scored: bool = False,
    prefix: str = "",
    notes: Sequence[str] = (),
) -> Table:
    """A row for the network as it is, and one for each change.

    Args:
        title: of the table.
        now: how the network stands.
        receptive: its receptive field.
        tips: the changes.
        metric: header of what is compared; "" where a figure says it already.
        scored: whether there are points.
        prefix: of the numbers, as ``--apply`` takes them.
        notes: below the table.
    """
    names = _figures(now.figures, [tip.after for tip in tips])
    heads = ("points",) * scored + (metric,) * bool(metric)
    headers = ("", "change", "where", *heads, *names, "parameters", "receptive field", "keeps")

    def row(number: str, said: str, where: str, standing: Standing, end: Sequence[Cell]) -> list[Cell]:
        points: list[Cell] = [standing.points] if scored else []
        compared: list[Cell] = [standing.metric] if metric else []
        return [number, said, where, *points, *compared, *(standing.figures.get(name) for name in names), *end]

    rows = [row("now", "", "", now, (None, reach(receptive), ""))]
    for number, tip in enumerate(tips, 1):
        where = "(training)" if tip.retrains else ", ".join(path or "(model)" for path in tip.where)
        end = (tip.parameters, _reaches(tip), _kept(tip))
        rows.append(row(f"{prefix}{number}", said(tip), where, tip.after, end))
    return Table(title, headers, rows, notes)


def said(tip: Tip) -> str:
    """The change in words, with the argument that makes it."""
    what = tip.what if tip.what.startswith(f"{tip.kind} ") else f"{tip.kind}: {tip.what}"
    return f"{what}{f', {tip.edit}' if tip.edit and not tip.retrains else ''}"


def reach(receptive: ReceptiveField | None) -> str:
    """``43×43``, ``whole input``, ``not known``."""
    return "not known" if receptive is None else str(receptive)


def _reaches(tip: Tip) -> str:
    before, after = reach(tip.receptive_before), reach(tip.receptive)
    return after if before == after else f"{before} → {after}"


def _kept(tip: Tip) -> str:
    if tip.keeps:
        return "both"
    ratio = f"{tip.parameters / max(1, tip.parameters_before):.2g} × the parameters"
    lost = [ratio] * (not tip.keeps_parameters) + ["another receptive field"] * (not tip.keeps_receptive_field)
    return ", ".join(lost)


def _figures(now: Mapping[str, int | float], after: Sequence[Standing]) -> list[str]:
    """The figures that any of the changes moves."""
    moved = [name for name in now if any(standing.figures.get(name) != now[name] for standing in after)]
    return [name for name in moved if name != "parameters"]  # they have a column of their own
