"""What an entry has saved, copied as it changes: the last whole version survives a kill in the middle of a write.

A file is taken when no process of the tree has it open for writing, it did not change while it was copied, and its own
structure says that it is whole (:mod:`costmodel.measuring.whole`). At a limit the tree is stopped before it is killed,
so that what is open then is known to be torn. A file whose writer was killed by somebody else is taken only if its
structure proves it: nobody saw the last write.
"""

from __future__ import annotations

import contextlib
import fnmatch
import hashlib
import os
import stat
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from costmodel.ir.run import KeptFile
from costmodel.measuring.whole import Whole, wholeness

WATCHED = ("*.pt", "*.pth", "*.ckpt", "*.bin", "*.safetensors", "*.npy", "*.npz", "*.onnx", "*.csv", "*.json", "*.zip")
PREDICTIONS = ("submission.csv", "predictions.csv")
"""Names of tables of predictions, of which the number of rows may be known."""

_MOST_FILES = 2000
_EVERY_SECONDS = 0.1
_SHARE = 50
"""A look may take a fiftieth of the time until the next one."""
_CHUNK = 1 << 20
_WRITING = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True, slots=True)
class _State:
    """What tells two versions of a file apart."""

    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> _State:
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


class Snapshots:
    """The copies of one entry's files.

    Args:
        folder: the entry's own, in which it writes.
        kept: where the copies go.
        rows: how many rows a table of predictions has, if that is known: one with another number is not whole.
        watched: patterns of names.
    """

    def __init__(self, folder: Path, kept: Path, *, rows: int | None = None, watched: Sequence[str] = WATCHED) -> None:
        self._folder = folder.resolve()
        self._kept = kept
        self._rows = rows
        self._watched = tuple(watched)
        self._taken: dict[str, _State] = {}
        self._files: dict[str, KeptFile] = {}
        self._before = self._states()  # what the entry brought is not what it saved
        self._next = 0.0

    def look(self, pids: Iterable[int]) -> None:
        """Take every file that has changed and is whole, if it is time for a look."""
        begun = time.monotonic()
        if begun < self._next:
            return
        self._take(pids)
        self._next = time.monotonic() + max(_EVERY_SECONDS, _SHARE * (time.monotonic() - begun))

    def last(self, pids: Iterable[int], *, writer_was_killed: bool, ended_well: bool = False) -> None:
        """The last look: at the processes as they were stopped, or when all of them are gone.

        After a good end a table of another length than it should have is what the entry wants to hand in.
        """
        self._take(pids, proof_needed=writer_was_killed, any_length=ended_well)

    def files(self) -> tuple[KeptFile, ...]:
        """What is kept, by place; a file of which a later version was not whole is marked."""
        now = self._states()
        result = []
        for place, kept in sorted(self._files.items()):
            torn = place in now and now[place] != self._taken[place]
            result.append(replace(kept, torn=torn))
        return tuple(result)

    def torn(self) -> tuple[str, ...]:
        """Places of files that are there at the end, of which no version was whole."""
        return tuple(p for p, s in self._states().items() if p not in self._files and self._before.get(p) != s)

    def _take(self, pids: Iterable[int], *, proof_needed: bool = False, any_length: bool = False) -> None:
        changed = {p: s for p, s in self._states().items() if s not in (self._taken.get(p), self._before.get(p))}
        if not changed:
            return
        written = _open_for_writing(pids)
        for place, state in changed.items():
            if state.inode not in written:
                with contextlib.suppress(OSError):
                    rows = None if any_length or Path(place).name not in PREDICTIONS else self._rows
                    self._copy(place, state, rows, proof_needed=proof_needed)

    def _states(self) -> dict[str, _State]:
        """Watched regular files below the folder; links, devices and pipes are nobody's results."""
        found: dict[str, _State] = {}
        for at, folders, files in os.walk(self._folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in files:
                if len(found) < _MOST_FILES and any(fnmatch.fnmatchcase(name, one) for one in self._watched):
                    path = Path(at, name)
                    with contextlib.suppress(OSError):
                        status = path.lstat()
                        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
                            found[path.relative_to(self._folder).as_posix()] = _State.of(status)
        return found

    def _copy(self, place: str, state: _State, rows: int | None, *, proof_needed: bool) -> None:
        """Copy a file beside its last version, and put it in that one's place if it is whole.

        Raises:
            OSError: it is gone, or is no longer a file of the entry's folder.
        """
        target = self._kept / place
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        digest = hashlib.sha256()
        source = os.open(self._folder / place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            real = Path(os.readlink(f"/proc/self/fd/{source}"))  # noqa: PTH115  # a folder on the way may be a link
            if not real.is_relative_to(self._folder) or _State.of(os.fstat(source)) != state:
                return
            with part.open("wb") as copy:
                while piece := os.read(source, _CHUNK):
                    copy.write(piece)
                    digest.update(piece)
            if _State.of(os.fstat(source)) != state:
                return
            found = wholeness(part, place, rows)
            if found is Whole.NO or (proof_needed and found is not Whole.YES):
                return
            part.replace(target)
        finally:
            os.close(source)
            part.unlink(missing_ok=True)
        self._taken[place] = state
        versions = self._files[place].versions + 1 if place in self._files else 1
        self._files[place] = KeptFile(file=place, bytes=state.size, sha256=digest.hexdigest(), versions=versions)


def _open_for_writing(pids: Iterable[int]) -> set[int]:
    """Inodes of the files that these processes have open for writing (proc(5), fdinfo)."""
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208
                with contextlib.suppress(OSError, ValueError, StopIteration):
                    status = os.stat(f"/proc/{pid}/fd/{name}")  # noqa: PTH116
                    if stat.S_ISREG(status.st_mode):
                        lines = Path(f"/proc/{pid}/fdinfo/{name}").read_text(encoding="ascii").splitlines()
                        flags = int(next(line for line in lines if line.startswith("flags:")).split()[1], 8)
                        if flags & _WRITING:
                            found.add(status.st_ino)
    return found
