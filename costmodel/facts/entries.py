"""Facts that people write by hand: names and values of one or many submissions, checked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from costmodel.errors import CostModelError, UnknownNameError
from costmodel.facts.quantity import Quantity, measurement, might_be_fraction, parse_quantity
from costmodel.facts.source import Source, excerpt
from costmodel.ir.facts import ALSO_CALLED, METRIC_UNITS, PART_UNITS, WORDS, Kind, Measurement, Reading

_CLAIMED = "claimed_"
_HALF = "_uncertainty"
_KNOWN = (*METRIC_UNITS, *PART_UNITS, *WORDS)

_Given: TypeAlias = "dict[tuple[str, int], tuple[GivenFact, Quantity | None]]"
"""By key and run."""


@dataclass(frozen=True, slots=True)
class GivenFact:
    """``key: text`` of a submission; None where the file is about one submission without a name.

    ``row`` tells entries of one name apart that belong to different tasks, ``run`` several runs of one metric.
    """

    submission: str | None
    key: str
    text: str
    line: int | None
    row: int = 0
    run: int = 0


def spelt(source: Source, key: str, line: int | None) -> str:
    """A key with its metric's full name: a metric, ``claimed_<metric>``, ``<metric>_uncertainty``, or a word.

    Raises:
        FormatError: it is none of these; names the known ones.
    """
    name = key.removeprefix(_CLAIMED).removesuffix(_HALF)
    if name not in (*_KNOWN, *ALSO_CALLED) or (name in WORDS and key != name):
        raise source.error(str(UnknownNameError("fact", key, _KNOWN)), line)
    return key.replace(name, ALSO_CALLED.get(name, name), 1)


def readings_of(source: Source, format: str, entries: Sequence[GivenFact]) -> tuple[Reading, ...]:
    """One reading per submission (and task), in the order of the file.

    Raises:
        FormatError: an unknown key, or one given twice; a value that is not a number in its unit; bare numbers beside
            numbers with a unit; a percentage that could be a fraction; an uncertainty without its value.
    """
    full = [replace(entry, key=spelt(source, entry.key, entry.line)) for entry in entries]
    entries = [run for entry in full for run in _runs(entry)]
    quantities = {index: _quantity(source, entry) for index, entry in enumerate(entries) if entry.key not in WORDS}
    for key in dict.fromkeys(entry.key for entry in entries):
        column = [(entries[i], q) for i, q in quantities.items() if entries[i].key == key]
        _check_units(source, column)
    by_submission: dict[tuple[str | None, int], _Given] = {}
    for index, entry in enumerate(entries):
        given = by_submission.setdefault((entry.submission, entry.row), {})
        if (entry.key, entry.run) in given:
            raise source.error(f"{entry.key} is given twice, under two names", entry.line)
        given[entry.key, entry.run] = (entry, quantities.get(index))
    return tuple(
        Reading(
            file=source.name,
            format=format,
            submission=submission,
            measurements=_measurements(source, given),
            words={key: entry.text for (key, _), (entry, _) in given.items() if key in WORDS},
        )
        for (submission, _), given in by_submission.items()
    )


def _runs(entry: GivenFact) -> list[GivenFact]:
    """``81.2; 80.9`` is two runs."""
    if entry.key in WORDS or ";" not in entry.text:
        return [entry]
    return [replace(entry, text=part.strip(), run=run) for run, part in enumerate(entry.text.split(";"))]


def _quantity(source: Source, entry: GivenFact) -> Quantity:
    try:
        return parse_quantity(entry.key.removeprefix(_CLAIMED).removesuffix(_HALF), entry.text)
    except CostModelError as problem:
        whose = f"{entry.submission}: " if entry.submission else ""
        raise source.error(f"{whose}{problem}", entry.line) from None


def _check_units(source: Source, column: list[tuple[GivenFact, Quantity]]) -> None:
    bare = [entry for entry, quantity in column if not quantity.unit_given and quantity.value]
    given = [entry for entry, quantity in column if quantity.unit_given]
    if bare and given:
        raise source.error(
            f"{bare[0].key}: {excerpt(bare[0].text)} has no unit, {excerpt(given[0].text)} has one; "
            "write the unit everywhere or nowhere",
            bare[0].line,
        )
    for entry, quantity in column:
        metric = entry.key.removeprefix(_CLAIMED)
        strange = not metric.endswith(_HALF)  # half a percent of uncertainty is not
        if strange and might_be_fraction(metric, quantity) and all(q.value <= 1 for _, q in column):
            raise source.error(
                f"{entry.key}: {excerpt(entry.text)} is {quantity.value} % or {quantity.value * 100} %? "
                "write the % sign",
                entry.line,
            )


def _measurements(source: Source, given: _Given) -> tuple[Measurement, ...]:
    result = []
    for (key, _), (entry, quantity) in given.items():
        if quantity is None:
            continue
        if key.endswith(_HALF):
            if (key.removesuffix(_HALF), 0) not in given:
                raise source.error(f"{key}: there is no {key.removesuffix(_HALF)} that it could belong to", entry.line)
            continue
        _, half = given.get((key + _HALF, 0), (None, None))
        if half is not None and quantity.uncertainty is not None:
            raise source.error(f"{key}: its uncertainty is given twice", entry.line)
        uncertainty = half.value if half is not None else quantity.uncertainty
        kind = Kind.CLAIMED if key.startswith(_CLAIMED) else Kind.MEASURED
        because = f"{excerpt(entry.text)}, as given"
        result.append(
            measurement(key.removeprefix(_CLAIMED), quantity.value, because, uncertainty=uncertainty, kind=kind)
        )
    return tuple(result)
