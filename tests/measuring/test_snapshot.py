"""What is kept of an entry's files: whole versions, the last one, and nothing that is not its own."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import struct
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from costmodel.measuring.snapshot import Snapshots
from costmodel.measuring.whole import Whole, wholeness

KILLS = 100
ROWS = 400


def content(kind: str, generation: int) -> bytes:
    """A file of one generation, in which every piece says which."""
    if kind == "model.npy":
        out = io.BytesIO()
        np.save(out, np.full(20_000, generation))
        return out.getvalue()
    if kind == "model.pt":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for member in range(4):
                archive.writestr(f"data/{member}", f"{generation:08d}".encode() * 4_000)
        return out.getvalue()
    return ("image_id,label\n" + "".join(f"{row},{generation:08d}\n" for row in range(ROWS))).encode()


def generation_of(kind: str, data: bytes) -> int:
    """Which one it is, after every byte was compared."""
    if kind == "model.npy":
        found = int(np.load(io.BytesIO(data))[0])
    elif kind == "model.pt":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = int(archive.read("data/0")[:8])
    else:
        found = int(data.splitlines()[1].split(b",")[1])
    assert data == content(kind, found) or kind == "model.pt"
    return found


def write_for_ever(folder: Path) -> None:
    """The writer's side: every file again and again, in place and piece by piece; one of them by renaming."""
    for generation in range(1, 10**6):
        for kind in ("model.npy", "model.pt", "submission.csv"):
            data = content(kind, generation)
            with (folder / kind).open("wb", buffering=0) as file:
                for start in range(0, len(data), 4096):
                    file.write(data[start : start + 4096])
                    time.sleep(0.0001)
        (folder / "part").write_bytes(content("renamed.csv", generation))
        (folder / "part").rename(folder / "renamed.csv")
        time.sleep(0.002)


def test_no_kill_at_any_moment_leaves_a_torn_file(tmp_path: Path) -> None:
    draw = random.Random(16)
    kept_at_all = torn = 0
    for attempt in range(KILLS):
        folder, kept = tmp_path / f"{attempt}", tmp_path / f"{attempt}-kept"
        folder.mkdir()
        snapshots = Snapshots(folder, kept, rows=ROWS)
        writer = os.fork()
        if writer == 0:
            try:
                write_for_ever(folder)
            finally:
                os._exit(1)
        # a busy machine may let the writer wait: every other one is given the time to write all files once
        started = folder / "renamed.csv" if attempt % 4 < 2 else folder
        patience, until = time.monotonic() + 10.0, 0.0
        while time.monotonic() < (until or patience):
            if not until and started.exists():
                until = time.monotonic() + draw.uniform(0.002, 0.05)
            snapshots.look([writer])
            time.sleep(0.001)
        at_the_limit = attempt % 2 == 0  # by us, who stop it and look first; or by somebody else
        if at_the_limit:
            os.kill(writer, signal.SIGSTOP)
            os.waitpid(writer, os.WUNTRACED)
            snapshots.last([writer], writer_was_killed=False)
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        if not at_the_limit:
            snapshots.last([], writer_was_killed=True)
        files = snapshots.files()
        for file in files:
            data = (kept / file.file).read_bytes()
            assert generation_of(file.file, data) > 0
            assert len(data) == file.bytes
            torn += file.torn
        torn += len(snapshots.torn())
        kept_at_all += len(files)
        assert {p.name for p in kept.glob("*")} == {file.file for file in files}  # no parts are left
    assert kept_at_all > KILLS
    assert torn > 10  # the test met the middle of a write


def test_the_last_whole_version_is_kept_and_counted(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "brought.csv").write_text("a,b\n1,2\n")
    snapshots = Snapshots(folder, tmp_path / "kept")
    for text in ("a,b\n1,2\n", "a,b\n1,3\n", "a,b\n1"):
        (folder / "new.csv").write_text(text)
        snapshots.last([], writer_was_killed=False)
    (file,) = snapshots.files()
    assert (file.file, file.versions, file.torn) == ("new.csv", 2, True)
    assert (tmp_path / "kept" / "new.csv").read_text() == "a,b\n1,3\n"


def test_what_is_not_the_entrys_own_is_not_kept(tmp_path: Path) -> None:
    folder, secret = tmp_path / "work", tmp_path / "solution.csv"
    folder.mkdir()
    secret.write_text("id,label\n1,2\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.csv").write_text("id,label\n")
    snapshots = Snapshots(folder, tmp_path / "kept")
    (folder / "submission.csv").symlink_to(secret)
    (folder / "hard.csv").hardlink_to(secret)
    (folder / "there").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe.csv")
    snapshots.last([], writer_was_killed=False)
    assert snapshots.files() == ()


TENSORS = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
STRUCTURED = {
    "a.npy": content("model.npy", 3),
    "a.pt": content("model.pt", 3),
    "a.safetensors": struct.pack("<Q", len(TENSORS)) + TENSORS + bytes(8),
    "a.json": b'{"a": [1, 2]}',
    "a.csv": content("submission.csv", 3),
}


@pytest.mark.parametrize("name", STRUCTURED)
def test_structure_proves_a_whole_file_and_refuses_every_beginning_of_one(tmp_path: Path, name: str) -> None:
    data = STRUCTURED[name]
    path = tmp_path / "copy"
    path.write_bytes(data)
    assert wholeness(path, name, ROWS) is Whole.YES
    for cut in {0, 1, 7, len(data) // 3, len(data) // 2, len(data) - 12, len(data) - 2}:
        path.write_bytes(data[:cut])
        assert wholeness(path, name, ROWS) is not Whole.YES, cut
    path.write_bytes(data[:-1])
    assert wholeness(path, name, ROWS) is (Whole.UNKNOWN if name == "a.csv" else Whole.NO)


def test_a_table_of_unknown_length_ends_with_a_line(tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_text("id,label\n1,2\n")
    assert wholeness(path, "a.csv") is Whole.UNKNOWN
    path.write_text("id,label\n1,")
    assert wholeness(path, "a.csv") is Whole.NO


def test_a_damaged_archive_is_not_whole(tmp_path: Path) -> None:
    data = bytearray(content("model.pt", 3))
    data[200] ^= 1  # in the middle of its first member
    (tmp_path / "copy").write_bytes(data)
    assert wholeness(tmp_path / "copy", "a.pt") is Whole.NO
