"""Submissions: whose they are, where their files lie, and what is wrong with them. Nothing is run, and nothing stops.

Whatever is wrong with one student's files is a notice for that student; ``path`` is None where there is nothing left
to trace.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from costmodel.errors import UsageError
from costmodel.grading.digest import contents_of, digest_of
from costmodel.grading.handed_in import HandedIn, handed_in
from costmodel.grading.notebook import NotebookError, script_of
from costmodel.grading.notice import Kind, Notice
from costmodel.grading.roster import Roster, Student
from costmodel.grading.unpack import ArchiveError, is_archive, unpack
from costmodel.quoting import safe_text

_ANONYMOUS = "(no name)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One student's work.

    Attributes:
        name: the student, from the roster or the source; one printable line.
        path: a folder or a Python file to trace; None if there is none.
        digest: of its files (:func:`costmodel.grading.digest.digest_of`), "" if there are none.
        notices: what is wrong, or remarkable.
        student: the roster's line, if there is one.
    """

    name: str
    path: Path | None
    digest: str
    notices: tuple[Notice, ...] = ()
    student: Student | None = None

    @property
    def key(self) -> str:
        """A file name for what is written about it: plain letters and digits, and different for different names."""
        plain = re.sub(r"[^A-Za-z0-9]+", "-", self.name).strip("-").lower()[:60]
        return f"{plain or 'submission'}-{hashlib.sha256(self.name.encode()).hexdigest()[:8]}"


def find_submissions(place: Path, into: Path, roster: Roster | None = None) -> tuple[Submission, ...]:
    """The submissions of a folder, an export or an archive of them, sorted by name.

    Args:
        place: see :mod:`costmodel.grading.handed_in`.
        into: an empty folder for what has to be unpacked or converted.
        roster: the class; who is in it and handed nothing in gets an entry too.

    Raises:
        UsageError: there is no such folder, or it cannot be read.
    """
    entries = _entries(place, into)
    found = [_submission(entry, into / f"{number:04d}", roster) for number, entry in enumerate(entries)]
    if roster is not None:
        there = {submission.student for submission in found}
        found += [_missing(student) for student in roster.students if student not in there]
    return _compared(sorted(found, key=lambda s: (s.name.casefold(), s.name, s.digest)))


def _entries(place: Path, into: Path) -> tuple[HandedIn, ...]:
    try:
        if place.is_file() and is_archive(place):
            folder = into / "class"
            folder.mkdir(parents=True)
            unpack(place, folder)
            return handed_in(folder)
        if place.is_file():
            return (HandedIn(name=place.stem, clues=(place.stem,), files=((place, place.name),)),)
        return handed_in(place)
    except (OSError, ArchiveError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UsageError(f"{place}: {reason}; give a folder of submissions, or an export") from None


def _missing(student: Student) -> Submission:
    notice = Notice(kind=Kind.MISSING, message="nothing was handed in")
    return Submission(name=student.name, path=None, digest="", notices=(notice,), student=student)


def _submission(entry: HandedIn, folder: Path, roster: Roster | None) -> Submission:
    student = _student(entry, roster)
    notices = list(entry.notices)
    name = student.name if student is not None else safe_text(entry.name) or _ANONYMOUS
    if student is not None:
        notices = [notice for notice in notices if notice.kind is not Kind.STRANGER]
    elif name != entry.name:
        notices.append(Notice(kind=Kind.NAME, message="its name has characters that cannot be printed"))
    if student is None and roster is not None:
        notices.append(Notice(kind=Kind.STRANGER, message="nobody on the roster is called so"))
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
    return Submission(name=name, path=path, digest=digest, notices=tuple(notices), student=student)


def _student(entry: HandedIn, roster: Roster | None) -> Student | None:
    if roster is None:
        return None
    return roster.find(entry.clues) or (roster.find_clone(entry.clone) if entry.clone else None)


class _UnusableError(Exception):
    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.notice = Notice(kind=kind, message=message)


def _prepared(entry: HandedIn, folder: Path, notices: list[Notice]) -> Path:
    """The folder or file to trace: as it lies there if it is plain, else what was made of it below ``folder``."""
    if len(entry.files) == 1:
        (path, name) = entry.files[0]
        if path.is_symlink():
            raise _UnusableError(Kind.LINK, "it is a link, not a file")
        if path.is_dir():
            return _folder(path, folder, notices)
        if path.name.lower().endswith(".py") and path.name == name:
            _check_readable(path)
            return path
    folder.mkdir(parents=True)
    for path, name in entry.files:
        _take_in(path, folder, name, notices)
    return _folder(folder, folder.with_name(f"{folder.name}-plain"), notices)


def _check_readable(file: Path) -> None:
    if not file.stat().st_size:
        raise _UnusableError(Kind.EMPTY, "the file is empty")
    with file.open("rb"):
        pass


def _take_in(path: Path, folder: Path, name: str, notices: list[Notice]) -> None:
    """One file that was handed in, unpacked if it is an archive."""
    if path.is_symlink():
        notices.append(Notice(kind=Kind.LINK, message=f"left out: {safe_text(name)} is a link"))
    elif is_archive(path):
        _unpack(path, folder, notices)
    elif path.is_file():
        shutil.copyfile(path, folder / name)


def _unpack(archive: Path, folder: Path, notices: list[Notice]) -> None:
    try:
        left_out = unpack(archive, folder)
    except ArchiveError as problem:
        raise _UnusableError(Kind.ARCHIVE, str(problem)) from None
    if left_out:
        listed = ", ".join(left_out[:5]) + (", …" if len(left_out) > 5 else "")
        notices.append(Notice(kind=Kind.LINK, message=f"left out, being links or devices: {listed}"))


def _folder(source: Path, copy: Path, notices: list[Notice]) -> Path:
    """A folder without links that has a Python file; a notebook or an archive in it is opened if there is none."""
    # rglob does not go through links to folders
    everything = sorted(source.rglob("*"))
    links = [p for p in everything if p.is_symlink() and ".git" not in p.relative_to(source).parts]
    files = [p for p in everything if p.is_file() and not p.is_symlink() and ".git" not in p.relative_to(source).parts]
    if not files:
        raise _UnusableError(Kind.EMPTY, "there is no file in it")
    scripts = [p for p in files if p.suffix == ".py"]
    notebooks = [p for p in files if p.suffix == ".ipynb" and ".ipynb_checkpoints" not in p.parts]
    archives = [p for p in files if is_archive(p)]
    if scripts and not links:
        return source
    if links:
        listed = ", ".join(safe_text(p.relative_to(source).as_posix()) for p in links[:5])
        notices.append(Notice(kind=Kind.LINK, message=f"left out, being links: {listed}"))
    if not scripts and not notebooks and len(archives) == 1:
        copy.mkdir(parents=True)
        _unpack(archives[0], copy, notices)
        return _folder(copy, copy.with_name(f"{copy.name}-inner"), notices)
    if not scripts and not notebooks:
        names = ", ".join(safe_text(p.name) for p in files[:5])
        raise _UnusableError(Kind.NO_MODEL, f"there is no Python file in it, only {names}")
    for file in files:
        target = copy / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    for notebook in () if scripts else notebooks:
        _convert(notebook, copy / notebook.relative_to(source).with_suffix(".py"), notices)
    return copy


def _convert(notebook: Path, target: Path, notices: list[Notice]) -> None:
    try:
        target.write_text(script_of(notebook), encoding="utf-8", errors="replace")
    except NotebookError as problem:
        raise _UnusableError(Kind.NOTEBOOK, str(problem)) from None
    message = f"the code cells of {safe_text(notebook.name)} were read as a script"
    notices.append(Notice(kind=Kind.NOTEBOOK, message=message))


def _compared(submissions: list[Submission]) -> tuple[Submission, ...]:
    """Notices on students who are there twice, and on different students with the same files."""
    times = Counter(submission.name for submission in submissions)
    owners: dict[str, list[str]] = {}
    contents = {id(s): contents_of(s.path) for s in submissions if s.path is not None}
    for submission in submissions:
        if id(submission) in contents:
            owners.setdefault(contents[id(submission)], []).append(submission.name)
    result = []
    seen: Counter[str] = Counter()
    for submission in submissions:
        notices = list(submission.notices)
        seen[submission.name] += 1
        if times[submission.name] > 1:
            message = f"{times[submission.name]} submissions of this name"
            notices.append(Notice(kind=Kind.DUPLICATE, message=message))
        others = sorted(set(owners.get(contents.get(id(submission), ""), ())) - {submission.name})
        if others:
            notices.append(Notice(kind=Kind.SAME, message=f"the same files as {', '.join(others[:5])}"))
        # each gets a result of its own; the facts are for the first one
        number = seen[submission.name]
        name = submission.name if number == 1 else f"{submission.name} ({number})"
        result.append(replace(submission, name=name, notices=tuple(notices)))
    return tuple(result)
