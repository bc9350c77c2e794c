"""Plain limits: resource limits on every system, and seccomp where it works."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from costmodel.sandbox.resource_limits import Limits
from costmodel.sandbox.wall import Launch, Wall, launch_in_place, python


def _launch(shown: Sequence[Path], scratch: Path, _: Limits) -> Launch:
    return launch_in_place(shown, scratch, python(), must=("limits",), may=("powerless", "seccomp"))


WALL = Wall(
    name="limits",
    order=90,
    description="resource limits, and seccomp where it works; the child reads and writes what its user may",
    promises=(),
    advice="it is the weakest wall: use one of the others for code that may be hostile",
    launch=_launch,
)
