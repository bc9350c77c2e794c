"""A child that is forked from a process that has imported what it needs: this process's own fork server.

Importing torch takes seconds, a fork milliseconds. The server (:mod:`costmodel.sandbox.inside.server`) is started when
there is something to fork, again if it is gone, and anew for another entry; it ends with this process. Our own
functions on a stranger's data run elsewhere (:mod:`costmodel.sandbox.warm`).
"""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize

from costmodel.sandbox import visible
from costmodel.sandbox.child import Child, ends
from costmodel.sandbox.wall import environment

_PROGRAM = "import sys; sys.path[0] = sys.argv[1]; from costmodel.sandbox.inside.server import main; main()"
_READY = b"ready"
_LONGEST = 1 << 12
_TRIES = 2
"""A server that was ended from outside is started once more."""


def can_fork() -> bool:
    """Whether this system has all that it takes: Linux, on a processor for which the number of ``clone`` is known."""
    return sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64") and hasattr(os, "pidfd_open")


def fork(entry: str, given: int) -> Child | None:
    """A child that does the job in a file, or None where none can be forked: then it is started afresh.

    Args:
        entry: ``module:function``, which the server makes ready before it forks.
        given: descriptor of the job; it is read by the child.

    Raises:
        OSError: no process can be started.
    """
    return _client(os.getpid()).fork(entry, given) if can_fork() else None


@cache
def _client(_: int) -> _Client:
    """One for each process: a fork of ours must not share its parent's."""
    return _Client()


@dataclass(frozen=True, slots=True)
class _Server:
    """A server that runs: its process, our end of its socket, and its entry."""

    process: subprocess.Popen[bytes]
    asking: socket.socket
    entry: str


class _Client:
    """The fork server of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._unready: set[str] = set()
        # at the end of a worker process too, which runs no function of atexit
        Finalize(self, self._close, exitpriority=10)

    def fork(self, entry: str, given: int) -> Child | None:
        with self._lock:
            for _ in range(_TRIES):
                if not self._is_ready(entry):
                    continue
                try:
                    with ends() as pipes:
                        process = self._asked([given, pipes.prints, pipes.channel, pipes.life])
                except _GoneError:
                    continue
                return Child(
                    process=process,
                    answer=pipes.answer,
                    output=pipes.output,
                    lifeline=pipes.lifeline,
                    keeper=process,
                )
        return None

    def _asked(self, descriptors: list[int]) -> int:
        """The number of a child that got these descriptors; if anything goes wrong, it goes, and the server with it.

        Raises:
            _GoneError: there is no child.
        """
        assert self._server is not None  # it is ready
        try:
            socket.send_fds(self._server.asking, [b"j"], descriptors)
            answer = self._server.asking.recv(_LONGEST)
            if answer.isdigit():
                return int(answer)
        except BaseException as problem:
            self._close()
            raise _GoneError if isinstance(problem, OSError) else problem from None
        self._close()
        raise _GoneError

    def _is_ready(self, entry: str) -> bool:
        """Whether a server for this entry runs now; one that says that it cannot fork is not asked again."""
        if entry in self._unready:
            return False
        server = self._server
        if server is not None and server.entry == entry and server.process.poll() is None:
            return True
        self._close()
        self._server = server = _started(entry)
        try:
            said = server.asking.recv(_LONGEST)
        except BaseException:
            self._close()
            raise
        if said == _READY:
            return True
        self._close()
        if said:
            self._unready.add(entry)
        return False

    def _close(self) -> None:
        """End the server, and wait for it: its CPU time is ours."""
        if self._server is not None:
            self._server.asking.close()
            self._server.process.wait()
        self._server = None


class _GoneError(Exception):
    """The server does not answer, or cannot fork."""


def _started(entry: str) -> _Server:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        words = [str(visible.PACKAGE.parent), str(os.getpid()), str(theirs.fileno()), entry, *visible.import_paths()]
        try:
            process = subprocess.Popen(
                [sys.executable, "-s", "-B", "-c", _PROGRAM, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment("/nonexistent"),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for the one that asked
            )
        except BaseException:
            ours.close()
            raise
    return _Server(process, ours, entry)
