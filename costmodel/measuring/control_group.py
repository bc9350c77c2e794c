"""A control group (cgroup v2) for one stage, where this user may make one: a hard cap on memory, and a sure kill."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from pathlib import Path

_SELF = Path("/proc/self")
_NUMBERS = itertools.count(1)
_PATIENCE_SECONDS = 2.0


class ControlGroup:
    """A group below our own.

    Attributes:
        limits_memory: the kernel keeps the tree below the limit on memory, and ends it where it cannot.
        limits_processes: likewise.
    """

    def __init__(self, folder: Path, memory: int | None, processes: int | None) -> None:
        self._folder = folder
        self.limits_memory = memory is not None and self._set("memory.max", memory)
        if self.limits_memory:
            self._set("memory.swap.max", 0)
        # a thread is a task too, and a limit on processes is none on threads: the kernel's own lies far above
        self.limits_processes = processes is not None and self._set("pids.max", 64 * processes)

    @property
    def joined_by(self) -> str:
        """The file that a process joins by."""
        return str(self._folder / "cgroup.procs")

    def members(self) -> list[int]:
        """Processes in it now."""
        with contextlib.suppress(OSError, ValueError):
            return [int(line) for line in (self._folder / "cgroup.procs").read_text().split()]
        return []

    def was_out_of_memory(self) -> bool:
        """Whether the kernel ended something in it for want of memory."""
        return self._counters("memory.events").get("oom_kill", 0) > 0

    def peak_bytes(self) -> int | None:
        """The largest memory that it held, page cache included; None where the kernel does not say."""
        with contextlib.suppress(OSError, ValueError):
            return int((self._folder / "memory.peak").read_text())
        return None

    def kill(self) -> None:
        """End everything in it, whatever forks meanwhile (Linux 5.14)."""
        self._set("cgroup.kill", 1)

    def close(self) -> None:
        """Take it away; it is empty."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self._folder.rmdir()
                return
            time.sleep(0.01)

    def _set(self, file: str, value: int) -> bool:
        try:
            (self._folder / file).write_text(str(value), encoding="ascii")
        except OSError:
            return False
        return True

    def _counters(self, file: str) -> dict[str, int]:
        with contextlib.suppress(OSError, ValueError):
            pairs = (line.split() for line in (self._folder / file).read_text().splitlines())
            return {name: int(value) for name, value in pairs}
        return {}


def control_group(memory: int | None, processes: int | None) -> ControlGroup | None:
    """A new group, or None where there is no cgroup v2 or this user may not make one."""
    parent = _own()
    if parent is None:
        return None
    for controller in ("memory", "pids"):
        with contextlib.suppress(OSError):
            (parent / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")
    folder = parent / f"costmodel-{os.getpid()}-{next(_NUMBERS)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    if not os.access(folder / "cgroup.procs", os.W_OK):
        folder.rmdir()
        return None
    return ControlGroup(folder, memory, processes)


def _own() -> Path | None:
    """The folder of our own group: proc(5), mountinfo and cgroup."""
    with contextlib.suppress(OSError, IndexError, StopIteration):
        mounts = (line.split() for line in (_SELF / "mountinfo").read_text().splitlines())
        at = next(words[4] for words in mounts if words[words.index("-") + 1] == "cgroup2")
        lines = (_SELF / "cgroup").read_text().splitlines()
        place = next(line for line in lines if line.startswith("0::"))[3:].strip("/")
        folder = Path(at) / place
        return folder if folder.is_dir() else Path(at)
    return None
