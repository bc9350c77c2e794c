"""DAWNBench's training log: ``epoch``, ``hours``, ``top1Accuracy`` in percent, tab-separated."""

from __future__ import annotations

from itertools import pairwise

from costmodel.facts.quantity import measurement
from costmodel.facts.rows import amount, header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "dawnbench"
TITLE = "a DAWNBench log"
PRECEDENCE = 70
OPTIONS = ("target",)

_ACCURACY = "top1Accuracy"


def recognises(source: Source) -> bool:
    """Whether the three columns are there."""
    return {"epoch", "hours", _ACCURACY} <= set(header_of(source))


def read(source: Source, options: Options) -> tuple[Reading, ...]:
    """Seconds and accuracy of the last row; with ``options.target``, of the first row that reaches it.

    Raises:
        FormatError: a number that is none, hours that go back, accuracies that could be fractions.
    """
    table = read_rows(source, ("epoch", "hours", _ACCURACY), log=True)
    points = [(row, amount(source, row, "hours"), amount(source, row, _ACCURACY)) for row in table.rows]
    for (_, before, _), (row, after, _) in pairwise(points):
        if after < before:
            raise source.error(f"hours: {after} comes after {before}", row.line)
    if all(accuracy <= 1 for _, _, accuracy in points):
        raise source.error(f"{_ACCURACY}: no value exceeds 1; this format is in percent, write 93.5 for 93.5 %", 1)
    if any(accuracy > 100 for _, _, accuracy in points):
        raise source.error(f"{_ACCURACY}: a value exceeds 100 %")
    chosen = points[-1]
    notes = list(table.notes)
    because = "the last row"
    if options.target is not None:
        reached = [point for point in points if point[2] >= options.target]
        if not reached:
            notes.append(f"{options.target} % is not reached; the last row is given")
        else:
            chosen, because = reached[0], f"the first row with at least {options.target} %"
    row, hours, accuracy = chosen
    return (
        Reading(
            file=source.name,
            format=NAME,
            measurements=(
                measurement(
                    "training_seconds", hours * 3600, f"hours × 3600, {because} (epoch {excerpt(row.cells['epoch'])})"
                ),
                measurement("accuracy_percent", accuracy, f"{_ACCURACY}, {because}"),
            ),
            samples=len(points),
            duration_seconds=points[-1][1] * 3600 - points[0][1] * 3600,
            notes=tuple(notes),
        ),
    )
