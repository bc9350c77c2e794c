"""Landlock: files by the kernel's Landlock; no process, no network and no other process by seccomp."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.sandbox.promises import PROMISES
from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.wall import Launch, Wall, launch_in_place, python


def _launch(shown: Sequence[Path], scratch: Path, _: Limits) -> Launch:
    return launch_in_place(shown, scratch, python(), must=("limits", "landlock", "powerless", "seccomp"))


WALL = Wall(
    name="landlock",
    order=30,
    description="files by Landlock, but not their names; no new process, no network and no other process by seccomp",
    promises=tuple(name for name in PROMISES if name != "names"),
    advice="a Linux kernel of 5.13 or later with Landlock enabled has it; it hides no name that a child can guess",
    system="linux",
    launch=_launch,
)
