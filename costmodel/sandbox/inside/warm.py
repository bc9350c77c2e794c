"""The warm process: it imports what an entry needs once, and forks a limited child for each job.

Nothing of a stranger's runs in here or in the forks: the entries are ours, only the data are a stranger's. A frame is
eight bytes of length and so many bytes; a request is one line of JSON (:class:`Job`) and then the data, a response one
line (:class:`Done`) and then the answer. The process has one thread, so that it can be forked, and ends when its
standard input does.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import sys
import time
from dataclasses import dataclass
from typing import IO, Any

from costmodel.ir.codec import dumps, loads
from costmodel.sandbox.inside.entries import entry
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.slept import Slept

JOB = "costmodel.warm-job/1"
DONE = "costmodel.warm-done/1"
_LENGTH = struct.Struct(">Q")
_CHUNK = 1 << 16
_FAILED, _NO_MEMORY = 1, 2
_PATIENCE_SECONDS, _LOOK_EVERY_SECONDS = 1.0, 0.001
_LONGEST_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call of an entry, ``module:function``, of which wall time, CPU, memory and the answer's size are limited."""

    entry: str
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The end of a job: the limit that it ran into ("wall time", "CPU time", "memory", "output"), "" for none.

    ``failed`` is what went wrong otherwise.
    """

    limit: str = ""
    failed: str = ""


def main() -> None:
    """Serve until standard input ends."""
    requests, responses = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no response
    while (frame := read_frame(requests)) is not None:
        line, _, data = frame.partition(b"\n")
        job = loads(Job, line.decode(), JOB)
        done, answer = _run(entry(job.entry), data, job.limits, (requests.fileno(), responses.fileno()))
        write_frame(responses, dumps(done, DONE).encode() + b"\n" + answer)


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame; None at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Write one frame.

    Raises:
        OSError: nobody reads.
    """
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def _run(function: Any, data: bytes, limits: Limits, ours: tuple[int, ...]) -> tuple[Done, bytes]:
    """Call the entry in a fork, which has none of our channels, and wait for its end or the limit on its time."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        for channel in (receiver, *ours):
            os.close(channel)
        _work(function, data, limits, sender)
    os.close(sender)
    try:
        limit, answer = _receive(receiver, limits, Slept(child))
        if limit:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(receiver)
        status = _end(child)
    return _done(limit, status, answer)


def _end(child: int) -> int:
    """The exit code of a child that has closed its channel; one that does not go is made to."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_LOOK_EVERY_SECONDS)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _work(function: Any, data: bytes, limits: Limits, sender: int) -> None:
    """The child's side; never returns. An answer is whole if its last byte is a newline of ours."""
    status = _FAILED
    try:
        _confine(limits)
        answer = function(data)
        _send(sender, answer + b"\n")
        status = 0
    except MemoryError:
        status = _NO_MEMORY
    except BaseException as problem:
        with contextlib.suppress(OSError):
            _send(sender, type(problem).__name__.encode())
        if "can't allocate memory" in str(problem):  # their text: torch
            status = _NO_MEMORY
    finally:
        os._exit(status)


def _send(channel: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(channel, view) :]


def _confine(limits: Limits) -> None:
    import resource  # not on Windows

    used = time.process_time()  # of this fork alone
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + limits.cpu_seconds, int(used) + limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (size := _mapped() + limits.memory_bytes, size))


def _mapped() -> int:
    """Bytes that this process has mapped already; a build of torch for CUDA maps gigabytes at its import."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # one small read
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 16 << 30


def _receive(channel: int, limits: Limits, slept: Slept) -> tuple[str, bytes]:
    """(limit reached, answer) of a child that may go on for ever."""
    answer = bytearray()
    while True:
        left = limits.wall_seconds - slept.seconds()
        if left <= 0:
            return "wall time", b""
        if not select.select([channel], [], [], min(left, _LONGEST_LOOK_SECONDS))[0]:
            continue
        data = os.read(channel, _CHUNK)
        if not data:
            return "", bytes(answer)
        answer += data
        if len(answer) > limits.answer_bytes:
            return "output", b""


def _done(limit: str, status: int, answer: bytes) -> tuple[Done, bytes]:
    if limit:
        return Done(limit=limit), b""
    if status == -signal.SIGXCPU:
        return Done(limit="CPU time"), b""
    if status == _NO_MEMORY:
        return Done(limit="memory"), b""
    if status or not answer.endswith(b"\n"):
        return Done(failed=answer.decode("utf-8", "replace") or f"it ended with status {status}"), b""
    return Done(), answer[:-1]
