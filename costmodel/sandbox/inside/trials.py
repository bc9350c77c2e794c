"""What a probe tries inside a wall: everything here must fail. The names say what is safe when it does."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from costmodel.grading.child.messages import Request

PROMISES = {
    "network": "no connection to the outside",
    "processes": "no new process",
    "signals": "no signal to another process",
    "memory": "no look into another process",
    "files": "no file outside is read",
    "writing": "no file outside is written",
    "submission": "the submission is not changed",
}
"""What a whole wall keeps, by name."""


def resisted(request: Request) -> tuple[str, ...]:
    """Names of the promises that hold, each tried for real."""
    trials: dict[str, Callable[[Request], bool]] = {
        "network": _connects,
        "processes": _forks,
        "signals": _signals,
        "memory": _looks,
        "files": _reads,
        "writing": _writes,
        "submission": _changes,
    }
    return tuple(name for name, trial in trials.items() if not _succeeds(trial, request))


def _succeeds(trial: Callable[[Request], bool], request: Request) -> bool:
    try:
        return trial(request)
    except OSError:
        return False


def _connects(request: Request) -> bool:
    """A listener of the probe's own on the loopback address."""
    with socket.create_connection(("127.0.0.1", int(request.secrets["port"])), timeout=1):
        return True


def _forks(_: Request) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _signals(request: Request) -> bool:
    os.kill(int(request.secrets["process"]), signal.SIGTERM)
    return True


def _looks(request: Request) -> bool:
    """Opening the memory of the probe's victim or of the own parent, or attaching to the former as a debugger."""
    victim = int(request.secrets["process"])
    for one in (victim, os.getppid()):
        try:
            with Path(f"/proc/{one}/mem").open("rb"):
                return True
        except OSError:
            continue
    attach = 16
    return bool(ctypes.CDLL(None).ptrace(attach, victim, 0, 0) == 0)


def _reads(request: Request) -> bool:
    return bool(Path(request.secrets["file"]).read_bytes())


def _writes(request: Request) -> bool:
    Path(request.secrets["folder"], "written").write_bytes(b"x")
    return True


def _changes(request: Request) -> bool:
    with Path(request.submission).open("ab") as file:
        file.write(b"#")
    return True
