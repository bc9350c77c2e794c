"""Tips as tables: the room to each limit and to more points, changes by themselves, and the best sequence of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from costmodel.ir.tips import Standing, Tip, Tips
from costmodel.reports.headroom import room_in_words
from costmodel.reports.table import Cell, Table
from costmodel.reports.tables.verdict import title_of
from costmodel.reports.view import View

NOUN = Tips

_UNKNOWN = "what a change does to accuracy is not known; its figures are those of the whole changed network"


def tables(tips: Tips, view: View) -> list[Table]:
    """Headroom, single changes and the sequence."""
    result = [_room(tips)]
    if tips.worth:
        result.append(_worth(tips))
    result.append(_single(tips, view))
    if tips.sequence:
        title = "The best sequence that was found and keeps about as many parameters, each change with those before it"
        result.append(_changes(tips, title, tips.sequence, numbered=True))
    return result


def records(tips: Tips, view: View) -> Table:
    """One row per change: as it stands (``now``), by itself (``single``), and in the sequence (``step``)."""
    names = list(dict.fromkeys(name for tip in (*tips.single, *tips.sequence) for name in tip.after.figures))
    names = list(dict.fromkeys((*tips.now.figures, *names)))
    headers = ("kind", "number", "change", "what", "where", "points", "metric", *names, "parameters", "keeps", "edit")

    def row(kind: str, number: int, tip: Tip | None) -> list[Cell]:
        standing = tips.now if tip is None else tip.after
        words: list[Cell] = ["", "", ""] if tip is None else [tip.kind, tip.what, "; ".join(tip.where)]
        end: list[Cell] = [None, "", ""] if tip is None else [tip.parameters, "yes" if tip.keeps else "no", tip.edit]
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
    return Table(title, ("one unit of", "makes of it", "is worth"), rows)


def _single(tips: Tips, view: View) -> Table:
    shown = tips.single if view.top is None else tips.single[: view.top]
    title = f"Changes by themselves: {len(tips.single)} of {tips.tried} computed ones help, {tips.unfit} do not run"
    if not tips.single:
        return Table(title, ("kind",), [], (f"nothing of {tips.tried} changes helps", _UNKNOWN))
    return _changes(tips, title, shown, numbered=False)


def _changes(tips: Tips, title: str, changes: Sequence[Tip], *, numbered: bool) -> Table:
    names = _figures(tips.now.figures, [tip.after for tip in changes])
    scored = tips.verdict.points is not None
    headers = ("", "change", "where", *(("points",) if scored else ()), "metric", *names, "parameters", "keeps")
    rows = [_row("now", "", "", tips.now, names, scored, None, "")]
    for number, tip in enumerate(changes, 1):
        keeps = (
            "about as many parameters"
            if tip.keeps
            else f"{tip.parameters / max(1, tip.parameters_before):.2g} × as many"
        )
        where = ", ".join(path or "(model)" for path in tip.where)
        rows.append(_row(str(number), _said(tip), where, tip.after, names, scored, tip.parameters, keeps))
    notes = (_UNKNOWN,) if not numbered else ()
    return Table(title, headers, rows, notes)


def _said(tip: Tip) -> str:
    return f"{tip.kind}: {tip.what}{f', {tip.edit}' if tip.edit else ''}"


def _row(
    number: str,
    change: str,
    where: str,
    standing: Standing,
    names: Sequence[str],
    scored: bool,
    parameters: int | None,
    keeps: str,
) -> list[Cell]:
    points: list[Cell] = [standing.points] if scored else []
    figures: list[Cell] = [standing.figures.get(name) for name in names]
    return [number, change, where, *points, standing.metric, *figures, parameters, keeps]


def _figures(now: Mapping[str, int | float], after: Sequence[Standing]) -> list[str]:
    """The figures that any of the changes moves."""
    return [name for name in now if any(standing.figures.get(name) != now[name] for standing in after)]
