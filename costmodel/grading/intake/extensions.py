"""Extensions: a table of who may hand in later, until when, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from costmodel.contracts.handed_in import Extension
from costmodel.errors import UsageError
from costmodel.files.moments import parse_moment
from costmodel.files.quoting import safe_text
from costmodel.grading.intake.roster import clues_of, read_people
from costmodel.grading.intake.submissions import Submission
from costmodel.grading.whose_facts import nobody, only_owner


@dataclass(frozen=True, slots=True)
class GrantedExtension:
    """A line of the table: the words for a person, the surest first; and what was granted."""

    whose: tuple[str, ...]
    extension: Extension
    place: str


def read_extensions(file: Path) -> tuple[GrantedExtension, ...]:
    """Read a CSV with the columns ``who`` (or any of a roster's), ``until`` and ``reason``.

    ``until`` is a local time of the deadline's zone, that minute included.

    Raises:
        UsageError: not readable, a column is missing, or a time that cannot be read; says where.
    """
    found = []
    for number, person, words in read_people(file):
        if "until" not in words:
            raise UsageError(f"{file}:1: no column until: it holds a local time, 2022-03-02 23:59")
        try:
            parse_moment(words["until"])
        except ValueError as problem:
            raise UsageError(f"{file}:{number}: until: {problem}") from None
        extension = Extension(words["until"], safe_text(words.get("reason", "")))
        found.append(GrantedExtension(clues_of(person), extension, f"{file}:{number}"))
    return tuple(found)


def with_extensions(
    submissions: Sequence[Submission], granted: Sequence[GrantedExtension]
) -> tuple[tuple[Submission, ...], tuple[str, ...]]:
    """The submissions, each with the latest extension of anybody in it; and a note for each line that fits nobody.

    Raises:
        UsageError: a line fits several people.
    """
    latest: dict[str, Extension] = {}
    notes = []
    for line in granted:
        submission = only_owner(line.whose, line.place, submissions)
        if submission is None:
            notes.append(f"an extension is granted to {nobody(line.whose[-1], submissions)}")
            continue
        known = latest.get(submission.key)
        if known is None or parse_moment(known.until) < parse_moment(line.extension.until):
            latest[submission.key] = line.extension
    return tuple(replace(s, extension=latest.get(s.key)) for s in submissions), tuple(notes)
