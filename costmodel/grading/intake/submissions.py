"""Find the submissions of a class: whose they are, where their files are, and what is wrong with them.

Nothing is run, and one bad submission does not stop the others.

Whatever is wrong with one student's files is a notice for that student; ``path`` is None where nothing is left to
trace.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from costmodel.contracts.handed_in import Extension
from costmodel.errors import ArchiveError, UsageError
from costmodel.files.quoting import safe_text
from costmodel.grading.intake.archives import is_archive, unpack
from costmodel.grading.intake.digest import contents_of, digest_of
from costmodel.grading.intake.people import Student
from costmodel.grading.intake.platforms import Person, RawSubmission, read_folder
from costmodel.grading.intake.prepare import UnusableError, listed, prepare
from costmodel.grading.intake.roster import Roster
from costmodel.grading.notice import Notice, NoticeKind

_ANONYMOUS = "(no name)"
_NOBODYS = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".md", ".log", ".json", ".yml", ".yaml", ".ini", ".html")
"""Suffixes of files that lie among submissions and are not submissions; nor is a file called README."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One student's work, or a group's.

    Attributes:
        name: who, from the roster or the source; one printable line.
        path: a folder or a Python file to trace; None if there is none.
        digest: of its files (:func:`costmodel.grading.intake.digest.digest_of`), "" if there are none.
        notices: faults and remarks.
        students: who they are by the roster, else as far as the source says.
        submitted: when, if the source says so.
        marked_late: the platform marks it so, by its own deadline.
        extension: a later deadline that was granted to it.
    """

    name: str
    path: Path | None
    digest: str
    notices: tuple[Notice, ...] = ()
    students: tuple[Student, ...] = ()
    submitted: datetime | None = None
    marked_late: bool = False
    extension: Extension | None = None

    @property
    def key(self) -> str:
        """A file name for what is written about it: plain letters and digits, and different for different names."""
        letters = unicodedata.normalize("NFKD", self.name)  # Cléo is cleo, and no cl-o
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        plain = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()[:60]
        return f"{plain or 'submission'}-{hashlib.sha256(self.name.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Intake:
    """The submissions of a class by name, and notes on files that belong to nobody."""

    submissions: tuple[Submission, ...]
    notes: tuple[str, ...] = ()


def find_submissions(place: Path, into: Path, roster: Roster | None = None) -> Intake:
    """The submissions of a folder, an export or an archive of them, sorted by name.

    Args:
        place: see :mod:`costmodel.grading.intake.platforms`.
        into: an empty folder for what has to be unpacked or converted.
        roster: the class; who is in it and handed nothing in gets an entry too.

    Raises:
        UsageError: there is no such folder, or it cannot be read.
    """
    everything = _entries(place, into)
    entries = [entry for entry in everything if not _is_nobodys(entry, roster)]
    left_out = [safe_text(path.name) for entry in everything if entry not in entries for path, _ in entry.files]
    notes = [f"not a submission, left out: {name}" for name in left_out]
    found = [_submission(entry, into / f"{number:04d}", roster) for number, entry in enumerate(entries)]
    if roster is not None:
        there = {student for submission in found for student in submission.students}
        if found and not there & set(roster.students):
            notes.append("no submission has a name that is on the roster; do its columns hold names or numbers?")
        found += [_missing(student) for student in roster.students if student not in there]
    return Intake(_compared(found), tuple(notes))


def _is_nobodys(entry: RawSubmission, roster: Roster | None) -> bool:
    """A table or a README among the submissions; a file with a student's name is that student's, whatever it is."""
    if entry.is_code:
        return False
    if roster is not None:
        return not any(roster.find(person.clues) or roster.namesakes(person.clues) for person in entry.people)
    name = entry.files[0][1].lower()
    return name.startswith("readme") or name.endswith(_NOBODYS)


def _entries(place: Path, into: Path) -> tuple[RawSubmission, ...]:
    try:
        if place.is_file() and is_archive(place):
            folder = into / "class"
            folder.mkdir(parents=True)
            unpack(place, folder)
            return read_folder(folder)
        if place.is_file():
            return (
                RawSubmission(people=(Person(name=place.stem, clues=(place.stem,)),), files=((place, place.name),)),
            )
        return read_folder(place)
    except (OSError, ArchiveError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UsageError(f"{place}: {reason}; give a folder of submissions, or an export") from None


def _missing(student: Student) -> Submission:
    notice = Notice(kind=NoticeKind.MISSING, message="nothing was handed in")
    return Submission(name=student.name, path=None, digest="", notices=(notice,), students=(student,))


def _submission(entry: RawSubmission, folder: Path, roster: Roster | None) -> Submission:
    notices = [*entry.notices, *_who_notices(entry, roster)]
    students = _students(entry, roster)
    name = ", ".join(student.name for student in students) or _ANONYMOUS
    path: Path | None = None
    digest = ""
    try:
        path = prepare(entry, folder, notices)
        digest = digest_of(path)
    except UnusableError as problem:
        path = None
        notices.append(problem.notice)
    except OSError as problem:
        path = None
        notices.append(Notice(kind=NoticeKind.UNREADABLE, message=f"it cannot be read: {problem.strerror}"))
    return Submission(
        name=name,
        path=path,
        digest=digest,
        notices=tuple(notices),
        students=students,
        submitted=entry.submitted,
        marked_late=entry.marked_late,
    )


def _students(entry: RawSubmission, roster: Roster | None) -> tuple[Student, ...]:
    """By the roster where it knows them."""
    return tuple(
        _on_roster(person, entry, roster)
        or Student(
            name=safe_text(person.name) or _ANONYMOUS, email=person.email, sid=person.sid, aliases=person.aliases
        )
        for person in entry.people
    )


def _on_roster(person: Person, entry: RawSubmission, roster: Roster | None) -> Student | None:
    if roster is None:
        return None
    return roster.find(person.clues) or (roster.find_clone(entry.clone) if entry.clone else None)


def _who_notices(entry: RawSubmission, roster: Roster | None) -> Iterator[Notice]:
    """Notices on names: unprintable ones, and people whom the roster does not know."""
    for person in entry.people:
        if _on_roster(person, entry, roster) is not None:
            continue
        name = safe_text(person.name)
        if name != person.name:
            yield Notice(kind=NoticeKind.NAME, message="its name has characters that cannot be printed")
        if roster is None:
            continue
        many = roster.namesakes(person.clues)
        if many:
            message = f"{many} people on the roster are called {name}: hand it in under a number or an e-mail"
        else:
            message = f"{name} is not on the roster" if len(entry.people) > 1 else "this name is not on the roster"
        yield Notice(kind=NoticeKind.STRANGER, message=message)


def _compared(submissions: list[Submission]) -> tuple[Submission, ...]:
    """Different names for different submissions; notices on people who are there twice, and on same files."""
    submissions = sorted(_told_apart(submissions), key=lambda s: (s.name.casefold(), s.name, s.path is None, s.digest))
    times = Counter(submission.name for submission in submissions)
    owners: dict[str, list[str]] = {}
    contents = {id(s): contents_of(s.path) for s in submissions if s.path is not None}
    for submission in submissions:
        if id(submission) in contents:
            owners.setdefault(contents[id(submission)], []).append(submission.name)
    result = []
    taken: set[str] = set()
    for submission in submissions:
        notices = list(submission.notices)
        if times[submission.name] > 1:
            message = f"{times[submission.name]} submissions of this name"
            notices.append(Notice(kind=NoticeKind.DUPLICATE, message=message))
        others = sorted(set(owners.get(contents.get(id(submission), ""), ())) - {submission.name})
        if others:
            notices.append(same_files(others))
        # each gets a result of its own; the facts are for the first one
        name = submission.name
        if name in taken:
            numbered = (f"{name} ({number})" for number in count(2))
            name = next(free for free in numbered if free not in taken and free not in times)
        taken.add(name)
        result.append(replace(submission, name=name, notices=tuple(notices)))
    return tuple(result)


def same_files(others: Sequence[str]) -> Notice:
    """What a person compares."""
    return Notice(kind=NoticeKind.SAME, message=f"the same files as {listed(others)}", others=tuple(others))


def _told_apart(submissions: list[Submission]) -> list[Submission]:
    """Different people of one name get their number, e-mail or GitHub name beside it."""
    people: dict[str, set[tuple[Student, ...]]] = {}
    for submission in submissions:
        people.setdefault(submission.name, set()).add(submission.students)
    return [
        replace(submission, name=f"{submission.name} ({mark})")
        if len(people[submission.name]) > 1 and (mark := ", ".join(filter(None, map(_mark, submission.students))))
        else submission
        for submission in submissions
    ]


def _mark(student: Student) -> str:
    return student.sid or student.email or student.github or next(iter(student.aliases), "")
