"""The files of a submission: no link is followed, nothing is run, little is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from costmodel.errors import SubjectError
from costmodel.files.quoting import escaped

_MOST_FILES = 20_000
_MOST_DEPTH = 40
_LARGEST_TEXT = 4 * 2**20
"""Bytes of a program or notebook that are read; a longer one is left to a person."""

_SKIPPED = frozenset({".git", ".hg", ".svn"})
"""Histories; what is checked out of them is looked at."""


@dataclass(frozen=True, slots=True)
class SubmittedFile:
    """A file: its path below the folder with slashes, and its size in bytes."""

    path: str
    size: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something of the folder that was not looked at, as a message names it."""

    text: str
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """Regular files in the order of their paths, and what was not looked at."""

    root: Path
    files: tuple[SubmittedFile, ...]
    unseen: tuple[Unseen, ...]

    def matching(self, globs: Iterable[str]) -> list[SubmittedFile]:
        """Files that one of the globs means; a glob without slash means a name in any folder."""
        return [entry for entry in self.files if any(matches(entry, glob) for glob in globs)]

    def read_bytes(self, entry: SubmittedFile, most: int) -> bytes | None:
        """A file's content; None if it has more than ``most`` bytes, or is a link by now."""
        try:
            handle = os.open(self.root / entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (OSError, ValueError):
            return None
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            data = file.read(most + 1)
        return data if len(data) <= most else None

    def read_text(self, entry: SubmittedFile, most: int = _LARGEST_TEXT) -> str | None:
        """A file's text in UTF-8; None if it is too long or no text."""
        data = self.read_bytes(entry, most)
        try:
            return None if data is None else data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None


def matches(entry: SubmittedFile, glob: str) -> bool:
    """Whether a glob means a file, whatever the case."""
    text = entry.path if "/" in glob else entry.name
    return fnmatchcase(text.lower(), glob.lower())


def open_folder(root: Path) -> Folder:
    """All files of a folder.

    Raises:
        SubjectError: no folder, or it cannot be listed.
    """
    if not root.is_dir():
        raise SubjectError(f"{escaped(str(root))}: not a folder; name the folder of a submission")
    files: list[SubmittedFile] = []
    unseen: list[Unseen] = []
    pending = [(root, "", 0)]
    while pending:
        folder, prefix, depth = pending.pop()
        try:
            children = sorted(os.scandir(folder), key=lambda child: child.name)
        except OSError as problem:
            if depth == 0:
                raise SubjectError(f"{escaped(str(root))}: {problem.strerror}") from None
            unseen.append(Unseen(f"{escaped(prefix)} cannot be listed"))
            continue
        for child in children:
            path = prefix + child.name
            if child.is_symlink():
                unseen.append(Unseen(f"{escaped(path)} is a link, which is not followed", is_link=True))
            elif child.is_dir(follow_symlinks=False):
                if depth >= _MOST_DEPTH:
                    unseen.append(Unseen(f"{escaped(path)} lies too deep"))
                elif child.name not in _SKIPPED:
                    pending.append((Path(child.path), f"{path}/", depth + 1))
            elif child.is_file(follow_symlinks=False):
                files.append(SubmittedFile(path, child.stat(follow_symlinks=False).st_size))
        if len(files) > _MOST_FILES:
            unseen.append(Unseen(f"more than {_MOST_FILES:,} files: the rest was not looked at"))
            break
    return Folder(root, tuple(sorted(files, key=lambda entry: entry.path)), tuple(unseen))
