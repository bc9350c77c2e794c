"""Starting a keeper, and hearing from it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

from costmodel.errors import RunError
from costmodel.ir.codec import dumps
from costmodel.measuring.inside.job import ENDED, JOB, PEAK, REFUSED, STARTED, Job
from costmodel.measuring.proc_files import below
from costmodel.sandbox import visible

_PROGRAM = "import sys; sys.path[0] = sys.argv[1]; from costmodel.measuring.inside.keeper import main; main()"
_PATIENCE_SECONDS = 10.0
_MOMENT_SECONDS = 0.5


class Keeper:
    """One keeper, and what it has said.

    Attributes:
        process: its number.
        first: number of its child, which is the command or what encloses it.
        begun: when that was forked, on the monotonic clock.
        status, ended: of the command, once it has ended by itself.
        peak_bytes: the largest resident memory of one process of it that has ended.
        refused: why nothing was started.
        report: descriptor of its lines.
    """

    def __init__(self, job: Job, report: int, pass_on: tuple[int, ...]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-s", "-B", "-c", _PROGRAM, str(visible.PACKAGE.parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
            cwd="/",
            pass_fds=pass_on,
            start_new_session=True,  # Ctrl-C is for the one that watches
        )
        self.process = self._popen.pid
        self.report = report
        self.first = 0
        self.begun = self.ended = 0.0
        self.status: int | None = None
        self.peak_bytes = 0
        self.refused = ""
        self._said = b""
        self._is_silent = False
        assert self._popen.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._popen.stdin.write(dumps(job, JOB).encode() + b"\n")
            self._popen.stdin.flush()

    def wait_for_start(self) -> None:
        """Hear whether the command has been forked.

        Raises:
            RunError: the keeper has not said anything in ten seconds, or is gone.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.first and not self.refused:
            self.hear()
            if self._is_silent or time.monotonic() > deadline:
                raise RunError("the keeper of an entry did not start; is the machine out of processes or memory?")
            time.sleep(0.001)

    def hear(self) -> None:
        """Take what it has said."""
        while not self._is_silent:
            try:
                data = os.read(self.report, 4096)
            except BlockingIOError:
                break
            self._is_silent = not data
            self._said += data
        *lines, self._said = self._said.split(b"\n")
        for line in lines:
            word, _, rest = line.decode("utf-8", "replace").partition(" ")
            if word == STARTED:
                first, begun = rest.split()
                self.first, self.begun = int(first), float(begun)
            elif word == ENDED:
                status, ended = rest.split()
                self.status, self.ended = int(status), float(ended)
            elif word == PEAK:
                self.peak_bytes = max(self.peak_bytes, int(rest))
            elif word == REFUSED:
                self.refused = rest

    def settle(self) -> None:
        """Hear of everything that has ended: until it has reaped all, for a moment at most."""
        deadline = time.monotonic() + _MOMENT_SECONDS
        while len(below(self.process)) > 1 and time.monotonic() < deadline:
            time.sleep(0.001)
        self.hear()

    @property
    def is_gone(self) -> bool:
        """Whether it was killed: its end of the line is closed, and it did not say how the command ended."""
        return self._is_silent and self.status is None

    def close(self) -> None:
        """Let it end, and wait for it."""
        assert self._popen.stdin is not None
        with contextlib.suppress(OSError):
            self._popen.stdin.close()
        try:
            self._popen.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def size_of(folder: Path) -> int:
    """Bytes on disk of everything below a folder."""
    total, todo = 0, [str(folder)]
    while todo:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
