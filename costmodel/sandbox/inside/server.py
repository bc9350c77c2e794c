"""The fork server: it has imported what one entry needs, and nothing of a stranger's, and forks a child for each job.

It reads no job: a message is one byte, with four descriptors beside it, which go to the child and are closed here. So
what a child inherits is Python, torch and ourselves, whatever came before. The child is made in two steps:

- the *keeper*, a child of the process that asked for it (not of the server: the one that asks waits for it, and limits
  and kills it, as for any child). It reads the job, leaves the namespaces, forks once more and waits; nothing of a
  stranger's runs in it. When nobody holds its lifeline any longer, it kills its child.
- the *child*, the first process of the new PID namespace where there is one. It has no descriptor but its channel and
  what it prints to, it ends with its keeper, and it goes behind the wall like one that was started afresh.

Server and keeper are closed to other processes of the same user (``PR_SET_DUMPABLE``), and have one thread.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import select
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from costmodel.ir.codec import loads
from costmodel.sandbox.inside import namespaces
from costmodel.sandbox.inside.entries import entry
from costmodel.sandbox.inside.start import START, Start, Started, forget_input, run, tell

READY = b"ready"
_CHUNK = 1 << 20
_LOOK_EVERY_SECONDS = 1.0
_CHANNEL = 3


@dataclass(frozen=True, slots=True)
class _Descriptors:
    """The descriptors of one job, in the order in which they are sent."""

    given: int
    prints: int
    channel: int
    life: int


def main() -> None:
    """Serve until nobody asks any longer. Arguments: folder of the package, asking process, socket, entry, paths."""
    _, _, asking, control, reference, *paths = sys.argv
    sys.path += [path for path in paths if path not in sys.path]
    with socket.socket(fileno=int(control)) as asked:
        namespaces.open_to_others(False)
        asked.send(_made_ready(reference))
        asked.settimeout(_LOOK_EVERY_SECONDS)
        while received := _received(asked, int(asking)):
            descriptors = _Descriptors(*received)
            try:
                process = namespaces.fork_beside()
                if process == 0:
                    asked.close()
                    _keep(descriptors, int(asking))
            except OSError as problem:
                asked.send(str(problem).encode())
            else:
                asked.send(str(process).encode())
            for descriptor in received:
                os.close(descriptor)


def _received(asked: socket.socket, asking: int) -> list[int]:
    """The descriptors of the next job; none when nobody asks any longer."""
    while True:
        try:
            return list(socket.recv_fds(asked, 1, 4)[1])
        except TimeoutError:
            if os.getppid() != asking:  # a fork of its own may hold its end of the socket
                return []


def _made_ready(reference: str) -> bytes:
    """:data:`READY`, or why nothing can be forked here."""
    try:
        entry(reference)
    except BaseException as problem:
        return f"{type(problem).__name__}: {problem}".encode("utf-8", "replace")[:_CHUNK]
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:  # a fork has one of them, and the locks of all
        return f"there are {threads} threads".encode()
    if _shares_memory():  # of which a fork would have no copy of its own
        return b"there is memory that forks share"
    gc.collect()
    gc.freeze()  # what is never looked at again stays shared
    return READY


def _shares_memory() -> bool:
    maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    return any("w" in rights and "s" in rights for rights in (line.split()[1] for line in maps))


def _keep(descriptors: _Descriptors, asking: int) -> None:
    """The keeper's side; never returns."""
    status = 1
    try:
        status = _kept(descriptors, asking)
    finally:
        if status < 0:  # as its child ended
            with contextlib.suppress(OSError, ValueError):
                signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        os._exit(status if status >= 0 else 1)


def _kept(descriptors: _Descriptors, asking: int) -> int:
    """Exit code of the child, negative for a signal."""
    os.setsid()
    line, _, request = _read(descriptors.given).partition(b"\n")
    start = loads(Start, line.decode(), START)
    try:
        namespaces.open_to_others(True)  # else it may not write its own maps
        if start.namespaces:
            namespaces.leave(start.namespaces)
        namespaces.open_to_others(False)
    except OSError as problem:
        tell(descriptors.channel, Started(refused=f"namespaces: {problem}"))
        return 1
    child = os.fork()
    if child == 0:
        _begin(start, request, descriptors)
    for descriptor in (descriptors.given, descriptors.prints, descriptors.channel):
        os.close(descriptor)
    return _end(child, descriptors.life, asking)


def _read(given: int) -> bytes:
    parts = []
    while part := os.read(given, _CHUNK):
        parts.append(part)
    return b"".join(parts)


def _end(child: int, life: int, asking: int) -> int:
    """Wait for the child, and kill it when nobody waits for it any longer."""
    watched = select.poll()
    ended = os.pidfd_open(child)
    for descriptor in (ended, life):
        watched.register(descriptor, select.POLLIN)
    alone = False
    while ended not in dict(watched.poll(_LOOK_EVERY_SECONDS * 1000)):
        if os.getppid() != asking or select.select([life], [], [], 0)[0]:
            alone = True
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if alone:
        os.killpg(0, signal.SIGKILL)  # whatever it has left, and this process
    return os.waitstatus_to_exitcode(status)


def _begin(start: Start, request: bytes, descriptors: _Descriptors) -> None:
    """The child's side; never returns."""
    _leave_descriptors(descriptors)
    try:
        namespaces.die_with_parent()
        if "pid" in start.namespaces:
            namespaces.mount_proc()
        os.environ.clear()
        os.environ.update(start.environment)
        tempfile.tempdir = None  # of another environment
        os.chdir(start.environment["HOME"])
    except OSError as problem:
        tell(_CHANNEL, Started(refused=f"namespaces: {problem}"))
        os._exit(1)
    run(start, request, _CHANNEL)


def _leave_descriptors(descriptors: _Descriptors) -> None:
    """Nothing on standard input, what is printed goes out, the channel, and nothing else."""
    above = max(int(place.name) for place in Path("/proc/self/fd").iterdir()) + 1
    forget_input()
    prints, channel = (
        fcntl.fcntl(descriptor, fcntl.F_DUPFD, above) for descriptor in (descriptors.prints, descriptors.channel)
    )
    os.dup2(prints, 1)
    os.dup2(prints, 2)
    os.dup2(channel, _CHANNEL)
    os.closerange(_CHANNEL + 1, channel + 1)
