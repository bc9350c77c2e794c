"""Archives from strangers, unpacked file by file: only regular files, only inside, only so much.

What is refused as a whole raises :class:`ArchiveError`: a bomb (sizes are counted while reading, whatever the headers
say), a name that leads outside, is absolute, not printable or different in case only, encryption, damage. Links and
devices are left out and reported, since an honest archive of a virtual environment has them.
"""

from __future__ import annotations

import lzma
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from costmodel.errors import CostModelError
from costmodel.quoting import safe_text

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_JUNK = ("__MACOSX", ".git", "__pycache__", ".DS_Store", "Thumbs.db")
_CHUNK = 1 << 16
_SMALL = 10 * 2**20
"""Below this size a high ratio is a file of zeros, not a bomb."""

_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
    KeyError,
    IndexError,
)


class ArchiveError(CostModelError):
    """An archive that is not unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Most of what an archive may hold; ``ratio`` is bytes unpacked per byte packed."""

    entries: int = 4000
    total_bytes: int = 256 * 2**20
    ratio: int = 200
    depth: int = 24
    name: int = 200


@dataclass(frozen=True)
class _Member:
    name: str
    kind: str  # file, folder or other
    is_encrypted: bool
    open: Callable[[], IO[bytes]]


def is_archive(file: Path) -> bool:
    """By its name."""
    return file.name.lower().endswith(SUFFIXES)


def unpack(archive: Path, into: Path, caps: Caps | None = None) -> tuple[str, ...]:
    """Unpack below ``into``, a folder that exists; returns the names of links and devices that were left out.

    Raises:
        ArchiveError: see above; what was written until then stays for the caller to remove.
    """
    caps = caps or Caps()
    left_out: list[str] = []
    seen: dict[str, str] = {}
    room = _Room(caps, archive.stat().st_size)
    try:
        for number, member in enumerate(_members(archive)):
            if number >= caps.entries:
                raise ArchiveError(f"{safe_text(archive.name)}: more than {caps.entries} entries")
            parts = _parts(member.name, archive, caps)
            if not parts or any(part in _JUNK for part in parts):
                continue
            if member.kind == "other":
                left_out.append(safe_text(member.name))
                continue
            _check_new(parts, seen, archive)
            _write(member, into.joinpath(*parts), room, archive)
    except ArchiveError:
        raise
    except _BROKEN as problem:
        what = f"{type(problem).__name__}: {problem}"
        raise ArchiveError(f"{safe_text(archive.name)}: it cannot be read: {safe_text(what, 120)}") from None
    return tuple(left_out)


class _Room:
    """Bytes that may still be written."""

    def __init__(self, caps: Caps, packed: int) -> None:
        self._written = 0
        self._most = min(caps.total_bytes, max(_SMALL, caps.ratio * packed))

    def take(self, size: int, archive: Path) -> None:
        self._written += size
        if self._written > self._most:
            raise ArchiveError(f"{safe_text(archive.name)}: it unpacks to more than {self._most // 2**20} MiB")


def _members(archive: Path) -> Iterator[_Member]:
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as file:
            for info in file.infolist():
                mode = info.external_attr >> 16
                kind = "folder" if info.is_dir() else "file" if not mode or _is_plain(mode) else "other"
                yield _Member(info.orig_filename, kind, bool(info.flag_bits & 1), lambda i=info: file.open(i))  # type: ignore[misc]
    else:
        with tarfile.open(archive) as tar:
            for entry in tar:
                kind = "folder" if entry.isdir() else "file" if entry.isreg() else "other"
                yield _Member(entry.name, kind, False, lambda e=entry: _content(tar, e))  # type: ignore[misc]


def _is_plain(mode: int) -> bool:
    return stat.S_IFMT(mode) in (0, stat.S_IFREG)


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(entry)
    if content is None:
        raise ArchiveError(f"{safe_text(entry.name)}: no regular file")
    return content


def _parts(name: str, archive: Path, caps: Caps) -> tuple[str, ...]:
    """The folders and the file of an entry, checked."""
    shown = f"{safe_text(archive.name)}: {safe_text(name)!r}"
    plain = name.replace("\\", "/")
    if not name.isprintable():
        raise ArchiveError(f"{shown}: a name with characters that cannot be printed")
    if plain.startswith("/") or plain[1:2] == ":":
        raise ArchiveError(f"{shown}: an absolute name")
    parts = tuple(part for part in plain.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ArchiveError(f"{shown}: a name that leads outside")
    if len(parts) > caps.depth or any(len(part.encode()) > caps.name for part in parts):
        raise ArchiveError(f"{shown}: a name that is too long")
    return parts


def _check_new(parts: tuple[str, ...], seen: dict[str, str], archive: Path) -> None:
    """No two names that a file system without case, or with another Unicode form, would take for one."""
    for end in range(1, len(parts) + 1):
        spelt = "/".join(parts[:end])
        known = seen.setdefault(unicodedata.normalize("NFC", spelt).casefold(), spelt)
        if known != spelt:
            both = f"{safe_text(known)!r} and {safe_text(spelt)!r}"
            raise ArchiveError(f"{safe_text(archive.name)}: {both} differ in case only")


def _write(member: _Member, target: Path, room: _Room, archive: Path) -> None:
    if member.kind == "folder":
        target.mkdir(parents=True, exist_ok=True)
        return
    if member.is_encrypted:
        raise ArchiveError(f"{safe_text(archive.name)}: it is encrypted; hand in one without a password")
    target.parent.mkdir(parents=True, exist_ok=True)
    # "x": a second entry of the same name does not replace the first
    with member.open() as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            room.take(len(chunk), archive)
            file.write(chunk)
