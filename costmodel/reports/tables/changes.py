"""Changes as a table: who, what, from, to, and because of which file."""

from __future__ import annotations

from costmodel.ir.changes import Changes
from costmodel.reports.table import Table
from costmodel.reports.view import View

NOUN = Changes


def tables(changes: Changes, view: View) -> list[Table]:  # noqa: ARG001  # nothing to choose
    """One row for each value that is another now."""
    rows = [(c.name, c.what, c.before, c.after, c.because) for c in changes.changes]
    inputs = ", ".join(changes.inputs) or "nothing"
    title = f"{changes.title}: changes since the last run"
    return [Table(title, ("who", "what", "from", "to", "because of"), rows, (f"of the grader's files: {inputs}",))]
