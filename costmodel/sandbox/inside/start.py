"""Start the child's side: read what to do, confine this process, call the entry, send what it returns, and be gone.

Standard input holds one line of JSON (:class:`Start`) and then the request; the answer goes to the file descriptor
that ``argv`` names last, behind one line of JSON (:class:`Started`). That line is written before anything of a
stranger runs, so it can be believed; nothing after it can.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from costmodel.errors import CostModelError
from costmodel.ir.codec import dumps, loads
from costmodel.sandbox.confinement import Confinement
from costmodel.sandbox.inside.confine import confine
from costmodel.sandbox.inside.entries import entry
from costmodel.sandbox.resource_limits import Limits

START = "costmodel.start/1"
STARTED = "costmodel.started/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The job of the child.

    Attributes:
        entry: ``module:function`` to call with the request and ``shown``; it returns the answer.
        shown: where the child sees the paths that it is shown.
        limits, confinement: what it does to itself before.
        paths: where Python finds torch and costmodel.
        namespaces, environment: what a fork leaves, and all that its environment then holds; a process that was started
            afresh is outside and inside of these from its first moment.
    """

    entry: str
    shown: tuple[str, ...]
    limits: Limits
    confinement: Confinement
    paths: tuple[str, ...]
    namespaces: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The outcome of the confinement.

    Attributes:
        held: measures that were taken.
        refused: which one failed and why, "" for none; then nothing else is run.
    """

    held: tuple[str, ...] = ()
    refused: str = ""


def main() -> None:
    """Do one job, in a process of its own; never returns."""
    channel = int(sys.argv[-1])
    line, _, request = sys.stdin.buffer.read().partition(b"\n")
    forget_input()
    run(loads(Start, line.decode(), START), request, channel)


def run(start: Start, request: bytes, channel: int) -> None:
    """Go behind the wall, call the entry, and send its answer; never returns."""
    del sys.argv[1:]
    sys.path += [path for path in start.paths if path not in sys.path]
    try:
        started = Started(held=confine(start.limits, start.confinement))
    except (CostModelError, OSError) as problem:
        started = Started(refused=str(problem))
    tell(channel, started)
    # threads that a stranger's code has left running, and its atexit functions, do not keep us
    os._exit(1 if started.refused else _answer(channel, start, request))


def tell(channel: int, started: Started) -> None:
    """Send the first line, which nobody else can have written."""
    _send(channel, dumps(started, STARTED).encode("utf-8", "replace") + b"\n")


def _answer(channel: int, start: Start, request: bytes) -> int:
    """Exit code of the entry."""
    try:
        answer = entry(start.entry)(request, start.shown)
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        return 1
    try:
        _send(channel, answer)
    except OSError:  # the channel was closed in here
        return 1
    return 0


def _send(channel: int, data: bytes) -> None:
    while data:
        data = data[os.write(channel, data) :]


def forget_input() -> None:
    """Nothing is left to read on standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
