"""What an entry predicted, against the solution."""

from __future__ import annotations

from pathlib import Path

from costmodel.errors import FormatError
from costmodel.facts.binomial import wilson
from costmodel.facts.formats.predictions import counted_wrong, ids_of, rows_of
from costmodel.ir.run import Score
from costmodel.measuring.label_files import ARRAYS, is_array, table_of
from costmodel.measuring.snapshot import PREDICTIONS


def rows_asked_for(solution: Path | None) -> int | None:
    """How many rows the predictions have; None where no solution says it.

    Raises:
        FormatError, UsageError: the solution cannot be read.
    """
    return None if solution is None else rows_of(table_of(solution))


def score_of(kept: Path, solution: Path) -> Score:
    """The score of the predictions among what was kept; why there is none, if there is none."""
    names = [*PREDICTIONS, *(f"predictions{suffix}" for suffix in ARRAYS)]
    found = next((kept / name for name in names if (kept / name).is_file()), None)
    if found is None:
        return Score(file="", missing=f"no whole {' or '.join(names)} was kept")
    try:
        truth = table_of(solution)
        ids = ids_of(truth) if is_array(found) else None
        wrong, total = counted_wrong(table_of(found, ids), truth)
    except FormatError as problem:
        return Score(file=found.name, missing=problem.message.replace(f"{found.parent}/", ""))
    low, high = wilson(total - wrong, total)
    return Score(
        file=found.name,
        right=total - wrong,
        total=total,
        accuracy_percent=100 * (total - wrong) / total,
        low_percent=100 * low,
        high_percent=100 * high,
    )
