"""Read a file of facts in any known format, recognised by its content or named."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.facts.claiming_names import ClaimingName, readings_of_name
from costmodel.facts.facts_format import FactsFormat, facts_format_called, facts_formats
from costmodel.facts.normalise import normalised
from costmodel.facts.rows import header_of
from costmodel.facts.source import Options, Source, excerpt, open_source
from costmodel.facts.without_energy import why_without_energy
from costmodel.ir.facts import Facts, Reading


def read_facts(
    path: str | Path,
    solution: str | Path | None = None,
    *,
    format: str | None = None,
    score: str | None = None,
    iterations: int | None = None,
    window: str | None = None,
    target: Decimal | None = None,
    names: Iterable[ClaimingName] = (),
) -> Facts:
    """The readings of a file, with units, samples and gaps.

    Args:
        path: the file.
        solution: labels to score predictions against.
        format: the name of a format of facts; None recognises it.
        score: what a Kaggle leaderboard's Score is (``accuracy-fraction``, ``error-percent``, …).
        iterations: how many iterations an energy log is of; energies are then given for 200.
        window: the Zeus window that counts.
        target: accuracy in percent whose first crossing a DAWNBench log is asked for.
        names: file names that claim figures, whatever the file holds.

    Raises:
        FormatError: the file is not what its format says; file, line, what to do.
        UsageError: an unknown name, no iterations.
    """
    source = open_source(Path(path))
    options = Options(open_source(Path(solution)) if solution is not None else None, score, window, target)
    read = _format_of(source, format).read
    readings = (*readings_of_name(source.name, names), *read(source, options))
    if iterations is not None:
        readings = tuple(normalised(reading, iterations) for reading in readings)
    return Facts(readings=readings)


def refuse_idle(readings: Iterable[Reading], **options: object) -> None:
    """An option of :func:`read_facts` that no file had a use for is a mistake.

    Args:
        readings: of all files.
        options: by the names of their parameters; None was not given.

    Raises:
        UsageError: one of them had no effect.
    """
    read = {reading.format for reading in readings}
    for option, value in options.items():
        able = [module for module in facts_formats() if option in module.OPTIONS]
        if value is not None and not any(module.NAME in read for module in able):
            titles = " or ".join(module.TITLE for module in able)
            raise UsageError(f"--{option} is for {titles}, and none of the files is one")


_GENERAL = 100
"""From here on come what people write by hand: any table with names, any mapping."""


def _format_of(source: Source, named: str | None) -> FactsFormat:
    if named is not None:
        return facts_format_called(named)
    found = next((module for module in facts_formats() if module.recognises(source)), None)
    why = why_without_energy(source) if found is None or found.PRECEDENCE >= _GENERAL else ""
    if why:
        raise source.error(why)
    if found is not None:
        return found
    columns = header_of(source)
    shown = ", ".join(excerpt(column) for column in columns[:8])
    table = f"; a table of facts needs a column name, and this one has {shown}" if len(columns) > 1 else ""
    known = ", ".join(module.NAME for module in facts_formats())
    by_hand = "" if table else "; write its numbers down as facts: energy_joules: 150 kJ"
    raise source.error(f"is not in one of the known formats ({known}){table}{by_hand}")
