"""Which walls really stand on this machine: each is tried with a child that attempts what it must not be able to do."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from costmodel.errors import FormatError, UsageError
from costmodel.files.quoting import safe_text
from costmodel.grading.child.messages import ANSWER, REQUEST, Answer, Request
from costmodel.ir.codec import dumps, loads
from costmodel.sandbox import visible
from costmodel.sandbox.inside.trials import PROMISES
from costmodel.sandbox.limits import Limits
from costmodel.sandbox.supervisor import supervise
from costmodel.sandbox.wall import WALLS, Wall, environment, missing_program

_LIMITS = Limits(wall_seconds=20.0, cpu_seconds=10)


class SandboxError(UsageError):
    """No wall of this machine keeps all promises, and one was required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a wall does here.

    Attributes:
        wall: its name.
        kept: names of the promises (:data:`costmodel.sandbox.inside.trials.PROMISES`) that it keeps.
        why: why it does not work at all, "" if it does.
    """

    wall: str
    kept: tuple[str, ...] = ()
    why: str = ""

    @property
    def works(self) -> bool:
        """True if a child can be run behind it."""
        return not self.why

    @property
    def is_whole(self) -> bool:
        """True if it keeps every promise."""
        return self.works and set(self.kept) == set(PROMISES)

    def __str__(self) -> str:
        if not self.works:
            return f"{self.wall}: does not work: {self.why}"
        broken = [text for name, text in PROMISES.items() if name not in self.kept]
        return f"{self.wall}: " + (f"works, without: {'; '.join(broken)}" if broken else "works")


@cache
def probe() -> tuple[Standing, ...]:
    """Every wall, strongest first, tried once per process."""
    return tuple(_tried(wall) for wall in WALLS.values())


def best_wall(*, require_sandbox: bool = False) -> Standing:
    """The strongest wall that keeps every promise, else the one that keeps most of them.

    Raises:
        SandboxError: ``require_sandbox``, and none keeps all; says what is wrong with each.
    """
    standings = probe()
    whole = [standing for standing in standings if standing.is_whole]
    if whole:
        return whole[0]
    if require_sandbox or not any(standing.works for standing in standings):
        reasons = "; ".join(map(str, standings))
        raise SandboxError(f"no wall around submissions holds here: {reasons}; install bubblewrap, or see `doctor`")
    return max((s for s in standings if s.works), key=lambda standing: len(standing.kept))


def _tried(wall: Wall) -> Standing:
    why = missing_program(wall)
    if why:
        return Standing(wall=wall.name, why=why)
    with tempfile.TemporaryDirectory(prefix="costmodel-") as name, _temptations(Path(name)) as secrets:
        folder = Path(name)
        submission, scratch = folder / "submission.py", folder / "scratch"
        submission.write_text("# nothing\n", encoding="utf-8")
        scratch.mkdir()
        inside = wall.build(submission, None, scratch, _LIMITS)
        request = Request(
            submission=inside.submission,
            wanted=None,
            limits=_LIMITS,
            confinement=inside.confinement,
            paths=visible.import_paths(),
            secrets=secrets,
        )
        try:
            ended = supervise(
                inside.command,
                dumps(request, REQUEST).encode(),
                _LIMITS,
                environment=environment(str(scratch)),
                scratch=scratch,
            )
            answer = loads(Answer, ended.answer.decode(), ANSWER)
        except OSError as problem:
            return Standing(wall=wall.name, why=str(problem))
        except (FormatError, UnicodeDecodeError):
            said = safe_text(ended.output.decode("utf-8", "replace")) or f"it ended with status {ended.status}"
            return Standing(wall=wall.name, why=said)
    if answer.error is not None:
        return Standing(wall=wall.name, why=answer.error.message)
    return Standing(wall=wall.name, kept=answer.held)


@contextmanager
def _temptations(folder: Path) -> Iterator[Mapping[str, str]]:
    """A file, a folder, a process and a listener that a child must not be able to touch."""
    secret = folder / "secret.txt"
    secret.write_text("a solution", encoding="utf-8")
    victim = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield {
                "file": str(secret),
                "folder": str(folder),
                "process": str(victim.pid),
                "port": str(listener.getsockname()[1]),
            }
    finally:
        victim.kill()
        victim.communicate()
