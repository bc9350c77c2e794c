"""The table of what was taken for granted."""

from __future__ import annotations

from collections.abc import Iterable

from costmodel.ir.doubts import Assumption
from costmodel.reports.table import Table


def assumptions_table(assumptions: Iterable[Assumption]) -> list[Table]:
    """One row each; no table where nothing was."""
    rows = [(assumption.where, assumption.what) for assumption in assumptions]
    return [Table("Assumptions", ("where", "what"), rows)] if rows else []
