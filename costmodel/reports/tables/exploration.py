"""An exploration as tables: the front, and what did not run; as a list, every point."""

from __future__ import annotations

from collections import Counter

from costmodel.ir.exploration import Exploration, Point
from costmodel.reports.suggested import STOPPED
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Exploration


def tables(exploration: Exploration, view: View) -> list[Table]:
    """The points that no other beats, the least of the first figure first; and the errors, each once."""
    front = [point for point in exploration.points if point.on_front]
    front.sort(key=lambda point: point.figures[exploration.front[0]])
    part = "of" if exploration.stopped else "a sample of"
    sampled = "" if len(exploration.points) == exploration.of else f" ({part} {exploration.of:,})"
    under = f" under {exploration.under}" if exploration.under else ""
    title = (
        f"{exploration.subject.rpartition('/')[2]}{under}: {len(front)} of {len(exploration.points):,} points{sampled} "
        f"that no other beats in {', '.join(exploration.front)}"
    )
    names = [name for name in _names(exploration) if name in exploration.front or _varies(exploration, name)]
    judged = any(point.outcome for point in exploration.points)
    headers = (*exploration.axes, *names, *(("outcome",) if judged else ()))
    notes = (*exploration.notes, *([STOPPED] * exploration.stopped))
    rows = [_row(point, exploration, names, judged) for point in front[: view.top]]
    result = [Table(title, headers, rows, notes)]
    errors = Counter(point.error for point in exploration.points if point.error)
    if errors:
        why = [(error, times) for error, times in errors.items()]
        result.append(Table("Points that have no figures", ("because", "points"), why))
    return result


def records(exploration: Exploration, view: View) -> Table:  # noqa: ARG001  # every point is in the list
    """One row per point."""
    names = _names(exploration)
    headers = (*exploration.axes, *names, "outcome", "on_front", "error")
    rows = [
        [*_row(point, exploration, names, judged=True), "yes" if point.on_front else "no", point.error]
        for point in exploration.points
    ]
    return Table("", headers, rows)


def _names(exploration: Exploration) -> list[str]:
    """The figures of the front first."""
    return list(dict.fromkeys((*exploration.front, *(n for point in exploration.points for n in point.figures))))


def _varies(exploration: Exploration, name: str) -> bool:
    return len({point.figures.get(name) for point in exploration.points if not point.error}) > 1


def _row(point: Point, exploration: Exploration, names: list[str], judged: bool) -> list[Cell]:
    figures: list[Cell] = [point.figures.get(name) for name in names]
    return [*(point.settings[axis] for axis in exploration.axes), *figures, *((point.outcome,) if judged else ())]
