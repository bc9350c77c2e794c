"""A ranking as tables: the entries in order, those without a rank and why, and how robust the order is."""

from __future__ import annotations

from costmodel.ir.ranking import Entry, Ranking
from costmodel.ir.verdict import Outcome
from costmodel.reports.table import Cell, Table
from costmodel.reports.tables.run import endings
from costmodel.reports.view import View

NOUN = Ranking

_SHOWN = ("task", "bracket", "points", "bonus", "award")
"""Columns that are left out where no entry has a value for them."""


def tables(ranking: Ranking, view: View) -> list[Table]:
    """One table of all entries; the readings that change it, all of them if asked for."""
    shown = [name for name in _SHOWN if any(getattr(e, name) is not None for e in ranking.entries)]
    before = [name for name in shown if name in ("task", "bracket")]
    after = [name for name in shown if name not in before]
    headers = ("rank", "name", *before, ranking.metric, *after, "outcome", "because")
    rows = [_row(e, before, after, view.hypothetical) for e in ranking.entries]
    provisional = "provisional, " if any(e.undecided for e in ranking.entries) else ""
    reading = "" if ranking.reading == "as-written" else f", reading {ranking.reading}"
    changing = [s.reading for s in ranking.sensitivity if s.changes]
    if ranking.sensitivity:
        said = (
            f"changes under {', '.join(changing)}"
            if changing
            else "is the same under every other reading that can be told"
        )
        notes = (*ranking.notes, f"the order {said}")
    else:
        notes = ranking.notes
    unit = f" [{ranking.unit}]" if ranking.unit else ""
    title = f"{ranking.title}{reading}: {provisional}by {ranking.metric}{unit}, {ranking.order}; ties: {ranking.ties}"
    result = [Table(title, headers, rows, notes)]
    if view.sensitivity and ranking.sensitivity:
        result.append(_sensitivity(ranking))
    if ranking.runs:
        result.append(endings(ranking.runs))
    return result


def records(ranking: Ranking, view: View) -> Table:
    """One row per entry; what other readings change is told beside it, where it is asked for."""
    unit = f" [{ranking.unit}]" if ranking.unit else ""
    headers = [
        "rank", "name", "task", "bracket", f"{ranking.metric}{unit}", "points", "bonus", "award", "outcome",
        "to_look_at", "undecided_entries", "because",
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [e.rank, e.name, e.task, e.bracket, e.metric, e.points, e.bonus, e.award, e.outcome.value,
         "yes" if _flagged(e) else "no", e.undecided,
         "; ".join(e.because)]
        for e in ranking.entries
    ]  # fmt: skip
    if view.hypothetical:
        headers.insert(1, "would_be_rank")
        rows = [[row[0], e.would_be, *row[1:]] for row, e in zip(rows, ranking.entries, strict=True)]
    return Table("", headers, rows)


def _row(entry: Entry, before: list[str], after: list[str], hypothetical: bool) -> list[Cell]:
    rank: Cell = "–" if entry.rank is None else entry.rank
    if hypothetical and entry.rank is None and entry.would_be is not None:
        rank = f"would be {ordinal(entry.would_be)}"
    middle: list[Cell] = [getattr(entry, name) for name in before]
    end: list[Cell] = [getattr(entry, name) for name in after]
    return [rank, entry.name, *middle, entry.metric, *end, _outcome(entry), "; ".join(entry.because)]


def ordinal(rank: int | float) -> str:
    """A rank as said.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 2.5)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '2.5th']
    """
    last = {1: "st", 2: "nd", 3: "rd"}.get(int(rank % 10), "th") if rank == int(rank) else "th"
    return f"{rank}{'th' if int(rank) % 100 in (11, 12, 13) else last}"


def _outcome(entry: Entry) -> str:
    """A flag leaves an entry its place, and a person has to look."""
    return f"{entry.outcome.value}{', ranked: to be looked at' if _flagged(entry) else ''}"


def _flagged(entry: Entry) -> bool:
    return entry.rank is not None and entry.outcome is Outcome.UNDECIDED


def _sensitivity(ranking: Ranking) -> Table:
    rows = [
        (s.reading, s.title, {True: "yes", False: "no", None: "unknown"}[s.changes], "; ".join(s.what))
        for s in ranking.sensitivity
    ]
    return Table("Under other readings", ("reading", "what it says", "changes", "what"), rows)
