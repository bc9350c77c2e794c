"""Tips as tables: the room to each limit and to more points, changes by themselves, and the best sequence of them."""

from __future__ import annotations

from costmodel.ir.tips import Tip, Tips
from costmodel.reports.application import application, chosen
from costmodel.reports.headroom import room_in_words
from costmodel.reports.suggested import KEPT, SEQUENCE, STOPPED, UNKNOWN, changes, reach
from costmodel.reports.table import Cell, Table
from costmodel.reports.tables.verdict import title_of
from costmodel.reports.view import View

NOUN = Tips


def tables(tips: Tips, view: View) -> list[Table]:
    """Headroom, single changes and the sequence."""
    if view.apply is not None:
        return application(chosen(view.apply, tips.single, tips.sequence), tips.now)
    result = [_room(tips)]
    if tips.worth:
        result.append(_worth(tips))
    result.append(_single(tips, view))
    if tips.sequence:
        scored = tips.verdict.points is not None
        result.append(changes(SEQUENCE, tips.now, tips.receptive, tips.sequence, scored=scored, prefix="s"))
    return result


def records(tips: Tips, view: View) -> Table:
    """One row per change: as it stands (``now``), by itself (``single``), and in the sequence (``step``)."""
    names = list(dict.fromkeys(name for tip in (*tips.single, *tips.sequence) for name in tip.after.figures))
    names = list(dict.fromkeys((*tips.now.figures, *names)))
    headers = ("kind", "number", "change", "what", "where", "points", "metric", *names, "parameters", "keeps", "edit",
               "receptive_field", "receptive_field_before")  # fmt: skip

    def row(kind: str, number: int, tip: Tip | None) -> list[Cell]:
        standing = tips.now if tip is None else tip.after
        words: list[Cell] = ["", "", ""] if tip is None else [tip.kind, tip.what, "; ".join(tip.where)]
        end: list[Cell] = [None, "", "", reach(tips.receptive), ""]
        if tip is not None:
            fields = (reach(tip.receptive), reach(tip.receptive_before))
            end = [tip.parameters, "yes" if tip.keeps else "no", tip.edit, *fields]
        figures: list[Cell] = [standing.figures.get(name) for name in names]
        return [kind, number, *words, standing.points, standing.metric, *figures, *end]

    rows = [row("now", 0, None), *(row("single", n, tip) for n, tip in enumerate(tips.single[: view.top], 1))]
    return Table("", headers, [*rows, *(row("step", n, tip) for n, tip in enumerate(tips.sequence, 1))])


def _room(tips: Tips) -> Table:
    verdict = tips.verdict
    rows: list[list[Cell]] = [[f.rule, f.measured, f.unit, f.limit, room_in_words(f)] for f in verdict.findings]
    for row in () if verdict.points is None else verdict.points.tables:
        points = "undecided" if row.points is None else f"{row.points} of {row.maximum} points"
        more = "" if row.better is None else f"{row.better.points} points {row.better.text}"
        away = "" if row.better is None else f"{row.better.away:,} {row.unit} to {more}"
        rows.append([row.table, row.measured, row.unit, points, away])
    return Table(f"{title_of(verdict)}: room", ("rule", "measured", "unit", "limit or points", "room"), rows)


def _worth(tips: Tips) -> Table:
    """What one unit of each term of the metric is worth in the others."""
    rows: list[list[Cell]] = []
    for name, each in tips.worth.items():
        others = [f"{each / other:,.6g} of {term}" for term, other in tips.worth.items() if term != name]
        rows.append([name, each, " or ".join(others)])
    metric = tips.verdict.metric
    title = "The ranking metric" if metric is None else f"The ranking metric: {metric.name}, {tips.order}"
    return Table(title, ("one more of", "adds to the metric", "as much as"), rows)


def _single(tips: Tips, view: View) -> Table:
    shown = tips.single if view.top is None else tips.single[: view.top]
    title = f"Changes by themselves: {len(tips.single)} of {tips.tried} computed ones help, {tips.unfit} do not run"
    stopped = (STOPPED,) * tips.stopped
    if not tips.single:
        return Table(title, ("kind",), [], (f"nothing of {tips.tried} changes helps", *stopped, UNKNOWN))
    scored = tips.verdict.points is not None
    return changes(title, tips.now, tips.receptive, shown, scored=scored, notes=(*stopped, UNKNOWN, KEPT))
