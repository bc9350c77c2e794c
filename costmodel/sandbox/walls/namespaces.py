"""Namespaces by ``unshare``, with a scratch file system of its own, and files by Landlock where the kernel has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.wall import Launch, Wall, launch_in_place, program, python

_FLAGS = ("--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_MORE = ("--net", "--ipc", "--uts", "--cgroup")
_NAMES = ("user", "mount", "pid", "net", "ipc", "uts", "cgroup")
"""The same for a fork, which leaves them itself."""


def _launch(shown: Sequence[Path], scratch: Path, _: Limits) -> Launch:
    command = (program("unshare"), *_FLAGS, *_MORE, *python())
    must = ("limits", "scratch", "powerless", "seccomp")
    return launch_in_place(shown, scratch, command, must=must, may=("landlock",), namespaces=_NAMES)


WALL = Wall(
    name="namespaces",
    order=20,
    description=(
        "every namespace of its own; a root with libraries, Python and what the child is shown, and a scratch file "
        "system in memory; files by Landlock, if there; seccomp"
    ),
    promises=("network", "processes", "signals", "memory", "names"),
    advice="ask the administrator to allow unprivileged user namespaces",
    programs=("unshare",),
    system="linux",
    launch=_launch,
)
