"""Start the child's side: read what to do, confine this process, call the entry, send what it returns, and be gone.

Standard input holds one line of JSON (:class:`Start`) and then the request; the answer goes to the file descriptor
that ``argv`` names last, behind one line of JSON (:class:`Started`). That line is written before anything of a
stranger runs, so it can be believed; nothing after it can.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from dataclasses import dataclass

from costmodel.errors import CostModelError
from costmodel.ir.codec import dumps, loads
from costmodel.sandbox.confinement import Confinement
from costmodel.sandbox.inside.confine import confine
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
    """

    entry: str
    shown: tuple[str, ...]
    limits: Limits
    confinement: Confinement
    paths: tuple[str, ...]


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
    """Do one job; never returns."""
    channel = int(sys.argv[-1])
    line, _, request = sys.stdin.buffer.read().partition(b"\n")
    start = loads(Start, line.decode(), START)
    _forget_input()
    sys.path += [path for path in start.paths if path not in sys.path]
    try:
        started = Started(held=confine(start.limits, start.confinement))
    except (CostModelError, OSError) as problem:
        started = Started(refused=str(problem))
    _send(channel, dumps(started, STARTED).encode("utf-8", "replace") + b"\n")
    # threads that a stranger's code has left running, and its atexit functions, do not keep us
    os._exit(1 if started.refused else _answer(channel, start, request))


def _answer(channel: int, start: Start, request: bytes) -> int:
    """Exit code of the entry."""
    module, _, name = start.entry.partition(":")
    try:
        answer = getattr(importlib.import_module(module), name)(request, start.shown)
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


def _forget_input() -> None:
    """Nothing is left to read on standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
