"""The table that names the model behind a result."""

from __future__ import annotations

from costmodel.ir.judged import Judged
from costmodel.reports.table import Table

_HEADERS = ("class", "file", "line", "arguments", "parameters", "taken because")


def judged_table(judged: Judged | None) -> list[Table]:
    """One row; no table where nothing was judged, or an older file does not say it."""
    if judged is None:
        return []
    row = (judged.name, judged.file, judged.line or None, judged.arguments, judged.parameters, judged.because)
    return [Table("The model", _HEADERS, [row])]
