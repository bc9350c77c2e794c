"""One student's result as tables: the verdict, the place, and what is remarkable."""

from __future__ import annotations

from dataclasses import replace

from costmodel.ir.grades import Graded
from costmodel.reports.student_view import own
from costmodel.reports.table import Cell, Table
from costmodel.reports.tables import verdict
from costmodel.reports.view import View

NOUN = Graded


def tables(graded: Graded, view: View) -> list[Table]:
    """One student's feedback: the verdict, the place, and what was remarkable."""
    graded = own(graded)
    changes = any(row.differs for row in graded.verdict.readings)
    result = verdict.tables(graded.verdict, replace(view, sensitivity=view.sensitivity and changes))
    entry = graded.entry
    if entry is not None:
        place: list[Cell] = [
            "not ranked" if entry.rank is None else entry.rank,
            entry.bonus,
            _or_undecided(graded.total),
        ]
        title = "Place in the class" + (f" (provisional: {entry.undecided} undecided)" if entry.undecided else "")
        result.append(Table(title, ("rank", "bonus", "points with bonus"), [place]))
    if graded.findings:
        rows = [(f.rule, f.because) for f in graded.findings]
        result.append(Table("Remarks: a person should look at these", ("what", "because"), rows))
    if graded.output:
        result.append(
            Table("The end of what the program printed", ("line",), [[n] for n in graded.output.splitlines()])
        )
    return result


def _or_undecided(value: int | None) -> Cell:
    return "undecided" if value is None else value
