"""The walls, strongest first, and what each really keeps on this machine.

========== ================================================================================================
bubblewrap all namespaces, a root with nothing in it but libraries, Python and the submission, all read-only; seccomp
namespaces the same namespaces by ``unshare``, files by Landlock, a scratch file system of its own; seccomp
landlock   files by Landlock, no process, no network, no other process by seccomp
limits     resource limits, and seccomp where it works: the submission reads and writes what its user may
========== ================================================================================================

Under every wall the child has a cleared environment, resource limits, a small scratch folder, and is watched and
ended from outside (:mod:`costmodel.sandbox.supervisor`).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from costmodel.errors import UnknownNameError
from costmodel.grading.child.messages import Confinement
from costmodel.sandbox import visible
from costmodel.sandbox.limits import Limits

_BESIDE = "/beside"
_START = "import sys; sys.path[0] = sys.argv[1]; from costmodel.grading.child.main import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """A child ready to be started.

    Attributes:
        command: its words; the number of its channel is appended.
        submission: where it sees the submission.
        beside: where it sees the other file that it may read, "" if there is none.
        confinement: what it does to itself.
    """

    command: tuple[str, ...]
    submission: str
    beside: str
    confinement: Confinement


@dataclass(frozen=True)
class Wall:
    """A way to start the child.

    Attributes:
        name: see above.
        build: (submission, another file or None, scratch folder, limits) → :class:`Inside`.
    """

    name: str
    build: Callable[[Path, Path | None, Path, Limits], Inside]


def environment(scratch: str) -> dict[str, str]:
    """All that the child's environment holds."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "COSTMODEL_CACHE": f"{scratch}/cache",
    }


def _python() -> tuple[str, ...]:
    return (sys.executable, "-s", "-B", "-c", _START, str(visible.PACKAGE.parent))


def _bubblewrap(submission: Path, beside: Path | None, _: Path, limits: Limits) -> Inside:
    place = "/in" if submission.is_dir() else f"/in/{submission.name}"
    words = ["bwrap", "--die-with-parent", "--new-session", "--unshare-all", "--unshare-user", "--cap-drop", "ALL"]
    # as process 1 the child has no parent inside: bubblewrap's own would be without seccomp, and open to its child
    words += ["--uid", "65534", "--gid", "65534", "--hostname", "wall", "--as-pid-1"]
    for folder in visible.SYSTEM:
        words += ["--ro-bind-try", folder, folder]
    # no /dev/zero: memory that is mapped from it is in nobody's resident set
    for device in ("/dev/null", "/dev/urandom", "/dev/random"):
        words += ["--dev-bind", device, device]
    words += ["--proc", "/proc", "--size", str(limits.folder_bytes), "--tmpfs", "/tmp"]
    for folder in visible.needed():
        words += ["--ro-bind", folder, folder]
    words += ["--ro-bind", str(submission.absolute()), place, "--chdir", "/tmp"]
    words += [] if beside is None else ["--ro-bind", str(beside.absolute()), _BESIDE]
    # the root is a file system in memory, which would otherwise be a second scratch folder
    words += ["--remount-ro", "/", "--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", "/tmp"]
    words += ["--setenv", "COSTMODEL_CACHE", "/tmp/cache", "--", *_python()]
    confinement = Confinement(must=("limits", "powerless", "seccomp"), may=(), readable=(), scratch="/tmp")
    seen = "" if beside is None else _BESIDE
    return Inside(command=tuple(words), submission=place, beside=seen, confinement=confinement)


def _namespaces(submission: Path, beside: Path | None, scratch: Path, _: Limits) -> Inside:
    flags = ("--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
    words = ("unshare", *flags, "--net", "--ipc", "--uts", "--cgroup", *_python())
    must = ("limits", "scratch", "powerless", "seccomp")
    return _direct((submission, beside), scratch, words, must, ("landlock",))


def _landlock(submission: Path, beside: Path | None, scratch: Path, _: Limits) -> Inside:
    return _direct((submission, beside), scratch, _python(), ("limits", "landlock", "powerless", "seccomp"), ())


def _limits(submission: Path, beside: Path | None, scratch: Path, _: Limits) -> Inside:
    return _direct((submission, beside), scratch, _python(), ("limits",), ("powerless", "seccomp"))


def _direct(
    files: tuple[Path, Path | None],
    scratch: Path,
    command: tuple[str, ...],
    must: tuple[str, ...],
    may: tuple[str, ...],
) -> Inside:
    submission, beside = ("" if file is None else str(file.absolute()) for file in files)
    readable = (*visible.SYSTEM, *visible.needed(), *filter(None, (submission, beside)))
    confinement = Confinement(must=must, may=may, readable=readable, scratch=str(scratch))
    return Inside(command=command, submission=submission, beside=beside, confinement=confinement)


WALLS = {
    wall.name: wall
    for wall in (
        Wall("bubblewrap", _bubblewrap),
        Wall("namespaces", _namespaces),
        Wall("landlock", _landlock),
        Wall("limits", _limits),
    )
}
"""By name, strongest first."""


def missing_program(wall: Wall) -> str:
    """Why a wall cannot even be tried, "" if it can."""
    program = {"bubblewrap": "bwrap", "namespaces": "unshare"}.get(wall.name)
    if program is not None and shutil.which(program) is None:
        return f"{program} is not installed"
    return "" if sys.platform == "linux" or wall.name == "limits" else "only Linux has it"


def wall_called(name: str) -> Wall:
    """A wall by its name.

    Raises:
        UnknownNameError: no such wall.
    """
    if name not in WALLS:
        raise UnknownNameError("wall", name, WALLS)
    return WALLS[name]
