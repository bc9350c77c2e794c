"""Trying the enclosures of this machine, each with a command that attempts what it must not be able to do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from costmodel.errors import CostModelError, SandboxError
from costmodel.ir.run import Ending, StageRun
from costmodel.measuring.budget import Budget
from costmodel.measuring.enclosure import PROMISES, Enclosure, all_enclosures, enclosure_called
from costmodel.measuring.entry import Stage
from costmodel.measuring.place import Place
from costmodel.measuring.running import run_stage
from costmodel.measuring.snapshot import Snapshots

_SECONDS = 10.0
_TRIAL = """
import json, os, socket, subprocess, sys
data, outside, secret, victim, port = json.loads(sys.argv[1])
def attempt(what):
    try:
        what()
    except OSError:
        return False
    return True
broken = {
    "network": attempt(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close()),
    "data": attempt(lambda: open(data, "w").close()),
    "writing": attempt(lambda: open(outside, "w").close()),
    "hidden": attempt(lambda: open(secret).read(1)) and bool(open(secret).read(1)),
    "signals": attempt(lambda: os.kill(victim, 0)),
}
json.dump(broken, open("answer", "w"))
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(60)", sys.argv[2]], {})
    os._exit(0)
"""
"""The last thing that it does is a daemon without a word of ours in its environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnclosureStatus:
    """The state of an enclosure on this machine; ``why`` it does not work, "" if it does."""

    enclosure: Enclosure
    keeps: tuple[str, ...] = ()
    why: str = ""

    @property
    def summary(self) -> str:
        """One line: it works, or why not, and the promises that it does not keep."""
        if self.why:
            return f"does not work: {self.why}"
        broken = [text for name, text in PROMISES.items() if name not in self.keeps]
        return f"works, without: {'; '.join(broken)}" if broken else "works"


@cache
def tried(enclosure: Enclosure) -> EnclosureStatus:
    """Try every promise for real, once per process."""
    why = enclosure.missing()
    if why:
        return EnclosureStatus(enclosure=enclosure, why=why)
    victim = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="costmodel-") as name,
            socket.create_server(("127.0.0.1", 0)) as listener,
        ):
            return _tried(enclosure, Path(name), victim.pid, int(listener.getsockname()[1]))
    except (OSError, CostModelError) as problem:
        return EnclosureStatus(enclosure=enclosure, why=str(problem))
    finally:
        victim.kill()
        victim.communicate()


def _tried(enclosure: Enclosure, root: Path, victim: int, port: int) -> EnclosureStatus:
    for name in ("work", "data", "secret"):
        (root / name).mkdir()
        (root / name / "file").write_text("x", encoding="ascii")
    targets = [str(root / "data" / "file"), str(root / "outside"), str(root / "secret" / "file"), victim, port]
    mark = root.name
    stage = Stage(name="trial", words=("python", "-c", _TRIAL, json.dumps(targets), mark))
    place = Place(folder=root / "work", logs=root / "logs", data=root / "data", hidden=(root / "secret",))
    snapshots = Snapshots(root / "work", root / "kept")
    ended = run_stage(stage, place, Budget(time=_SECONDS), enclosure, (), snapshots)
    try:
        broken = json.loads((root / "work" / "answer").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return EnclosureStatus(enclosure=enclosure, why=_why(ended, root / "logs" / "trial.err.txt"))
    broken["survivors"] = _alive(mark)
    return EnclosureStatus(enclosure=enclosure, keeps=tuple(name for name in PROMISES if not broken[name]))


def _why(ended: StageRun, errors: Path) -> str:
    if ended.ending is Ending.NOT_STARTED:
        return ended.because
    said = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return said[-1] if said else ended.because or "the trial gave no answer"


def _alive(mark: str) -> bool:
    """Whether the daemon is still there; it is ended then."""
    found = False
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdigit() and mark.encode() == (place / "cmdline").read_bytes().split(b"\0")[-2:][0]:
                os.kill(int(place.name), signal.SIGKILL)
                found = True
        except OSError:
            continue
    return found


def best_enclosure(named: str | None = None, *, require: bool = False) -> EnclosureStatus:
    """The strongest that works here, or the one of a name.

    Args:
        named: its name; None is the best there is.
        require: take none that breaks a promise.

    Raises:
        UnknownNameError: no such enclosure.
        SandboxError: it does not work here, or breaks a promise and none may.
    """
    wanted = all_enclosures() if named is None else (enclosure_called(named),)
    found = []
    for enclosure in wanted:
        status = tried(enclosure)
        if not status.why and (not require or set(status.keeps) == set(PROMISES)):
            return status
        found.append(f"{enclosure.name}: {status.summary}")
    raise SandboxError(
        f"nothing here closes an entry in as asked: {'; '.join(found)}; costmodel doctor says what to do"
    )
