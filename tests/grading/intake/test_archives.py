"""Small archives that want much: memory, time or disk outside the wall."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from costmodel.errors import ArchiveError
from costmodel.grading.intake.archives import Caps, UnpackBudget, unpack

MIB = 2**20


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def tarred(file: Path, *parts: bytes, mode: str = "w:bz2") -> Path:
    """A tar of blocks as given, which no honest program writes."""
    with tarfile.open(file, mode) as archive:  # type: ignore[call-overload]
        for part in parts:
            archive.fileobj.write(part + bytes(-len(part) % 512))
    return file


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def records(number: int) -> bytes:
    """A pax header."""
    return b"".join(b"8 %04d=\n" % n for n in range(number))


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_long_header_is_not_read(kind: bytes, tmp_path: Path, into: Path) -> None:
    archive = tarred(tmp_path / "a.tar.bz2", header("x", 8 * MIB, kind), bytes(8 * MIB), header("model.py", 0))

    def refused() -> None:
        with pytest.raises(ArchiveError, match="headers that are too long"):
            unpack(archive, into)

    assert peak_of(refused) < MIB


def test_many_headers_of_one_entry(tmp_path: Path, into: Path) -> None:
    parts = (header("x", 4096, tarfile.XGLTYPE), records(512))
    with pytest.raises(ArchiveError, match="headers that are too long"):
        unpack(tarred(tmp_path / "a.tar.bz2", *parts, *parts, header("model.py", 0)), into)


def test_what_a_header_says_of_all_is_not_kept_for_each(tmp_path: Path, into: Path) -> None:
    said = records(700)
    entries = (header(f"{n}.py", 0) for n in range(400))
    archive = tarred(tmp_path / "a.tar.bz2", header("x", len(said), tarfile.XGLTYPE), said, *entries)
    assert peak_of(lambda: unpack(archive, into)) < 2 * MIB
    assert len(list(into.iterdir())) == 400


def test_what_is_skipped_counts(tmp_path: Path, into: Path) -> None:
    archive = tarred(tmp_path / "a.tar.bz2", header(".git/x", 8 * MIB), bytes(8 * MIB), header("model.py", 0))
    with pytest.raises(ArchiveError, match="unpacks to more than 2 MiB"):
        unpack(archive, into, UnpackBudget(Caps(total_bytes=2 * MIB)))
    assert not list(into.iterdir())


def test_a_negative_size(tmp_path: Path, into: Path) -> None:
    with pytest.raises(ArchiveError, match="begins before its header"):
        unpack(tarred(tmp_path / "a.tar", header("dir", 0), header("x", -2048, b"Z"), mode="w"), into)


def test_a_long_list_of_a_zip_is_not_read(tmp_path: Path, into: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for number in range(3000):
            file.writestr(f"{number}.py", "")

    def refused() -> None:
        with pytest.raises(ArchiveError, match="list of entries is too long"):
            unpack(archive, into, UnpackBudget(Caps(entries=100)))

    assert peak_of(refused) < MIB


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zips_of_other_methods(method: int, tmp_path: Path, into: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        file.writestr("model.py", bytes(8 * MIB))
    with pytest.raises(ArchiveError, match=r"hand in a plain \.zip"):
        unpack(archive, into)


def test_archives_share_one_room(tmp_path: Path, into: Path) -> None:
    room = UnpackBudget(Caps(total_bytes=MIB))
    for name in ("a", "b"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as file:
            file.writestr(f"{name}.py", bytes(MIB * 3 // 4))
    unpack(tmp_path / "a.zip", into, room)
    with pytest.raises(ArchiveError, match=r"b\.zip: it unpacks to more than 1 MiB"):
        unpack(tmp_path / "b.zip", into, room)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_honest_tars_whatever_their_name(mode: str, form: int, tmp_path: Path, into: Path) -> None:
    """A browser decompresses a .tar.gz on its own, and keeps the name."""
    name = "/".join(["p\u00e4ckage" * 9] * 5) + "/model.py"
    content = b"import torch\n" * 30_000
    with tarfile.open(tmp_path / "a.tar.gz", mode, format=form) as archive:  # type: ignore[call-overload]
        for member in (name, "b.py", "__pycache__/c.pyc"):
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    assert unpack(tmp_path / "a.tar.gz", into) == ()
    assert {p.relative_to(into).as_posix() for p in into.rglob("*.py")} == {name, "b.py"}
    assert all(p.read_bytes() == content for p in into.rglob("*.py"))


def test_memory_that_there_is_not(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object, **__: object) -> None:
        raise MemoryError

    archive = tarred(tmp_path / "a.tar.bz2", header("model.py", 0))
    monkeypatch.setattr(tarfile, "open", greedy)
    with pytest.raises(ArchiveError, match="cannot be read: MemoryError"):
        unpack(archive, into)
