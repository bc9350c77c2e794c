"""Supervision of one child: read it with caps, watch what it uses, and leave nothing of it behind."""

from __future__ import annotations

import os
import selectors
import time
from dataclasses import dataclass
from pathlib import Path

from costmodel.sandbox.child import Child
from costmodel.sandbox.child_result import LimitReached
from costmodel.sandbox.process_tree import end, usage
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.slept import Slept

_LOOK_EVERY_SECONDS = 0.02
_CHUNK = 1 << 18
_ENTRY_BYTES = 4096
"""An empty file is counted as this much: the system has to remember it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a child, as seen from outside.

    Attributes:
        answer: what came through its channel.
        output: the end of what it printed; the beginning, if it was stopped.
        status: exit code, negative for a signal.
        stopped: the limit that it ran into, None if it ended by itself.
        cpu_seconds: of the whole tree.
    """

    answer: bytes
    output: bytes
    status: int
    stopped: LimitReached | None
    cpu_seconds: float


def supervise(child: Child, limits: Limits, scratch: Path) -> Ended:
    """Watch a child until its end, or end it at a limit; nothing of it is left afterwards."""
    watch = _Watch(child, limits, scratch)
    try:
        return watch.until_the_end()
    finally:
        watch.close()


class _Watch:
    def __init__(self, child: Child, limits: Limits, scratch: Path) -> None:
        self._child = child
        self._limits = limits
        self._scratch = scratch
        self._slept = Slept(child.process)
        self._next_look = 0.0
        self._answer = bytearray()
        self._output = bytearray()
        self._printed = 0
        self._cpu = 0.0
        self._status: int | None = None
        self._selector = selectors.DefaultSelector()
        for channel in (child.answer, child.output):
            os.set_blocking(channel, False)
            self._selector.register(channel, selectors.EVENT_READ)

    def until_the_end(self) -> Ended:
        stopped = None
        while stopped is None and not self._has_ended():
            stopped = self._read() or self._limit_reached()
        if stopped is None:
            stopped = self._read(everything=True)
        end(self._child.process)
        self._reap()
        tail = self._limits.tail_bytes
        return Ended(
            answer=bytes(self._answer),
            output=bytes(self._output[:tail] if stopped else self._output[-tail:]),
            status=self._status or 0,
            stopped=stopped,
            cpu_seconds=self._cpu,
        )

    def close(self) -> None:
        """End whatever still runs, whichever error brought us here."""
        if self._status is None:
            end(self._child.process)
            self._reap()
        self._selector.close()
        self._child.close()

    def _has_ended(self) -> bool:
        """True once the child is a zombie; it is reaped after its tree, since its number must not be given away."""
        return os.waitid(os.P_PID, self._child.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _reap(self) -> None:
        if self._status is None:
            _, status, used = os.wait4(self._child.process, 0)
            self._status = os.waitstatus_to_exitcode(status)
            self._cpu = max(self._cpu, used.ru_utime + used.ru_stime)

    def _read(self, *, everything: bool = False) -> LimitReached | None:
        """Take what is there; returns the limit that it exceeds."""
        while self._selector.get_map():
            ready = self._selector.select(0 if everything else _LOOK_EVERY_SECONDS)
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK)
                if not data:
                    self._selector.unregister(key.fd)
                elif key.fd == self._child.answer:
                    self._answer += data
                else:
                    self._print(data)
            if len(self._answer) > self._limits.answer_bytes or self._printed > self._limits.output_bytes:
                return LimitReached.OUTPUT
            if not (everything and ready):
                return None
        if not everything:
            time.sleep(_LOOK_EVERY_SECONDS)
        return None

    def _print(self, data: bytes) -> None:
        """Keep the beginning until it is clear that nobody needs it, and always the end."""
        tail = self._limits.tail_bytes
        self._printed += len(data)
        beginning = max(0, tail - len(self._output))  # whatever the size of the pieces that it comes in
        self._output += data[:beginning]
        self._output = self._output[:tail] + (self._output[tail:] + data[beginning:])[-tail:]

    def _limit_reached(self) -> LimitReached | None:
        """The limit on time, memory or files that the tree exceeds now."""
        now = time.monotonic()
        if now < self._next_look:
            return None
        self._next_look = now + _LOOK_EVERY_SECONDS
        used = usage(self._child.process, without_memory_of=self._child.keeper)
        self._cpu = max(self._cpu, used.cpu_seconds)
        if used.memory_bytes > self._limits.memory_bytes:
            return LimitReached.MEMORY
        if used.cpu_seconds > self._limits.cpu_seconds:
            return LimitReached.CPU_TIME
        if self._slept.seconds(used) > self._limits.wall_seconds:
            return LimitReached.WALL_TIME
        return LimitReached.FOLDER if _folder_bytes(self._scratch) > self._limits.folder_bytes else None


def _folder_bytes(folder: Path) -> int:
    total = 0
    todo = [str(folder)]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    total += max(_ENTRY_BYTES, entry.stat(follow_symlinks=False).st_blocks * 512)
        except OSError:
            continue
    return total
