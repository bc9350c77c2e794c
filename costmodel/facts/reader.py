"""A file of facts in any known format: recognised by what is in it, or named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from costmodel.errors import UnknownNameError, UsageError
from costmodel.facts.formats import (
    aipowermeter,
    codecarbon,
    competition_result,
    dawnbench,
    facts_mapping,
    facts_table,
    kaggle_leaderboard,
    nvidia_smi,
    predictions,
    pyjoules,
    zeus,
)
from costmodel.facts.lab_file_name import claims
from costmodel.facts.normalise import normalised
from costmodel.facts.rows import header_of
from costmodel.facts.source import Options, Source, excerpt, open_source
from costmodel.ir.facts import Facts, Reading

_Recognise: TypeAlias = "Callable[[Source], bool]"
_Read: TypeAlias = "Callable[[Source, Options], tuple[Reading, ...]]"

FORMATS: Mapping[str, tuple[_Recognise, _Read]] = MappingProxyType(
    {
        "aipowermeter": (aipowermeter.recognises, aipowermeter.read),
        "competition-result": (competition_result.recognises, competition_result.read),
        "codecarbon": (codecarbon.recognises, codecarbon.read),
        "zeus": (zeus.recognises, zeus.read),
        "nvidia-smi": (nvidia_smi.recognises, nvidia_smi.read),
        "pyjoules": (pyjoules.recognises, pyjoules.read),
        "dawnbench": (dawnbench.recognises, dawnbench.read),
        "kaggle-leaderboard": (kaggle_leaderboard.recognises, kaggle_leaderboard.read),
        "predictions": (predictions.recognises, predictions.read),
        "facts-table": (facts_table.recognises, facts_table.read),
        "facts": (facts_mapping.recognises, facts_mapping.read),
    }
)
"""Every format, in the order in which it is looked for; the least particular come last."""


def read_facts(
    path: str | Path,
    solution: str | Path | None = None,
    *,
    format: str | None = None,
    score: str | None = None,
    iterations: int | None = None,
    window: str | None = None,
    target: Decimal | None = None,
) -> Facts:
    """What a file says, with units, samples and gaps.

    Args:
        path: the file. The lab's submission file name is read for its claims, whatever the file holds.
        solution: labels to score predictions against.
        format: one of :data:`FORMATS`; None recognises it.
        score: what a Kaggle leaderboard's Score is (``accuracy-fraction``, ``error-percent``, …).
        iterations: how many iterations an energy log is of; energies are then given for 200.
        window: the Zeus window that counts.
        target: accuracy in percent whose first crossing a DAWNBench log is asked for.

    Raises:
        FormatError: the file is not what its format says; file, line, what to do.
        UsageError: an unknown name, no iterations.
    """
    source = open_source(Path(path))
    options = Options(open_source(Path(solution)) if solution is not None else None, score, window, target)
    read = FORMATS[_format_of(source, format)][1]
    readings = (*claims(source), *read(source, options))
    if iterations is not None:
        readings = tuple(normalised(reading, iterations) for reading in readings)
    return Facts(readings=readings)


_SPEAKS_OF = {
    "score": ("kaggle-leaderboard", "a leaderboard"),
    "solution": ("predictions", "predictions"),
    "window": ("zeus", "a Zeus log"),
    "target": ("dawnbench", "a DAWNBench log"),
}


def refuse_idle(readings: Iterable[Reading], **options: object) -> None:
    """An option of :func:`read_facts` that no file had a use for is a mistake.

    Args:
        readings: of all files.
        options: by the names of their parameters; None was not given.

    Raises:
        UsageError: one of them had no effect.
    """
    formats = {reading.format for reading in readings}
    for option, value in options.items():
        needed, what = _SPEAKS_OF[option]
        if value is not None and needed not in formats:
            raise UsageError(f"--{option} speaks of {what}, and none of the files is one")


def _format_of(source: Source, named: str | None) -> str:
    if named is not None:
        if named not in FORMATS:
            raise UnknownNameError("format", named, FORMATS)
        return named
    for name, (recognises, _) in FORMATS.items():
        if recognises(source):
            return name
    columns = header_of(source)
    shown = ", ".join(excerpt(column) for column in columns[:8])
    table = f"; a table of facts needs a column name, and this one has {shown}" if len(columns) > 1 else ""
    raise source.error(f"is none of the known formats ({', '.join(FORMATS)}){table}")
