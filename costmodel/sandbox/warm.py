"""Run one of our own functions on a stranger's data, in a child with limits that is forked from a warm process.

Importing torch takes seconds, a fork milliseconds: the first call in a process starts the warm one, which imports what
the function needs and stays until this process ends. Code of a stranger is run by :mod:`costmodel.sandbox.run` instead.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize

from costmodel.errors import FormatError
from costmodel.ir.codec import dumps, loads
from costmodel.sandbox import visible
from costmodel.sandbox.child_result import LimitReached
from costmodel.sandbox.inside.warm import DONE, JOB, Done, Job, read_frame, write_frame
from costmodel.sandbox.resource_limits import Limits

_PROGRAM = "import sys; sys.path[:1] = sys.argv[1:]; from costmodel.sandbox.inside.warm import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmResult:
    """The end of a job.

    Attributes:
        answer: what the entry returned; b"" if it did not.
        limit: the limit that it ran into, None for none.
        failed: what went wrong otherwise, "" for nothing.
    """

    answer: bytes = b""
    limit: LimitReached | None = None
    failed: str = ""


def run_warm(entry: str, data: bytes, limits: Limits) -> WarmResult:
    """Call a function in a limited child.

    Args:
        entry: ``module:function``, which gives bytes for bytes. It is named, since importing it here is what shall not
            be; a ``warm()`` beside it is called once, before the first fork.
        data: its argument.
        limits: of which those on time, CPU, memory and the answer hold.

    Raises:
        OSError: no process can be started.
    """
    job = Job(entry=entry, limits=limits)
    return _warm(os.getpid()).run(dumps(job, JOB).encode() + b"\n" + data)


@cache
def _warm(_: int) -> _Warm:
    """One for each process: a fork of ours must not share its parent's."""
    return _Warm()


class _Warm:
    """The warm process of this one; it is started when there is something to do, and again if it is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, request: bytes) -> WarmResult:
        with self._lock:
            process = self._started()
            assert process.stdin is not None  # both are pipes
            assert process.stdout is not None
            try:
                write_frame(process.stdin, request)
                frame = read_frame(process.stdout)
            except OSError:
                frame = None
            if frame is None:
                process.kill()
                self._close()
                return WarmResult(failed="the process that checks answers was ended from outside")
        line, _, answer = frame.partition(b"\n")
        try:
            done = loads(Done, line.decode(), DONE)
        except FormatError as problem:
            return WarmResult(failed=str(problem))
        return WarmResult(answer=answer, limit=LimitReached(done.limit) if done.limit else None, failed=done.failed)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            paths = (str(visible.PACKAGE.parent), *visible.import_paths())
            threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-c", _PROGRAM, *paths],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **threads},
                start_new_session=True,  # Ctrl-C is for the one that asked
            )
            # at the end of a worker process too, which runs no function of atexit
            Finalize(self, self._close, exitpriority=10)
        return self._process

    def _close(self) -> None:
        """End the warm process, and wait for it: its CPU time is ours."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.communicate()
        self._process = None
