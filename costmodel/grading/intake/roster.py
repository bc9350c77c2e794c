"""The roster of a class: a table with any of the columns name (or first and last name), email, sid, github and kaggle.

Its cells are apart by commas, semicolons or tabs, as spreadsheets of different countries write them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.files.quoting import safe_text
from costmodel.grading.intake.people import Student, meant_by

_DELIMITERS = (",", ";", "\t")
_COLUMNS = ("name", "email", "sid", "github", "kaggle")
_SAID = ("sid", "github", "kaggle", "email")
"""Columns whose word is a person's name where none is given, the first of them that has one."""
_ALSO = {"full name": "name", "student": "name", "e-mail": "email", "student id": "sid", "id": "sid"}
_ALSO |= {"github username": "github", "github_username": "github", "identifier": "name", "sis user id": "sid"}
_ALSO |= {"kaggle username": "kaggle", "kaggle_username": "kaggle", "kaggle team": "kaggle", "teamname": "kaggle"}
_ALSO |= {"github_username": "github", "roster_identifier": "name", "who": "name", "canvas id": "sid"}
_ALSO |= {"student name": "name", "email address": "email", "student number": "sid"}
_FIRST = ("first name", "first_name", "given name")
_LAST = ("last name", "last_name", "surname", "family name")


@dataclass(frozen=True)
class Roster:
    """The class, in the order of the file."""

    students: tuple[Student, ...]

    def find(self, clues: Iterable[str]) -> Student | None:
        """The student whom a clue (a sid, an e-mail, a user name, a name in any order) names; the first clue wins.

        A clue that fits several students is passed over.
        """
        for clue in clues:
            found = meant_by(clue, self.students)
            if len(found) == 1:
                return found[0]
        return None

    def namesakes(self, clues: Iterable[str]) -> int:
        """Number of students whom an ambiguous clue fits, 0 if no clue is ambiguous."""
        numbers = [len(meant_by(clue, self.students)) for clue in clues]
        return max((number for number in numbers if number > 1), default=0)

    def find_clone(self, folder: str) -> Student | None:
        """The student whose GitHub name ends the name of a clone (``assignment-name``)."""
        found = [s for s in self.students if s.github and folder.lower().endswith(f"-{s.github.lower()}")]
        # a-b ends in -b too: the longest name is the one
        return max(found, key=lambda student: len(student.github), default=None)


def read_roster(file: Path, aliases: Path | None = None) -> Roster:
    """Read a roster, and a table with a column ``alias``: other words for some of its people.

    Raises:
        UsageError: not readable, no known column, a student twice, or an alias of nobody or of two; says where.
    """
    students: list[Student] = []
    taken: dict[str, int] = {}
    for number, student, _ in read_people(file):
        for key in (student.sid, student.email, student.github, student.kaggle):
            if key and taken.setdefault(key.casefold(), number) != number:
                raise UsageError(f"{file}:{number}: {key} is already in line {taken[key.casefold()]}")
        if student in students:
            raise UsageError(f"{file}:{number}: {student.name} is there twice; tell them apart by sid or email")
        students.append(student)
    return Roster(tuple(students)) if aliases is None else _with_aliases(Roster(tuple(students)), aliases)


def _with_aliases(roster: Roster, file: Path) -> Roster:
    named: dict[Student, list[str]] = {}
    for number, person, words in read_people(file):
        if "alias" not in words:
            raise UsageError(f"{file}:1: no column alias: it holds another word for the person of its line")
        student = roster.find(clues_of(person))
        if student is None:
            raise UsageError(f"{file}:{number}: {person.name} is nobody on the roster, or several; give sid or email")
        named.setdefault(student, []).append(safe_text(words["alias"]))
    return Roster(tuple(replace(s, aliases=tuple(filter(None, named.get(s, ())))) for s in roster.students))


def clues_of(person: Student) -> tuple[str, ...]:
    """The words for a person, the most reliable first."""
    return tuple(filter(None, (person.sid, person.email, person.github, person.kaggle, person.name)))


def read_people(file: Path) -> Iterator[tuple[int, Student, dict[str, str]]]:
    """Each person of a CSV with the number of the line, and the whole line by its headings in lower case.

    Raises:
        UsageError: not readable, or no known column; says where.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{file}: {getattr(problem, 'strerror', None) or problem}") from None
    first = next(iter(text.splitlines()), "")
    lines = csv.DictReader(text.splitlines(), delimiter=max(_DELIMITERS, key=first.count))
    headings = lines.fieldnames or ()
    columns = {name: _column(name) for name in headings if _column(name)}
    parts = [name for group in (_FIRST, _LAST) for name in headings if name.strip().lower() in group]
    if not columns and not parts:
        raise UsageError(f"{file}:1: no column among {', '.join(_COLUMNS)}")
    for line in lines:
        values = {column: safe_text((line.get(name) or "").strip()) for name, column in columns.items()}
        joined = safe_text(" ".join(filter(None, ((line.get(name) or "").strip() for name in parts))))
        if not any(values.values()) and not joined:
            continue
        if values.get("name", "").strip().lower() == "points possible":  # the second line of a Canvas gradebook
            continue
        values["name"] = values.get("name") or joined or next(filter(None, (values.get(column) for column in _SAID)))
        words = {heading.strip().lower(): (line.get(heading) or "").strip() for heading in headings}
        known = {column: values.get(column, "") for column in _COLUMNS}
        yield lines.line_num, Student(aliases=(), **known), words


def _column(heading: str) -> str:
    name = heading.strip().lower()
    return name if name in _COLUMNS else _ALSO.get(name, "")
