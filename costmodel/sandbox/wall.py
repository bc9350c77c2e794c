"""The form of a wall, and the Python that is started behind one.

Whatever the wall, the child has a cleared environment, resource limits and a small scratch folder, and is watched and
ended from outside (:mod:`costmodel.sandbox.supervisor`).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from costmodel.sandbox import visible
from costmodel.sandbox.confinement import Confinement
from costmodel.sandbox.resource_limits import Limits

_PROGRAM = "import sys; sys.path[0] = sys.argv[1]; from costmodel.sandbox.inside.start import main; main()"
"""A string, not an import: the names of walls are in ``--help``, which must not wait for ctypes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A child ready to be started.

    Attributes:
        command: its words; the number of its channel is appended.
        shown: where the child sees each of the paths that it is shown, in their order.
        confinement: what it does to itself.
        namespaces: what a fork has to leave to stand where the command would put it; None: no fork can stand there.
    """

    command: tuple[str, ...]
    shown: tuple[str, ...]
    confinement: Confinement
    namespaces: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A way to start a child, and what can be expected of it.

    Attributes:
        name: what a user calls it; the module's name.
        order: its place among the walls: 10 is the strongest there is.
        description: what it is made of.
        promises: names of the promises (:data:`costmodel.sandbox.promises.PROMISES`) that it keeps wherever it works.
        advice: what to do on a machine where it does not work, or does not keep every promise.
        programs: what has to be installed.
        system: the system it needs, as ``sys.platform`` has it; "" is any.
        launch: (paths that the child is shown, scratch folder, limits) → :class:`Launch`.
    """

    name: str
    order: int
    description: str
    promises: tuple[str, ...]
    advice: str
    programs: tuple[str, ...] = ()
    system: str = ""
    launch: Callable[[Sequence[Path], Path, Limits], Launch]

    def missing(self) -> str:
        """Why it cannot even be tried here, "" if it can."""
        for program in self.programs:
            if shutil.which(program) is None:
                return f"{program} is not installed"
        if self.system and sys.platform != self.system:
            return f"only {self.system.capitalize()} has it"
        return ""


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


def program(name: str) -> str:
    """The place of an installed program: the child's own PATH is shorter than ours."""
    return shutil.which(name) or name


def python() -> tuple[str, ...]:
    """The words that start the child's side (:mod:`costmodel.sandbox.inside.start`)."""
    return (sys.executable, "-s", "-B", "-c", _PROGRAM, str(visible.PACKAGE.parent))


def launch_in_place(
    shown: Sequence[Path],
    scratch: Path,
    command: tuple[str, ...],
    *,
    must: tuple[str, ...],
    may: tuple[str, ...] = (),
    namespaces: tuple[str, ...] = (),
) -> Launch:
    """A child that sees the machine's files where they lie, as far as its confinement leaves them readable."""
    places = tuple(str(path.absolute()) for path in shown)
    readable = (*visible.SYSTEM, *visible.needed(), *places)
    confinement = Confinement(must=must, may=may, readable=readable, scratch=str(scratch))
    return Launch(command=command, shown=places, confinement=confinement, namespaces=namespaces)
