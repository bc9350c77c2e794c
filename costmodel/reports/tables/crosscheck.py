"""A crosscheck as a table: multiply-accumulates of every layer by three counters."""

from __future__ import annotations

from costmodel.ir.crosscheck import Crosscheck
from costmodel.reports.table import Cell, Table
from costmodel.reports.view import View

NOUN = Crosscheck


def records(check: Crosscheck, view: View) -> Table:  # noqa: ARG001  # a crosscheck has one view
    """The same with nothing where a counter has no number."""
    rows: list[list[Cell]] = [
        [r.layer, r.part, r.ours, r.fvcore, r.flop_counter, "yes" if r.agrees else "no", r.reason] for r in check.rows
    ]
    return Table("", ("layer", "part", "ours", "fvcore", "flop_counter", "agrees", "reason"), rows)


def tables(check: Crosscheck, view: View) -> list[Table]:  # noqa: ARG001  # a crosscheck has one view
    """One row per layer and part."""
    rows = [
        (r.layer, r.part, r.ours, "–" if r.fvcore is None else r.fvcore,
         "–" if r.flop_counter is None else r.flop_counter, "yes" if r.agrees else "NO", r.reason)
        for r in check.rows
    ]  # fmt: skip
    headers = ("layer", "part", "ours", "fvcore", "FlopCounterMode", "agree", "reason")
    return [Table(f"{check.subject}: multiply-accumulates by three counters", headers, rows)]
