"""A verdict as one list for a program: a row per finding, point table, value, estimate, reading and note.

``kind`` says what a row is of. A number stands in ``measured``, in ``unit``, and a word beside it; a limit that is no
number in ``limit_text``. ``headroom`` is negative where a limit is exceeded. An empty cell is not known, or no matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from costmodel.ir.verdict import Claim, Estimate, Finding, PointsRow, Verdict
from costmodel.reports.headroom import headroom
from costmodel.reports.table import Cell, Table

COLUMNS = (
    "subject", "kind", "rule", "measured", "word", "at_least", "operator", "limit", "limit_text", "unit", "outcome",
    "headroom", "headroom_percent", "consequence", "points", "points_of", "because",
)  # fmt: skip

_Record: TypeAlias = "dict[str, Cell]"


def verdict_records(verdict: Verdict, nothing: str, *, readings: bool) -> Table:
    """The list.

    Args:
        verdict: of one submission.
        nothing: why all points are lost, "" if they are not.
        readings: whether it has what other readings of the rules would say.
    """
    rows = [*_findings(verdict), *_points(verdict, nothing), *_values(verdict)]
    rows += [*_readings(verdict)] if readings else []
    rows += [*_beside(verdict)]
    cells = [[verdict.subject, *(row.get(column) for column in COLUMNS[1:])] for row in rows]
    return Table("", COLUMNS, cells)


def with_more_rows(records: Table, subject: str, rows: Iterable[_Record]) -> Table:
    """The list with rows that stand beside the verdict."""
    more = [[subject, *(row.get(column) for column in COLUMNS[1:])] for row in rows]
    return Table("", COLUMNS, [*records.rows, *more])


def _findings(verdict: Verdict) -> Iterator[_Record]:
    yield from (_finding("rule", f) for f in verdict.findings)
    yield from (_finding("contract", f) for f in verdict.contract)


def _finding(kind: str, f: Finding) -> _Record:
    room = headroom(f)
    record: _Record = {
        "kind": kind, "rule": f.rule, "at_least": _yes(f.at_least), "unit": f.unit, "outcome": f.outcome.value,
        "consequence": f.consequence.value, "because": f.because,
        "word" if isinstance(f.measured, str) else "measured": f.measured,
    }  # fmt: skip
    record |= {"limit_text": f.limit} if f.bound is None else {"operator": f.operator, "limit": f.bound}
    return record if room is None else {**record, "headroom": room.amount, "headroom_percent": room.percent}


def _points(verdict: Verdict, nothing: str) -> Iterator[_Record]:
    if verdict.points is None:
        return
    yield from map(_table, verdict.points.tables)
    late = verdict.points.late
    if late != 0:
        yield {"kind": "late", "points": None if late is None else -late}
    total, most = verdict.points.total, verdict.points.maximum
    yield {"kind": "total", "points": total, "points_of": most, "because": nothing}


def _table(row: PointsRow) -> _Record:
    return {
        "kind": "points", "rule": row.table, "measured": row.measured, "at_least": _yes(row.at_least),
        "unit": row.unit, "points": row.points, "points_of": row.maximum, "because": row.because,
    }  # fmt: skip


def _values(verdict: Verdict) -> Iterator[_Record]:
    m = verdict.metric
    if m is not None:
        yield {"kind": "ranking metric", "rule": m.name, "measured": m.value, "unit": m.unit, "because": m.because}
    for claim in verdict.claims:
        yield from _claim(claim)
    for estimate in verdict.estimates:
        yield from _estimate(estimate)


def _claim(claim: Claim) -> Iterator[_Record]:
    for who, value in (("computed", claim.computed), ("measured", claim.measured), ("claimed", claim.claimed)):
        if value is not None:
            decides = who == claim.origin
            yield {
                "kind": "value", "rule": claim.metric, "measured": value, "unit": claim.unit,
                "at_least": _yes(claim.at_least and decides), "because": f"{who}, decides" if decides else who,
            }  # fmt: skip


def _estimate(e: Estimate) -> Iterator[_Record]:
    how = f"{e.machine}, search {e.search}{', official' if e.decides else ''}"
    values: tuple[tuple[str, int | float, str], ...] = (("energy", e.energy_mj, "mJ"), ("cycles", e.cycles, "cycles"))
    for name, value, unit in values:
        yield {
            "kind": "estimate", "rule": name, "measured": value, "at_least": _yes(not e.complete), "unit": unit,
            "because": how,
        }  # fmt: skip


def _readings(verdict: Verdict) -> Iterator[_Record]:
    for r in verdict.readings:
        effect = "changes the verdict" if r.differs else "does not change the verdict"
        yield {
            "kind": "reading", "rule": r.reading, "measured": r.metric, "outcome": r.outcome.value, "points": r.points,
            "because": f"{r.title}; {effect}",
        }  # fmt: skip


def _beside(verdict: Verdict) -> Iterator[_Record]:
    if verdict.judged is not None:
        yield {"kind": "model", "word": str(verdict.judged), "because": verdict.judged.because}
    for assumption in verdict.assumptions:
        yield {"kind": "assumption", "rule": assumption.where, "because": assumption.what}
    for note in verdict.notes:
        yield {"kind": "note", "because": note}
    for c in verdict.corrections:
        because = f"computed: {c.computed or 'unknown'}; {c.reason}"
        yield {"kind": "decided", "rule": c.what, "word": c.value, "because": because}


def _yes(value: bool) -> str:
    return "yes" if value else "no"
