"""The entry of a probe: it tries to break every promise of the wall around it, and tells which ones hold."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from costmodel.ir.codec import dumps, loads
from costmodel.sandbox.promises import PROMISES

TARGETS = "costmodel.targets/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Things that a child must not be able to touch.

    Attributes:
        file: with something to read in it.
        folder: where nothing may be written.
        process: of the same user, alive.
        port: on which somebody listens, at the loopback address.
    """

    file: str
    folder: str
    process: int
    port: int


def tried(targets: Targets) -> bytes:
    """The request for :func:`attempt`."""
    return dumps(targets, TARGETS).encode()


def attempt(request: bytes, shown: tuple[str, ...]) -> bytes:
    """Try everything; the answer is a JSON list with the names of the promises that hold."""
    targets = loads(Targets, request.decode(), TARGETS)
    return json.dumps([name for name in PROMISES if not _succeeds(_TRIALS[name], targets, shown[0])]).encode()


def _succeeds(trial: Callable[[Targets, str], bool], targets: Targets, shown: str) -> bool:
    try:
        return trial(targets, shown)
    except OSError:
        return False


def _connects(targets: Targets, _: str) -> bool:
    """A listener of the probe's own on the loopback address."""
    with socket.create_connection(("127.0.0.1", targets.port), timeout=1):
        return True


def _forks(_: Targets, __: str) -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def _signals(targets: Targets, _: str) -> bool:
    os.kill(targets.process, signal.SIGTERM)
    return True


def _looks(targets: Targets, _: str) -> bool:
    """Opening the memory of the probe's victim or of the own parent, or attaching to the former as a debugger."""
    for process in (targets.process, os.getppid()):
        try:
            with Path(f"/proc/{process}/mem").open("rb"):
                return True
        except OSError:
            continue
    attach = 16
    return bool(ctypes.CDLL(None).ptrace(attach, targets.process, 0, 0) == 0)


def _reads(targets: Targets, _: str) -> bool:
    return bool(Path(targets.file).read_bytes())


def _sees(targets: Targets, _: str) -> bool:
    """When it was changed is enough: a name can be guessed."""
    return bool(os.stat(targets.file).st_mtime)  # noqa: PTH116  # what a stranger would call


def _writes(targets: Targets, _: str) -> bool:
    Path(targets.folder, "written").write_bytes(b"x")
    return True


def _changes(_: Targets, shown: str) -> bool:
    with Path(shown).open("ab") as file:
        file.write(b"#")
    return True


_TRIALS: dict[str, Callable[[Targets, str], bool]] = {
    "network": _connects,
    "processes": _forks,
    "signals": _signals,
    "memory": _looks,
    "files": _reads,
    "names": _sees,
    "writing": _writes,
    "shown": _changes,
}
"""One for each promise; it returns true if it could do what must not be possible."""
