"""Times of handing in, from a platform's own table of the class: GitHub Classroom, Gradescope, Moodle.

Columns as they export them: ``grades.csv`` of GitHub Classroom has ``github_username`` and ``submission_timestamp``,
the scores of a Gradescope assignment ``Submission Time``, Moodle's grading worksheet ``Last modified (submission)``.
What else is in them (points of other graders) is not read.
"""

from __future__ import annotations

from costmodel.facts.rows import Row, header_of, read_rows
from costmodel.facts.source import Options, Source
from costmodel.files.moments import parse_submitted
from costmodel.ir.facts import Reading

NAME = "submission-times"
TITLE = "a platform's table of the class"
PRECEDENCE = 75
OPTIONS: tuple[str, ...] = ()

_TIMES = ("submission_timestamp", "Submission Time", "Last modified (submission)")
_WHO = {
    "sid": ("SID", "ID number"),
    "email": ("Email", "Email address"),
    "github": ("github_username",),
}
_NAMES = ("roster_identifier", "Name", "Full name")
_NEVER = ("", "-", "--")
"""In the place of a time: nothing was handed in."""


def recognises(source: Source) -> bool:
    """Whether one of the platforms' columns of times is there, and whose they are."""
    columns = set(header_of(source))
    people = {column for names in (*_WHO.values(), _NAMES) for column in names} | {"First Name"}
    return bool(columns.intersection(_TIMES)) and bool(columns & people)


def read(source: Source, options: Options) -> tuple[Reading, ...]:  # noqa: ARG001  # every reader takes options
    """One reading per person who has handed something in.

    Raises:
        FormatError: no column of times, a row without a person, or a time that cannot be read.
    """
    table = read_rows(source)
    column = next((name for name in _TIMES if name in table.columns), None)
    if column is None:
        raise source.error(f"no column of times: {', '.join(_TIMES)}", 1)
    readings = []
    for row in table.rows:
        time = row.cells[column]
        if time in _NEVER:
            continue
        try:
            submitted = parse_submitted(time).isoformat()
        except ValueError as problem:
            raise source.error(f"{column}: {problem}", row.line) from None
        words = {word: text for word, names in _WHO.items() if (text := _first(row, names))}
        parts = (_first(row, ("First Name",)), _first(row, ("Last Name",)))
        name = _first(row, _NAMES) or " ".join(filter(None, parts)) or next(iter(words.values()), "")
        if not name:
            raise source.error("a time without a person", row.line)
        words = {"submitted": submitted, **words}
        readings.append(Reading(file=source.name, format=NAME, submission=name, words=words))
    return tuple(readings)


def _first(row: Row, names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := row.cells.get(name, ""))), "")
