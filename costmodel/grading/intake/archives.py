"""Archives from strangers, unpacked file by file: only regular files, only inside, only so much.

An archive is refused as a whole (:class:`ArchiveError`) for a bomb (sizes are counted while reading, whatever the
headers say, skipped entries included), a name that leads outside, is absolute, not printable or different in case only,
encryption, or damage. Links and devices are left out and reported, since an honest archive of a virtual environment
has them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from costmodel.errors import ArchiveError
from costmodel.files.quoting import safe_text

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_JUNK = ("__MACOSX", ".git", "__pycache__", ".DS_Store", "Thumbs.db")
_CHUNK = 1 << 16
_SMALL = 10 * 2**20
"""Below this size a high ratio is a file of zeros, not a bomb."""
_HEADERS = 1 << 13
"""Most bytes of one entry's headers in a tar: a long name and a few attributes; tarfile reads them into memory."""
_LISTED = 1 << 10
"""Bytes for each entry in the list of a zip, which zipfile reads into memory."""
_COMPRESSIONS: dict[bytes, Callable[[io.BufferedReader], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}
"""By the first bytes of a file: a browser may have decompressed a .tar.gz, and kept its name."""

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
    MemoryError,
    struct.error,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that the archives of one submission may hold; ``ratio`` is bytes unpacked per byte packed."""

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


class UnpackBudget:
    """Bytes and entries that may still be unpacked: one budget for all the archives of a submission."""

    def __init__(self, caps: Caps | None = None) -> None:
        self.caps = caps or Caps()
        self._packed = 0
        self._entries = 0
        self._written = 0
        self._read = 0

    def open(self, archive: Path) -> None:
        self._packed += archive.stat().st_size

    def enter(self, archive: Path) -> None:
        self._entries += 1
        if self._entries > self.caps.entries:
            raise ArchiveError(f"{safe_text(archive.name)}: more than {self.caps.entries} entries")

    def write(self, size: int, archive: Path) -> None:
        self._written += size
        self._check(self._written, archive)

    def read(self, size: int, archive: Path) -> None:
        """Count what a decompressor returns, written or not."""
        self._read += size
        self._check(self._read - self._entries * _HEADERS, archive)

    def _check(self, size: int, archive: Path) -> None:
        most = min(self.caps.total_bytes, max(_SMALL, self.caps.ratio * self._packed))
        if size > most:
            raise ArchiveError(f"{safe_text(archive.name)}: it unpacks to more than {most // 2**20} MiB")


def is_archive(file: Path) -> bool:
    """By its name."""
    return file.name.lower().endswith(SUFFIXES)


def unpack(archive: Path, into: Path, budget: UnpackBudget | None = None) -> tuple[str, ...]:
    """Unpack below ``into``, a folder that exists; returns the names of links and devices that were left out.

    Raises:
        ArchiveError: see above; what was written until then stays for the caller to remove.
    """
    budget = budget or UnpackBudget()
    left_out: list[str] = []
    seen: dict[str, str] = {}
    try:
        budget.open(archive)
        for member in _members(archive, budget):
            budget.enter(archive)
            parts = _parts(member.name, archive, budget.caps)
            if not parts or any(part in _JUNK for part in parts):
                continue
            if member.kind == "other":
                left_out.append(safe_text(member.name))
                continue
            _check_new(parts, seen, archive)
            _write(member, into.joinpath(*parts), budget, archive)
    except ArchiveError:
        raise
    except _BROKEN as problem:
        what = f"{type(problem).__name__}: {getattr(problem, 'strerror', None) or problem}"
        raise ArchiveError(f"{safe_text(archive.name)}: it cannot be read: {safe_text(what, 120)}") from None
    return tuple(left_out)


def _members(archive: Path, budget: UnpackBudget) -> Iterator[_Member]:
    return _of_zip(archive, budget) if archive.name.lower().endswith(".zip") else _of_tar(archive, budget)


def _of_zip(archive: Path, budget: UnpackBudget) -> Iterator[_Member]:
    with _ZipBytes(archive, budget.caps.entries * _LISTED) as packed, zipfile.ZipFile(packed) as file:
        for info in file.infolist():
            mode = info.external_attr >> 16
            kind = "folder" if info.is_dir() else "file" if not mode or _is_plain(mode) else "other"
            # of the others zipfile decompresses whatever one read brings at once: 64 KiB may become a GiB
            if kind == "file" and info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ArchiveError(f"{safe_text(archive.name)}: neither stored nor deflated; hand in a plain .zip")
            yield _Member(info.orig_filename, kind, bool(info.flag_bits & 1), lambda i=info: file.open(i))  # type: ignore[misc]


class _ZipBytes(io.FileIO):
    """A zip's bytes, never more than ``most`` at once."""

    def __init__(self, archive: Path, most: int) -> None:
        super().__init__(archive)
        self._archive = archive
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        # without a size zipfile reads the end alone
        if size is not None and size > self._most:
            raise ArchiveError(f"{safe_text(self._archive.name)}: its list of entries is too long")
        return super().read(size) or b""


def _of_tar(archive: Path, budget: UnpackBudget) -> Iterator[_Member]:
    with archive.open("rb") as packed:
        stream = _TarBytes(_decompressed(packed), archive, budget)
        with tarfile.open(fileobj=stream, mode="r:") as tar:
            while (entry := tar.next()) is not None:
                stream.headers = None
                kind = "folder" if entry.isdir() else "file" if entry.isreg() else "other"
                yield _Member(entry.name, kind, False, lambda e=entry: _content(tar, e))  # type: ignore[misc]
                stream.headers = 0
                # tarfile keeps every entry, each with a copy of what headers have said of all
                tar.members.clear()  # type: ignore[attr-defined]
                tar.pax_headers = {}


def _decompressed(packed: io.BufferedReader) -> io.BufferedIOBase:
    start = packed.read(6)
    packed.seek(0)
    for magic, opened in _COMPRESSIONS.items():
        if start.startswith(magic):
            return opened(packed)
    return packed


class _TarBytes(io.RawIOBase):
    """A tar's bytes, forwards only and counted.

    Attributes:
        headers: bytes of the present entry's headers until now; None while its content is read.
    """

    def __init__(self, file: io.BufferedIOBase, archive: Path, budget: UnpackBudget) -> None:
        self.headers: int | None = 0
        self._file = file
        self._archive = archive
        self._budget = budget
        self._position = 0

    def read(self, size: int = -1, /) -> bytes:
        if self.headers is not None:
            self.headers += size
            if self.headers > _HEADERS or size < 0:
                raise ArchiveError(f"{safe_text(self._archive.name)}: an entry with headers that are too long")
        return self._counted(size)

    def tell(self) -> int:
        return self._position

    def seek(self, position: int, _whence: int = 0, /) -> int:
        if position < self._position:
            raise ArchiveError(f"{safe_text(self._archive.name)}: an entry that begins before its header")
        while position > self._position and self._counted(min(_CHUNK, position - self._position)):
            pass
        return self._position

    def _counted(self, size: int) -> bytes:
        data = self._file.read(size)
        self._position += len(data)
        self._budget.read(len(data), self._archive)
        return data


def _is_plain(mode: int) -> bool:
    return stat.S_IFMT(mode) in (0, stat.S_IFREG)


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(entry)
    if content is None:
        raise ArchiveError(f"{safe_text(entry.name)}: not a regular file")
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


def _write(member: _Member, target: Path, budget: UnpackBudget, archive: Path) -> None:
    if member.kind == "folder":
        target.mkdir(parents=True, exist_ok=True)
        return
    if member.is_encrypted:
        raise ArchiveError(f"{safe_text(archive.name)}: it is encrypted; hand in one without a password")
    target.parent.mkdir(parents=True, exist_ok=True)
    # "x": a second entry of the same name does not replace the first
    with member.open() as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            budget.write(len(chunk), archive)
            file.write(chunk)
