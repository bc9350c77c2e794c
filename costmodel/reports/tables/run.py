"""A run as tables: how it ended, under which limits, what was measured and what was kept."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from costmodel.files.quoting import escaped
from costmodel.ir.run import MeterReading, Run, Score, StageRun
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Run

_WIDEST = 60


def tables(run: Run, view: View) -> list[Table]:  # noqa: ARG001  # a run has one view
    """The stages, the limits, the meters, the files."""
    found = [_stages(run), _limits(run), _meters(run)]
    if run.kept:
        rows: list[list[Cell]] = [
            [escaped(k.file), k.bytes, k.versions, "a later one was torn" if k.torn else ""] for k in run.kept
        ]
        found.append(Table("What it saved", ("file", "bytes", "versions", "remark"), rows))
    return found


def records(run: Run, view: View) -> Table:  # noqa: ARG001  # a run has one view
    """A row per stage and quantity."""
    headers = ("submission", "run", "stage", "ending", "limit", "quantity", "value", "low", "high", "unit", "missing")
    rows: list[list[Cell]] = [
        [run.submission, run.number, stage.stage, stage.ending.value, stage.limit, m.quantity, m.value, m.low, m.high,
         m.unit, m.missing]
        for stage in run.stages
        for m in stage.meters
    ]  # fmt: skip
    return Table("", headers, rows)


def endings(runs: Sequence[Run]) -> Table:
    """How each of several runs ended, and why."""
    rows: list[list[Cell]] = [
        [escaped(run.submission), run.number, escaped(s.stage), s.ending.value, escaped(s.limit.replace("_", " ")),
         f"{s.wall_seconds:.2f}", escaped(s.because)]
        for run in runs
        for s in run.stages
    ]  # fmt: skip
    headers = ("name", "run", "stage", "ended", "limit", "seconds", "because")
    return Table("How the runs ended", headers, rows, right=("seconds",), wrapped=True)


def _stages(run: Run) -> Table:
    rows: list[list[Cell]] = [
        [escaped(s.stage), s.ending.value, escaped(s.limit.replace("_", " ")), f"{s.wall_seconds:.2f}",
         "" if s.status is None else s.status, escaped(s.because)]
        for s in run.stages
    ]  # fmt: skip
    remarks = [f"enclosure: {escaped(run.enclosure)}"]
    if run.score is not None:
        remarks.append(_score(run.score))
    remarks += [escaped(note) for note in run.notes]
    title = f"{escaped(run.submission)}, run {run.number}"
    headers = ("stage", "ended", "limit", "seconds", "status", "because")
    return Table(title, headers, rows, remarks=tuple(remarks), right=("seconds",), wrapped=True)


def _score(score: Score) -> str:
    if score.accuracy_percent is None or score.low_percent is None or score.high_percent is None:
        return f"no score: {escaped(score.missing)}"
    return (
        f"accuracy: {score.accuracy_percent:.2f} % ({score.right:,} of {score.total:,}; 95 % interval "
        f"{score.low_percent:.2f} to {score.high_percent:.2f}), from {escaped(score.file)}"
    )


def _limits(run: Run) -> Table:
    rows: list[list[Cell]] = [
        [escaped(one.name.replace("_", " ")), f"{one.value:,g}" if one.value < 1e5 else f"{one.value:,.0f}",
         escaped(one.unit), escaped(one.kept_by) or "NOTHING", escaped(one.source)]
        for one in run.limits
    ]  # fmt: skip
    headers = ("limit", "value", "unit", "kept by", "source")
    return Table("Limits", headers, rows, right=("value",), wrapped=True)


def _meters(run: Run) -> Table:
    rows: list[list[Cell]] = [row for stage in run.stages for row in _of_stage(stage)]
    missing = dict.fromkeys(
        f"NOT MEASURED: {escaped(m.quantity)}: {escaped(m.missing)}" for s in run.stages for m in s.meters if m.missing
    )
    headers = ("stage", "measured", "value", "unit", "from", "to", "error")
    return Table("Measured", headers, rows, remarks=tuple(missing), right=("value", "from", "to"), wrapped=True)


def _of_stage(stage: StageRun) -> list[list[Cell]]:
    return [
        [escaped(stage.stage), escaped(m.quantity), _number(m.value, m), escaped(m.unit), _number(m.low, m),
         _number(m.high, m), textwrap.fill(escaped(m.error), _WIDEST)]
        for m in stage.meters
        if not m.missing
    ]  # fmt: skip


def _number(value: float | None, reading: MeterReading) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if reading.unit == "bytes" else f"{value:,.2f}"
