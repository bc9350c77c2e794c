"""Submissions: whose they are, where their files lie, and what is wrong with them. Nothing is run, and nothing stops.

Whatever is wrong with one student's files is a notice for that student; ``path`` is None where there is nothing left
to trace.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.grading.digest import contents_of, digest_of
from costmodel.grading.handed_in import HandedIn, Person, handed_in
from costmodel.grading.notebook import NotebookError, script_of
from costmodel.grading.notice import Kind, Notice
from costmodel.grading.roster import Roster, Student
from costmodel.grading.unpack import ArchiveError, Room, is_archive, unpack
from costmodel.quoting import safe_text

_ANONYMOUS = "(no name)"
_NOBODYS = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".md", ".log", ".json", ".yml", ".yaml", ".ini", ".html")
"""Kinds of files that lie among submissions without being one, as do those that are called README."""
_OTHER_ARCHIVES = (".rar", ".7z")
_MOST_NAMES = 5
_MOST_CELLS = 40
_MOST_BYTES = 2**30
_MOST_FILES = 100_000
_MOST_DEPTH = 100
"""Of folders in folders; Python's own ways to walk a tree end at about a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One student's work, or a group's.

    Attributes:
        name: who, from the roster or the source; one printable line.
        path: a folder or a Python file to trace; None if there is none.
        digest: of its files (:func:`costmodel.grading.digest.digest_of`), "" if there are none.
        notices: what is wrong, or remarkable.
        students: who they are by the roster, else as far as the source says.
        submitted: when, if the source says so.
    """

    name: str
    path: Path | None
    digest: str
    notices: tuple[Notice, ...] = ()
    students: tuple[Student, ...] = ()
    submitted: datetime | None = None

    @property
    def key(self) -> str:
        """A file name for what is written about it: plain letters and digits, and different for different names."""
        plain = re.sub(r"[^A-Za-z0-9]+", "-", self.name).strip("-").lower()[:60]
        return f"{plain or 'submission'}-{hashlib.sha256(self.name.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Found:
    """The class: submissions by name, and notes on what is nobody's."""

    submissions: tuple[Submission, ...]
    notes: tuple[str, ...] = ()


def find_submissions(place: Path, into: Path, roster: Roster | None = None) -> Found:
    """The submissions of a folder, an export or an archive of them, sorted by name.

    Args:
        place: see :mod:`costmodel.grading.handed_in`.
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
            notes.append("nobody on the roster is called as any submission is; do its columns hold names or numbers?")
        found += [_missing(student) for student in roster.students if student not in there]
    return Found(_compared(found), tuple(notes))


def _is_nobodys(entry: HandedIn, roster: Roster | None) -> bool:
    """A table or a README among the submissions; what carries a student's name is that student's, whatever it is."""
    if entry.is_code:
        return False
    if roster is not None:
        return not any(roster.find(person.clues) or roster.namesakes(person.clues) for person in entry.people)
    name = entry.files[0][1].lower()
    return name.startswith("readme") or name.endswith(_NOBODYS)


def _entries(place: Path, into: Path) -> tuple[HandedIn, ...]:
    try:
        if place.is_file() and is_archive(place):
            folder = into / "class"
            folder.mkdir(parents=True)
            unpack(place, folder)
            return handed_in(folder)
        if place.is_file():
            return (HandedIn(people=(Person(name=place.stem, clues=(place.stem,)),), files=((place, place.name),)),)
        return handed_in(place)
    except (OSError, ArchiveError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UsageError(f"{place}: {reason}; give a folder of submissions, or an export") from None


def _missing(student: Student) -> Submission:
    notice = Notice(kind=Kind.MISSING, message="nothing was handed in")
    return Submission(name=student.name, path=None, digest="", notices=(notice,), students=(student,))


def _submission(entry: HandedIn, folder: Path, roster: Roster | None) -> Submission:
    notices = [*entry.notices, *_who_notices(entry, roster)]
    students = _students(entry, roster)
    name = ", ".join(student.name for student in students) or _ANONYMOUS
    path: Path | None = None
    digest = ""
    try:
        path = _prepared(entry, folder, notices)
        digest = digest_of(path)
    except _UnusableError as problem:
        path = None
        notices.append(problem.notice)
    except OSError as problem:
        path = None
        notices.append(Notice(kind=Kind.UNREADABLE, message=f"it cannot be read: {problem.strerror}"))
    return Submission(
        name=name, path=path, digest=digest, notices=tuple(notices), students=students, submitted=entry.submitted
    )


def _students(entry: HandedIn, roster: Roster | None) -> tuple[Student, ...]:
    """By the roster where it knows them."""
    return tuple(
        _on_roster(person, entry, roster)
        or Student(name=safe_text(person.name) or _ANONYMOUS, email=person.email, sid=person.sid)
        for person in entry.people
    )


def _on_roster(person: Person, entry: HandedIn, roster: Roster | None) -> Student | None:
    if roster is None:
        return None
    return roster.find(person.clues) or (roster.find_clone(entry.clone) if entry.clone else None)


def _who_notices(entry: HandedIn, roster: Roster | None) -> Iterator[Notice]:
    """What is to be said of names: unprintable ones, and people whom the roster does not know."""
    for person in entry.people:
        if _on_roster(person, entry, roster) is not None:
            continue
        name = safe_text(person.name)
        if name != person.name:
            yield Notice(kind=Kind.NAME, message="its name has characters that cannot be printed")
        if roster is None:
            continue
        many = roster.namesakes(person.clues)
        if many:
            message = f"{many} people on the roster are called {name}: hand it in under a number or an e-mail"
        else:
            message = f"{name} is not on the roster" if len(entry.people) > 1 else "nobody on the roster is called so"
        yield Notice(kind=Kind.STRANGER, message=message)


class _UnusableError(Exception):
    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.notice = Notice(kind=kind, message=message)


def _prepared(entry: HandedIn, folder: Path, notices: list[Notice]) -> Path:
    """The folder or file to trace: as it lies there if it is plain, else what was made of it below ``folder``."""
    room = Room()
    if not entry.files:
        raise _UnusableError(Kind.EMPTY, "the export names this submission and brings no files of it")
    _check_extent(path for path, _ in entry.files)
    if len(entry.files) == 1:
        (path, name) = entry.files[0]
        if path.is_symlink():
            raise _UnusableError(Kind.LINK, "it is a link, not a file")
        if path.is_dir():
            return _folder(path, folder, notices, room)
        if path.name.lower().endswith(".py") and path.name == name:
            _check_readable(path)
            return path
    folder.mkdir(parents=True)
    for path, name in entry.files:
        _take_in(path, folder, name, notices, room)
    return _folder(folder, folder.with_name(f"{folder.name}-plain"), notices, room)


def _check_extent(paths: Iterable[Path]) -> None:
    """Refuse what is too much to be copied and hashed, before anything of it is read."""
    left = [(path, 0) for path in paths]
    number = 0
    size = 0
    while left:
        path, depth = left.pop()
        number += 1
        if number > _MOST_FILES:
            raise _UnusableError(Kind.UNREADABLE, f"it has more than {_MOST_FILES} files")
        if depth > _MOST_DEPTH:
            raise _UnusableError(Kind.UNREADABLE, f"it has folders in folders, more than {_MOST_DEPTH} deep")
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode):
            left += [(inner, depth + 1) for inner in path.iterdir()]
        elif stat.S_ISREG(found.st_mode):
            size += found.st_size
    if size > _MOST_BYTES:
        raise _UnusableError(Kind.UNREADABLE, f"its files have {size} bytes, more than {_MOST_BYTES}")


def _check_readable(file: Path) -> None:
    if not file.stat().st_size:
        raise _UnusableError(Kind.EMPTY, "the file is empty")
    with file.open("rb"):
        pass


def _take_in(path: Path, folder: Path, name: str, notices: list[Notice], room: Room) -> None:
    """One file that was handed in, unpacked if it is an archive."""
    if path.is_symlink():
        notices.append(Notice(kind=Kind.LINK, message=f"left out: {safe_text(name)} is a link"))
    elif not path.is_file():
        notices.append(Notice(kind=Kind.LINK, message=f"left out: {safe_text(name)} is no regular file"))
    elif is_archive(path):
        _unpack(path, folder, notices, room)
    else:
        shutil.copyfile(path, folder / name)


def _unpack(archive: Path, folder: Path, notices: list[Notice], room: Room) -> None:
    try:
        left_out = unpack(archive, folder, room)
    except ArchiveError as problem:
        raise _UnusableError(Kind.ARCHIVE, str(problem)) from None
    if left_out:
        notices.append(Notice(kind=Kind.LINK, message=f"left out, being links or devices: {_named(left_out)}"))


def _folder(source: Path, copy: Path, notices: list[Notice], room: Room | None) -> Path:
    """A folder of plain files that has a Python file; a notebook in it is read, or an archive opened, if it has none.

    Without room no archive in it is opened.
    """
    # rglob does not go through links to folders
    everything = [p for p in sorted(source.rglob("*")) if ".git" not in p.relative_to(source).parts]
    files = [p for p in everything if p.is_file() and not p.is_symlink()]
    links = [p for p in everything if p.is_symlink() or not (p.is_file() or p.is_dir())]
    if not files:
        raise _UnusableError(Kind.EMPTY, "there is no file in it")
    scripts = [p for p in files if p.suffix == ".py"]
    notebooks = [p for p in files if p.suffix == ".ipynb" and ".ipynb_checkpoints" not in p.parts]
    archives = [p for p in files if is_archive(p)]
    if scripts and not links:
        return source
    if links:
        listed = _named([safe_text(p.relative_to(source).as_posix()) for p in links])
        notices.append(Notice(kind=Kind.LINK, message=f"left out, being links or devices: {listed}"))
    if room is not None and not scripts and not notebooks and len(archives) == 1:
        copy.mkdir(parents=True)
        _unpack(archives[0], copy, notices, room)
        return _folder(copy, copy.with_name(f"{copy.name}-inner"), notices, None)
    if not scripts and not notebooks:
        names = ", ".join(safe_text(p.name) for p in files[:_MOST_NAMES])
        packed = any(p.name.lower().endswith(_OTHER_ARCHIVES) for p in files)
        advice = "; a .rar or .7z cannot be opened here: hand in a .zip" if packed else ""
        raise _UnusableError(Kind.NO_MODEL, f"there is no Python file in it, only {names}{advice}")
    read = () if scripts else notebooks
    for file in (f for f in files if f not in read):
        target = copy / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    for notebook in read:
        _convert(notebook, copy / notebook.relative_to(source).with_suffix(".py"), notices)
    return copy


def _convert(notebook: Path, target: Path, notices: list[Notice]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        script = script_of(notebook)
        target.write_text(script.text, encoding="utf-8", errors="replace")
    except NotebookError as problem:
        raise _UnusableError(Kind.NOTEBOOK, str(problem)) from None
    shown = ", ".join(f"cell {cell} from line {line}" for cell, line in script.cells[:_MOST_CELLS])
    more = ", …" if len(script.cells) > _MOST_CELLS else ""
    message = (
        f"the code cells of {safe_text(notebook.name)} were read as the script {safe_text(target.name)}: {shown}{more}"
    )
    notices.append(Notice(kind=Kind.NOTEBOOK, message=message))


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _compared(submissions: list[Submission]) -> tuple[Submission, ...]:
    """Different names for different submissions; notices on who is there twice, and on the same files of others."""
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
            notices.append(Notice(kind=Kind.DUPLICATE, message=message))
        others = sorted(set(owners.get(contents.get(id(submission), ""), ())) - {submission.name})
        if others:
            notices.append(Notice(kind=Kind.SAME, message=f"the same files as {_named(others)}"))
        # each gets a result of its own; the facts are for the first one
        name = submission.name
        if name in taken:
            numbered = (f"{name} ({number})" for number in count(2))
            name = next(free for free in numbered if free not in taken and free not in times)
        taken.add(name)
        result.append(replace(submission, name=name, notices=tuple(notices)))
    return tuple(result)


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
    return student.sid or student.email or student.github
