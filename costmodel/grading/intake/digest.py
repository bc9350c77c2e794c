"""The identity of a submission: the contents and names of its files, wherever they lie."""

from __future__ import annotations

import hashlib
from pathlib import Path

_CHUNK = 1 << 20


def digest_of(submission: Path) -> str:
    """SHA-256 over names and contents of a file, or of all regular files below a folder. Links are not followed."""
    digest = hashlib.sha256()
    if submission.is_file():
        _add_named(digest, "", submission)  # the file of a submission is often called like the student
        return digest.hexdigest()
    files = (p for p in submission.rglob("*") if p.is_file() and not p.is_symlink())
    for name, file in sorted((p.relative_to(submission).as_posix(), p) for p in files):
        _add_named(digest, name, file)
    return digest.hexdigest()


def contents_of(submission: Path) -> str:
    """SHA-256 over the contents alone: the same work under other names has the same."""
    files = [submission] if submission.is_file() else [p for p in submission.rglob("*") if p.is_file()]
    found = sorted(_digest_of_content(p) for p in files if not p.is_symlink())
    return hashlib.sha256("".join(found).encode()).hexdigest()


def _digest_of_content(file: Path) -> str:
    digest = hashlib.sha256()
    _add(digest, file)
    return digest.hexdigest()


def _add_named(digest: hashlib._Hash, name: str, file: Path) -> None:
    digest.update(f"{len(name)}:{name}:{file.stat().st_size}:".encode("utf-8", "surrogateescape"))
    _add(digest, file)


def _add(digest: hashlib._Hash, file: Path) -> None:
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
