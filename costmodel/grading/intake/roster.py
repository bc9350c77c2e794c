"""The roster of a class: a table with any of the columns name (or first and last name), email, sid and github.

Its cells are apart by commas, semicolons or tabs, as spreadsheets of different countries write them.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.files.quoting import safe_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """A line of the roster; "" is not given."""

    name: str
    email: str = ""
    sid: str = ""
    github: str = ""


_DELIMITERS = (",", ";", "\t")
_COLUMNS = tuple(field.name for field in fields(Student))
_ALSO = {"full name": "name", "student": "name", "e-mail": "email", "student id": "sid", "id": "sid"}
_ALSO |= {"github username": "github", "github_username": "github", "identifier": "name", "sis user id": "sid"}
_ALSO |= {"student name": "name", "email address": "email", "student number": "sid"}
_FIRST = ("first name", "first_name", "given name")
_LAST = ("last name", "last_name", "surname", "family name")


@dataclass(frozen=True)
class Roster:
    """The class, in the order of the file."""

    students: tuple[Student, ...]

    def find(self, clues: Iterable[str]) -> Student | None:
        """The student whom a clue (a sid, an e-mail, a GitHub name, a name in any order) names; the first clue wins.

        A clue that fits several students is passed over.
        """
        for clue in clues:
            found = [student for student in self.students if _compact(clue) in _keys(student)]
            if len(found) == 1:
                return found[0]
        return None

    def namesakes(self, clues: Iterable[str]) -> int:
        """Number of students whom an ambiguous clue fits, 0 if no clue is ambiguous."""
        numbers = [sum(_compact(clue) in _keys(student) for student in self.students) for clue in clues]
        return max((number for number in numbers if number > 1), default=0)

    def find_clone(self, folder: str) -> Student | None:
        """The student whose GitHub name ends the name of a clone (``assignment-name``)."""
        found = [s for s in self.students if s.github and folder.lower().endswith(f"-{s.github.lower()}")]
        # a-b ends in -b too: the longest name is the one
        return max(found, key=lambda student: len(student.github), default=None)


def read_roster(file: Path) -> Roster:
    """Read a roster.

    Raises:
        UsageError: not readable, no known column, or a student twice; says where.
    """
    students: list[Student] = []
    taken: dict[str, int] = {}
    for number, student, _ in read_people(file):
        for key in (student.sid, student.email, student.github):
            if key and taken.setdefault(key.casefold(), number) != number:
                raise UsageError(f"{file}:{number}: {key} is already in line {taken[key.casefold()]}")
        if student in students:
            raise UsageError(f"{file}:{number}: {student.name} is there twice; tell them apart by sid or email")
        students.append(student)
    return Roster(tuple(students))


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
        values["name"] = values.get("name") or joined or values.get("sid") or values.get("github") or values["email"]
        words = {heading.strip().lower(): (line.get(heading) or "").strip() for heading in headings}
        yield lines.line_num, Student(**values), words


def _column(heading: str) -> str:
    name = heading.strip().lower()
    return name if name in _COLUMNS else _ALSO.get(name, "")


def _compact(text: str) -> str:
    """Letters and digits alone, without case and accents: ``Müller, Ana`` is ``mullerana``."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def _keys(student: Student) -> set[str]:
    words = student.name.replace(",", " ").split()
    names = {"".join(words), "".join(words[-1:] + words[:-1]), "".join(words[1:] + words[:1])}
    return {_compact(key) for key in (*names, student.sid, student.email, student.github)} - {""}
