"""Try the walls of this machine, each with a child that attempts what it must not be able to do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from costmodel.errors import SandboxError
from costmodel.files.quoting import safe_text
from costmodel.sandbox.inside.trials import Targets, attempt, tried
from costmodel.sandbox.promises import PROMISES
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.run import run_child
from costmodel.sandbox.wall import Wall
from costmodel.sandbox.walls import all_walls

_LIMITS = Limits(wall_seconds=20.0, cpu_seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class WallStatus:
    """The state of a wall on this machine.

    Attributes:
        wall: its name.
        keeps: names of the promises (:data:`costmodel.sandbox.promises.PROMISES`) that it keeps.
        why: why it does not work at all, "" if it does.
    """

    wall: str
    keeps: tuple[str, ...] = ()
    why: str = ""

    @property
    def works(self) -> bool:
        """True if a child can be run behind it."""
        return not self.why

    @property
    def is_whole(self) -> bool:
        """True if it keeps every promise."""
        return self.works and set(self.keeps) == set(PROMISES)

    @property
    def summary(self) -> str:
        """One line: it works, or why not, and the promises that it does not keep."""
        if not self.works:
            return f"does not work: {self.why}"
        broken = [text for name, text in PROMISES.items() if name not in self.keeps]
        return f"works, without: {'; '.join(broken)}" if broken else "works"

    def __str__(self) -> str:
        return f"{self.wall}: {self.summary}"


def probe(beside: Path | None = None) -> tuple[WallStatus, ...]:
    """Every wall, strongest first, tried once per process and place.

    Args:
        beside: what must not be seen: the child looks for a secret beside it. None is a temporary folder.
    """
    return tuple(_tried(beside))


def _tried(beside: Path | None) -> Iterator[WallStatus]:
    """One wall after the other: who needs only one has not to wait for the rest."""
    folder = _writable(beside)
    return (_status(wall, folder) for wall in all_walls())


def _writable(beside: Path | None) -> Path | None:
    """The folder that holds a class, if a secret can be laid there."""
    folder = None if beside is None else beside.absolute().parent
    return folder if folder is not None and folder.is_dir() and os.access(folder, os.W_OK) else None


def best_wall(beside: Path | None = None, *, require_sandbox: bool = False) -> WallStatus:
    """The strongest wall that keeps every promise, else the one that keeps most of them.

    Args:
        beside: see :func:`probe`.
        require_sandbox: take no wall that breaks a promise.

    Raises:
        SandboxError: ``require_sandbox``, and none keeps all; says what is wrong with each.
    """
    found = []
    for status in _tried(beside):
        if status.is_whole:
            return status
        found.append(status)
    if require_sandbox or not any(status.works for status in found):
        reasons = "; ".join(map(str, found))
        raise SandboxError(f"no wall of this machine is whole: {reasons}; costmodel doctor says what to do")
    return max((status for status in found if status.works), key=lambda status: len(status.keeps))


@cache
def _status(wall: Wall, folder: Path | None) -> WallStatus:
    why = wall.missing()
    if why:
        return WallStatus(wall=wall.name, why=why)
    with (
        tempfile.TemporaryDirectory(prefix=".costmodel-", dir=folder) as name,
        tempfile.TemporaryDirectory(prefix="costmodel-") as elsewhere,
        _targets(Path(name)) as targets,
    ):
        shown = Path(elsewhere, "shown.py")
        shown.write_text("# nothing\n", encoding="utf-8")
        try:
            result = run_child(attempt, tried(targets), wall=wall.name, limits=_LIMITS, shown=(shown,))
        except OSError as problem:
            return WallStatus(wall=wall.name, why=str(problem))
    if result.refused:
        return WallStatus(wall=wall.name, why=result.refused)
    try:
        return WallStatus(wall=wall.name, keeps=tuple(json.loads(result.answer)))
    except ValueError:
        said = safe_text(result.output.decode("utf-8", "replace")) or f"it ended with status {result.status}"
        return WallStatus(wall=wall.name, why=said)


@contextmanager
def _targets(folder: Path) -> Iterator[Targets]:
    """A file, a folder, a process and a listener that a child must not be able to touch."""
    secret = folder / "secret.txt"
    secret.write_text("a solution", encoding="utf-8")
    victim = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield Targets(file=str(secret), folder=str(folder), process=victim.pid, port=int(listener.getsockname()[1]))
    finally:
        victim.kill()
        victim.communicate()
