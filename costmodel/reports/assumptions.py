"""What was taken for granted, and what that makes of the figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from costmodel.ir.doubts import Assumption, of_one_batch
from costmodel.reports.table import Table


def assumptions_table(assumptions: Iterable[Assumption]) -> list[Table]:
    """One row each; no table where nothing was."""
    rows = [(assumption.where, assumption.what) for assumption in assumptions]
    return [Table("Assumptions", ("where", "what"), rows)] if rows else []


def varying_notes(varies: Sequence[Assumption]) -> list[str]:
    """Why a step is not the same each time: its figures are the least, or those of one batch."""
    marked = "FOR THIS BATCH" if of_one_batch(varies) else "AT LEAST"
    return [f"{marked}: {item.where}: {item.what}" for item in dict.fromkeys(varies)]


def qualified(complete: bool, varies: Iterable[Assumption]) -> str:
    """What stands before a figure: "at least ", "for this batch "; "" before one that is whole."""
    if of_one_batch(varies):
        return "for this batch "
    return "" if complete else "at least "
