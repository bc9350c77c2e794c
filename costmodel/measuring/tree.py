"""Everything that an entry started, found from outside, however it tries to get away.

Three nets: what is below its keeper (which adopts orphans), what was seen before under the same number and start time,
and at the end whatever carries the run's token in its environment. Where a control group can be made it is the fourth.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from costmodel.measuring.control_group import ControlGroup
from costmodel.measuring.proc_files import below, read, stat

TOKEN = "COSTMODEL_RUN"  # the name of an environment variable
_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_STOPPING_SECONDS, _PATIENCE_SECONDS = 0.5, 5.0
_KIBIBYTE = 1024
_WALK_EVERY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLook:
    """One process: resident memory now and at most, of it shared memory, all in bytes; CPU seconds, children's too."""

    resident: int
    highest: int
    shared: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLook:
    """A tree at one moment (``seconds`` of the monotonic clock); ``extra_bytes`` are in shared memory, mapped or not.

    ``cpu_seconds`` are of everything that has run in it until now.
    """

    seconds: float
    processes: dict[int, ProcessLook] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    extra_bytes: int = 0

    @property
    def memory_bytes(self) -> int:
        """Resident memory of all; pages that processes share count for each."""
        return sum(one.resident for one in self.processes.values()) + self.extra_bytes


class Tree:
    """The tree below a keeper.

    Attributes:
        keeper: its number; it is ours, as are the processes in ``ours``: an enclosure's.
    """

    def __init__(self, keeper: int, token: str, group: ControlGroup | None) -> None:
        self.keeper = keeper
        self.ours: set[int] = {keeper}
        self._token = f"{TOKEN}={token}".encode()
        self._group = group
        self._born: dict[int, int] = {}
        self._looks = 0

    def chain_is_ours(self, first: int, length: int) -> None:
        """The keeper's child and so many below it, each the only child of the one before, were put up by us."""
        one = first
        for _ in range(length):
            self.ours.add(one)
            inner = below(one)[1:]
            if not inner:
                break
            one = inner[0]

    def pids(self, *, walk: bool = True) -> list[int]:
        """Every process of the entry that is alive, or a zombie; without a walk, those of its control group alone."""
        found = dict.fromkeys(below(self.keeper) if walk or self._group is None else ())
        if self._group is not None:
            found |= dict.fromkeys(self._group.members())
        for pid, born in [(pid, born) for pid, born in self._born.items() if pid not in found]:
            if _born(pid) == born:
                found[pid] = None
            else:
                del self._born[pid]  # it is gone, and somebody else may have its number
        result = [pid for pid in found if pid not in self.ours]
        for pid in result:
            if pid not in self._born:
                self._born[pid] = _born(pid)
        return result

    def look(self) -> TreeLook:
        """What it uses now."""
        # a walk reads a file for each thread of each process; the group says the same, unless somebody has left it
        self._looks += 1
        pids = self.pids(walk=self._looks % _WALK_EVERY == 1)
        seen = {pid: look for pid in pids if (look := _look(pid)) is not None}
        cpu = sum(one.cpu_seconds for one in seen.values())
        for pid in self.ours:  # what these have reaped is the entry's; what they did themselves is not
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = stat(pid)
                cpu += (int(fields[13]) + int(fields[14])) / _TICKS
        extra = max(0, self._in_shared_memory(seen) - sum(one.shared for one in seen.values()))
        return TreeLook(seconds=time.monotonic(), processes=seen, cpu_seconds=cpu, extra_bytes=extra)

    def _in_shared_memory(self, seen: Iterable[int]) -> int:
        """Bytes in an own /dev/shm, which are in nobody's resident set until they are mapped."""
        for pid in seen:
            with contextlib.suppress(OSError):
                own = _PROC / str(pid) / "root" / "dev" / "shm"
                if own.stat().st_dev == Path("/dev/shm").stat().st_dev:
                    return 0
                found = os.statvfs(own)
                return (found.f_blocks - found.f_bfree) * found.f_frsize
        return 0

    def confine_to(self, cores: set[int], pids: Iterable[int]) -> int:
        """Put every one of these processes that has widened its cores back; returns how many had."""
        widened = 0
        for pid in pids:
            with contextlib.suppress(OSError):
                if not os.sched_getaffinity(pid) <= cores:
                    os.sched_setaffinity(pid, cores)
                    widened += 1
        return widened

    def signal(self, number: int) -> None:
        """Send a signal to every process of the entry."""
        for pid in self.pids():
            _signal(pid, number)

    def end(self, while_stopped: Callable[[list[int]], None]) -> int:
        """Stop all, let somebody look at what they were doing, and kill all; returns how many there were."""
        stopped: set[int] = set()
        deadline = time.monotonic() + _STOPPING_SECONDS
        while time.monotonic() < deadline:
            new = [pid for pid in self.pids() if pid not in stopped and _runs(pid)]
            if not new:
                break
            for pid in new:
                _signal(pid, signal.SIGSTOP)
            stopped.update(new)
        while_stopped(sorted(stopped))
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            alive = [pid for pid in (*self.pids(), *self._with_token()) if _runs(pid)]
            if not alive:
                break
            if self._group is not None:
                self._group.kill()
            for pid in alive:
                _signal(pid, signal.SIGKILL)
            stopped.update(alive)
            time.sleep(0.002)
        return len(stopped)

    def _with_token(self) -> list[int]:
        """Processes that have the run's token in their environment, wherever in the system they are."""
        found = []
        for place in _PROC.iterdir():
            if place.name.isdigit() and int(place.name) not in self.ours:
                with contextlib.suppress(OSError):
                    if self._token in (place / "environ").read_bytes():
                        found.append(int(place.name))
        return found


def _look(pid: int) -> ProcessLook | None:
    try:
        fields = stat(pid)
        if fields[0] in ("Z", "X"):
            return ProcessLook(resident=0, highest=0, shared=0, cpu_seconds=_cpu(fields))
        status = read(f"/proc/{pid}/status")
    except (OSError, IndexError, ValueError):
        return None
    return ProcessLook(
        resident=int(fields[21]) * _PAGE,
        highest=_kilobytes(status, "VmHWM"),
        shared=_kilobytes(status, "RssShmem"),
        cpu_seconds=_cpu(fields),
    )


def _cpu(fields: list[str]) -> float:
    """proc(5): utime, stime, and those of children that were waited for."""
    return sum(int(fields[index]) for index in (11, 12, 13, 14)) / _TICKS


def _kilobytes(status: str, name: str) -> int:
    """A line such as ``VmHWM:     9708 kB``; a kernel thread has none."""
    _, found, rest = status.partition(f"{name}:")
    return int(rest.split(None, 1)[0]) * _KIBIBYTE if found else 0


def _born(pid: int) -> int:
    """When it started, in ticks since boot; -1 if it is gone."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(stat(pid)[19])
    return -1


def _runs(pid: int) -> bool:
    with contextlib.suppress(OSError, IndexError):
        return stat(pid)[0] not in ("Z", "X")
    return False


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)
