"""A process and everything below it, seen from outside through ``/proc``: how much it uses, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeUsage:
    """The use of a tree now. CPU of processes that are gone is not in it."""

    memory_bytes: int = 0
    cpu_seconds: float = 0.0


def descendants(process: int) -> list[int]:
    """The process and all below it, parents first. One that the system has adopted is not found."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in (_PROC / str(parent) / "task").iterdir():
                with contextlib.suppress(OSError):
                    found += [int(child) for child in (task / "children").read_text().split()]
    return found


def usage(process: int) -> TreeUsage:
    """Resident memory and CPU time of the whole tree; zero where there is no ``/proc``."""
    if not _PROC.is_dir():
        return TreeUsage()
    memory, ticks = 0, 0
    for one in descendants(process):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # the name, in parentheses, may hold anything; proc(5): field 14 utime, 15 stime, 24 rss
            fields = (_PROC / str(one) / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return TreeUsage(memory_bytes=memory, cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"))


def end(process: int) -> None:
    """Kill the tree, and its process group, until nothing is left; the caller reaps ``process`` itself.

    All are stopped first, so that none starts another one meanwhile.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    seen: set[int] = set()
    while time.monotonic() < deadline:
        alive = [one for one in descendants(process) if _runs(one)]
        new = [one for one in alive if one not in seen]
        if not new:
            break
        seen.update(new)
        for one in new:
            _signal(one, signal.SIGSTOP)
    with contextlib.suppress(OSError):
        os.killpg(process, signal.SIGKILL)
    for one in seen:
        _signal(one, signal.SIGKILL)
    while time.monotonic() < deadline and any(_runs(one) for one in seen):
        time.sleep(0.005)


def _runs(process: int) -> bool:
    """False for a zombie, which only waits for its parent to ask."""
    try:
        state = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")


def _signal(process: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(process, number)
