"""Advice for a GPU as tables: what the seconds go to, and other ways of running."""

from __future__ import annotations

from costmodel.ir.gpu_advice import GpuAdvice
from costmodel.reports.table import Cell, Percent, Table
from costmodel.reports.view import View

NOUN = GpuAdvice

_FITS = {True: "yes", False: "no", None: "perhaps"}


def tables(advice: GpuAdvice, view: View) -> list[Table]:
    """The step as it is, then what would be faster."""
    time, run = advice.time, advice.run
    whole = time.step_seconds.median
    rows: list[list[Cell]] = [
        [name, _three(seconds), Percent(100 * seconds / whole)]
        for name, seconds in (*time.limits.items(), *time.kinds.items())
    ]
    rate = run.batch / whole
    title = f"{advice.subject}: {run.phase} on {run.hardware}, batch {run.batch}, {run.precision}, {run.layout}"
    ends = f"{_three(time.step_seconds.low):g} to {_three(time.step_seconds.high):g}"
    notes = [f"{_three(whole):g} s a step ({ends}), {_three(rate):,.12g} samples a second"]
    changes: list[list[Cell]] = [
        [
            c.change,
            round(c.factor, 2),
            _three(c.batch / c.step_seconds.median),
            round(c.card_bytes.median / 2**20),
            _FITS[c.fits],
            c.option,
            c.note,
        ]
        for c in advice.changes[: view.top]
    ]
    headers = ("change", "times as fast", "samples/s", "memory, MiB", "fits", "option", "note")
    said = [f"{len(advice.changes)} of {advice.tried} changes help; medians of estimates, each of the whole step"]
    return [
        Table(title, ("what the seconds go to: limits, then kinds of kernels", "s", "share"), rows, notes),
        Table("Other ways to run it, computed", headers, changes, said),
    ]


def records(advice: GpuAdvice, view: View) -> Table:
    """A row a change."""
    rows: list[list[Cell]] = [
        [c.change, c.option, c.batch, c.step_seconds.median, c.factor, c.card_bytes.median, _FITS[c.fits], c.note]
        for c in advice.changes[: view.top]
    ]
    headers = ("change", "option", "batch", "step_seconds", "factor", "card_bytes", "fits", "note")
    return Table("", headers, rows)


def _three(value: float) -> float:
    return float(f"{value:.3g}")
