"""Kaggle's leaderboard CSV: ``TeamId,TeamName,SubmissionDate,Score``; newer ones have more columns."""

from __future__ import annotations

from decimal import Decimal

from costmodel.errors import UnknownNameError
from costmodel.facts.quantity import measurement, number
from costmodel.facts.rows import Row, header_of, read_rows
from costmodel.facts.source import Options, Source, excerpt
from costmodel.ir.facts import Reading

NAME = "kaggle-leaderboard"
TITLE = "a leaderboard"
PRECEDENCE = 80
OPTIONS = ("score",)

SCORES = {
    "accuracy-fraction": ("accuracy_percent", 2),
    "accuracy-percent": ("accuracy_percent", 0),
    "error-fraction": ("error_rate_percent", 2),
    "error-percent": ("error_rate_percent", 0),
}
"""What a Score can be: the metric, and the power of ten that makes it percent."""


def recognises(source: Source) -> bool:
    """Whether teams have scores."""
    return {"TeamName", "Score"} <= set(header_of(source))


def read(source: Source, options: Options) -> tuple[Reading, ...]:
    """One reading per team; teams of the same name are told apart by their TeamId.

    A leaderboard's history has several rows of one TeamId: the best of them counts, as on the leaderboard itself.

    Raises:
        FormatError: ``options.score`` is not given (the file does not say what Score is), or a score is out of range.
        UnknownNameError: no such kind of score.
    """
    table = read_rows(source, ("TeamName", "Score"))
    if options.score is None:
        raise source.error(f"the file does not say what Score is: give --score {' or '.join(SCORES)}", 1)
    if options.score not in SCORES:
        raise UnknownNameError("score", options.score, SCORES)
    metric, power = SCORES[options.score]
    sign = -1 if metric == "error_rate_percent" else 1
    teams: dict[str, list[Row]] = {}
    for row in table.rows:
        teams.setdefault(row.cells.get("TeamId") or f"line {row.line}", []).append(row)
    names = [rows[0].cells["TeamName"] for rows in teams.values()]
    readings = []
    for rows in teams.values():
        # of equal ones the first: that is when it was reached
        row = max(rows, key=lambda row: sign * _score(source, row, 10 ** (2 - power)))
        name = row.cells["TeamName"]
        if names.count(name) > 1:
            name = f"{name} (TeamId {row.cells.get('TeamId', row.line)})"
        value = _score(source, row, 10 ** (2 - power)).scaleb(power)
        date = row.cells.get("SubmissionDate") or row.cells.get("LastSubmissionDate") or ""
        members = row.cells.get("TeamMemberUserNames") or ""
        readings.append(
            Reading(
                file=source.name,
                format=NAME,
                submission=name,
                measurements=(measurement(metric, value, f"Score, told to be {options.score}"),),
                words={name: word for name, word in (("scored", date), ("kaggle", members)) if word},
                notes=() if len(rows) == 1 else (f"{name} has {len(rows)} rows: the best counts",),
            )
        )
    return tuple(readings)


def _score(source: Source, row: Row, largest: int) -> Decimal:
    value = number(row.cells["Score"])
    if value is None or not 0 <= value <= largest:
        raise source.error(f"Score: {excerpt(row.cells['Score'])} is not a number from 0 to {largest}", row.line)
    return value
