"""A process and everything below it, seen from outside through ``/proc``: how much it uses, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_PATIENCE_SECONDS = 5.0
_AWAKE = ("R", "D")
"""Runs or waits for a processor; waits for a disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeUsage:
    """The use of a tree now. What is gone is not in it.

    Attributes:
        memory_bytes: resident memory.
        cpu_seconds: CPU time.
        awake_seconds: by thread, the time in which it ran or was ready to run and waited for a processor; the waiting
            is added when it is over.
        is_awake: at least one thread runs now, or waits for a processor or a disk.
    """

    memory_bytes: int = 0
    cpu_seconds: float = 0.0
    awake_seconds: Mapping[int, float] = field(default_factory=dict)
    is_awake: bool = False


def descendants(process: int) -> list[int]:
    """The process and all below it, parents first. One that the system has adopted is not found."""
    return list(_threads(process))


def _threads(process: int) -> dict[int, list[Path]]:
    """Each process of the tree, with the folders of its threads."""
    found: dict[int, list[Path]] = {}
    todo = [process]
    for parent in todo:
        found[parent] = []
        with contextlib.suppress(OSError):
            for task in (_PROC / str(parent) / "task").iterdir():
                found[parent].append(task)
                with contextlib.suppress(OSError):
                    todo += [int(child) for child in (task / "children").read_text().split()]
    return found


def usage(process: int, *, without_memory_of: int | None = None) -> TreeUsage:
    """The use of the whole tree; zero where there is no ``/proc``.

    Args:
        process: its first one.
        without_memory_of: a process of ours in it, the memory of which is nobody's fault.
    """
    if not _PROC.is_dir():
        return TreeUsage()
    memory, ticks, is_awake = 0, 0, False
    awake: dict[int, float] = {}
    for one, tasks in _threads(process).items():
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = _stat(_PROC / str(one))
            ticks += int(fields[11]) + int(fields[12])
            memory += 0 if one == without_memory_of else int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        for task in tasks:
            with contextlib.suppress(OSError, ValueError):
                # Documentation/scheduler/sched-stats: nanoseconds on a processor, and in its queue
                ran, waited, _ = (task / "schedstat").read_text().split()
                awake[int(task.name)] = (int(ran) + int(waited)) / 1e9
                is_awake |= _stat(task)[0] in _AWAKE
    cpu = ticks / os.sysconf("SC_CLK_TCK")
    return TreeUsage(memory_bytes=memory, cpu_seconds=cpu, awake_seconds=awake, is_awake=is_awake)


def _stat(place: Path) -> list[str]:
    """proc(5), without the number and the name, which may hold anything: 0 state, 11 utime, 12 stime, 21 rss."""
    return (place / "stat").read_text().rpartition(")")[2].split()


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
        state = _stat(_PROC / str(process))[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")


def _signal(process: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(process, number)
