"""Predictions, ``Id,Prediction`` or ``image_id,label``: counted, or scored against a file of labels."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from costmodel.facts.quantity import measurement
from costmodel.facts.rows import header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "predictions"
TITLE = "predictions"
PRECEDENCE = 90
OPTIONS = ("solution",)

_IDS = ("Id", "id", "ID", "image_id")
_LABELS = ("Prediction", "prediction", "label", "Label", "class", "Category", "Expected", "Solution")
_USAGE = "Usage"
_IGNORED = "Ignored"
"""Kaggle's solution files mark rows that do not count (the lab: 290,000 of 300,000 images are no test images)."""

_LONGEST_NUMBER = 7
"""Digits; longer ones are names, not class numbers."""


def recognises(source: Source) -> bool:
    """Whether there is an id and a label, and nothing else."""
    columns = [column for column in header_of(source) if column != _USAGE]
    return len(columns) == 2 and columns[0] in _IDS and columns[1] in _LABELS


def read(source: Source, options: Options) -> tuple[Reading, ...]:
    """The error rate against ``options.solution``, exact to 28 digits; without it, the number of rows.

    Raises:
        FormatError: an id twice, missing or unknown; a label that the solution does not have. With the row's line.
    """
    predicted = _labels(source)
    notes = [f"{len(predicted)} rows"]
    if options.solution is None:
        notes.append("no solution to score against: give --solution FILE")
        return (Reading(file=source.name, format=NAME, notes=tuple(notes)),)
    wrong, total = counted_wrong(source, options.solution)
    error = Fraction(100 * wrong, total)
    # 28 digits cannot fall on the other side of a limit with fewer: k / n differs from it by more than 1e-20
    percent = Decimal(error.numerator) / Decimal(error.denominator)
    because = f"{wrong} of {total} wrong, against {options.solution.name}"
    return (
        Reading(
            file=source.name,
            format=NAME,
            measurements=(
                measurement("error_rate_percent", percent, because),
                measurement("accuracy_percent", 100 - percent, because),
            ),
            notes=tuple(notes),
        ),
    )


def counted_wrong(source: Source, solution: Source) -> tuple[int, int]:
    """How many of the predictions that count are wrong, and how many count.

    Raises:
        FormatError: an id twice, missing or unknown; a label that the solution does not have. With the row's line.
    """
    predicted, truth = _labels(source), _labels(solution)
    counted = [key for key, (_, _, usage) in truth.items() if usage != _IGNORED]
    if not counted:
        raise solution.error("every row is Ignored: nothing is left to score against")
    wrong = _wrong(source, predicted, truth)
    return sum(key in wrong for key in counted), len(counted)


def rows_of(source: Source) -> int:
    """How many rows a table of labels has.

    Raises:
        FormatError: it is none.
    """
    return len(_labels(source))


def ids_of(source: Source) -> tuple[str, ...]:
    """The ids of a table of labels, in its order.

    Raises:
        FormatError: it is none.
    """
    return tuple(_labels(source))


def _labels(source: Source) -> dict[str, tuple[int, str, str]]:
    """Line, label and usage by id."""
    columns = header_of(source)
    key = next((c for c in columns if c in _IDS), None)
    label = next((c for c in columns if c in _LABELS), None)
    if key is None or label is None:
        shown = ", ".join(excerpt(column) for column in columns[:20])
        raise source.error(f"expected columns such as Id,Prediction or image_id,label; the header has {shown}", 1)
    result: dict[str, tuple[int, str, str]] = {}
    for row in read_rows(source, (key, label)).rows:
        if row.cells[key] in result:
            first = result[row.cells[key]][0]
            raise source.error(f"{key} {excerpt(row.cells[key])} is in line {first} already", row.line)
        if not row.cells[label]:
            raise source.error(f"{key} {excerpt(row.cells[key])} has no {label}", row.line)
        result[row.cells[key]] = (row.line, row.cells[label], row.cells.get(_USAGE, ""))
    return result


def _wrong(
    source: Source, predicted: Mapping[str, tuple[int, str, str]], truth: Mapping[str, tuple[int, str, str]]
) -> set[str]:
    allowed, described = _allowed({label for _, label, usage in truth.values() if usage != _IGNORED})
    wrong = set()
    for key, (line, label, _) in predicted.items():
        if key not in truth:
            raise source.error(f"id {excerpt(key)} is not one of the solution's {len(truth)}", line)
        if label not in allowed:
            raise source.error(f"label {excerpt(label)} is not one of {described}", line)
        if label != truth[key][1]:
            wrong.add(key)
    missing = [key for key in truth if key not in predicted]
    if missing:
        shown = ", ".join(excerpt(key) for key in missing[:3])
        raise source.error(f"{len(missing)} ids of the solution are missing: {shown}{', …' if missing[3:] else ''}")
    return wrong


def _allowed(labels: set[str]) -> tuple[set[str], str]:
    """Labels that a prediction may have: those of the solution; of numbers, all from 0 to the largest."""
    if all(label.isascii() and label.isdigit() and len(label) < _LONGEST_NUMBER for label in labels):
        largest = max(map(int, labels))
        return {str(number) for number in range(largest + 1)}, f"0 to {largest}"
    return labels, f"the solution's {len(labels)} labels"
