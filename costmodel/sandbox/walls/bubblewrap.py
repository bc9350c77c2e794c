"""bubblewrap: every namespace of its own, and a root that holds nothing but what the child needs, read-only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.sandbox import visible
from costmodel.sandbox.confinement import Confinement
from costmodel.sandbox.promises import PROMISES
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.wall import Launch, Wall, program, python


def _launch(shown: Sequence[Path], _: Path, limits: Limits) -> Launch:
    bwrap = program("bwrap")
    words = [bwrap, "--die-with-parent", "--new-session", "--unshare-all", "--unshare-user", "--cap-drop", "ALL"]
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
    places = [_place(number, path) for number, path in enumerate(shown)]
    for path, place in zip(shown, places, strict=True):
        words += ["--ro-bind", str(path.absolute()), place]
    # the root is a file system in memory, which would otherwise be a second scratch folder
    words += ["--chdir", "/tmp", "--remount-ro", "/", "--setenv", "HOME", "/tmp", "--setenv", "TMPDIR", "/tmp"]
    words += ["--setenv", "COSTMODEL_CACHE", "/tmp/cache", "--", *python()]
    confinement = Confinement(must=("limits", "powerless", "seccomp"), may=(), readable=(), scratch="/tmp")
    return Launch(command=tuple(words), shown=tuple(places), confinement=confinement)


def _place(number: int, path: Path) -> str:
    """Where the child sees a path: a folder as ``/in``, a file inside it; the second one as ``/in2``."""
    folder = f"/in{number + 1 if number else ''}"
    return folder if path.is_dir() else f"{folder}/{path.name}"


WALL = Wall(
    name="bubblewrap",
    order=10,
    description=(
        "every namespace of its own; a read-only root with libraries, Python and what the child is shown; "
        "no capabilities; seccomp"
    ),
    promises=tuple(PROMISES),
    advice="install bubblewrap to run untrusted code behind it",
    programs=("bwrap",),
    system="linux",
    launch=_launch,
)
